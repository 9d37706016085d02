package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonTextTest {
    @Test
    void stringsComeBackFromAParser() throws IOException {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            String text = random.ints(random.nextInt(50), 0, 0x110000)
                    .map(c -> random.nextBoolean() ? c % 0x80 : c)
                    .filter(c -> c < 0xd800 || c > 0xdfff)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
            ReusedBytes fromChars = new ReusedBytes(0);
            JsonText.string(fromChars, text);
            byte[] utf8 = ("__" + text).getBytes(StandardCharsets.UTF_8);
            ReusedBytes fromBytes = new ReusedBytes(0);

            assertThat(JsonText.utf8String(fromBytes, utf8, 2, utf8.length)).isTrue();
            assertThat(fromBytes.toByteArray()).isEqualTo(fromChars.toByteArray());
            assertThat(parsed(fromChars.toByteArray())).isEqualTo(text);
        }
    }

    @Test
    void brokenUtf8IsNoString() {
        for (int[] broken : new int[][] {{0x80}, {0xc0, 0xaf}, {0xc3}, {0xe0, 0x80, 0x80}, {0xed, 0xa0, 0x80}, {0xe2,
                0x82},
            {0xf0, 0x80, 0x80, 0x80}, {0xf4, 0x90, 0x80, 0x80}, {0xf5, 0x80, 0x80, 0x80}, {0xff}}) {
            byte[] bytes = new byte[broken.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) broken[i];
            }
            assertThat(JsonText.utf8String(new ReusedBytes(8), bytes, 0, bytes.length)).isFalse();
        }
    }

    @Test
    void numbersAreWrittenInDecimal() {
        for (long number : new long[] {0, 1, -1, 9, 10, 99, 100, 1234567890123L, Long.MAX_VALUE, Long.MIN_VALUE,
            Integer.MIN_VALUE}) {
            ReusedBytes out = new ReusedBytes(0);
            out.putDecimal(number);
            assertThat(new String(out.toByteArray(), StandardCharsets.US_ASCII)).isEqualTo(Long.toString(number));
        }
    }

    private static String parsed(byte[] json) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            return parser.getText();
        }
    }
}
