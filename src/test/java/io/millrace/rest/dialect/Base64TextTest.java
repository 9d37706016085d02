package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Base64TextTest {
    @Test
    void itAgreesWithThePlatformOnBytesOfEveryLength() {
        Random random = new Random(4648);
        for (int length = 0; length < 300; length++) {
            byte[] bytes = new byte[length + 10];
            random.nextBytes(bytes);
            byte[] content = Arrays.copyOfRange(bytes, 5, 5 + length);
            ReusedBytes encoded = new ReusedBytes(0);
            Base64Text.encode(encoded, bytes, 5, 5 + length);
            assertThat(encoded.toByteArray()).isEqualTo(Base64.getEncoder().encode(content));

            byte[] text = ("x" + new String(encoded.toByteArray(), StandardCharsets.US_ASCII))
                    .getBytes(StandardCharsets.US_ASCII);
            ReusedBytes decoded = new ReusedBytes(0);
            assertThat(Base64Text.decode(decoded, text, 1, text.length)).isTrue();
            assertThat(decoded.toByteArray()).isEqualTo(content);
        }
    }

    @Test
    void itAgreesWithThePlatformOnWhatIsPaddedBase64() {
        Random random = new Random(64);
        String alphabet = "ABab01+/==-_ \n\u00c4";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int left = 4 * random.nextInt(4); left > 0; left--) {
                text.append(alphabet.charAt(random.nextInt(random.nextInt(8) == 0 ? alphabet.length() : 8)));
            }
            byte[] expected = decodedByThePlatform(text.toString());
            ReusedBytes decoded = new ReusedBytes(16);
            byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            boolean taken = Base64Text.decode(decoded, bytes, 0, bytes.length);
            assertThat(taken).as(text.toString()).isEqualTo(expected != null);
            if (taken) {
                assertThat(decoded.toByteArray()).isEqualTo(expected);
            }
        }
    }

    private static byte[] decodedByThePlatform(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
