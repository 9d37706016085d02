package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InflatedStreamTest {
    private static final byte[] PLAIN = plain(40_000);

    @ParameterizedTest
    @EnumSource(value = ContentCoding.class, names = {"GZIP", "DEFLATE"})
    void whatWasCompressedComesBackHoweverItArrives(ContentCoding coding) throws IOException {
        byte[] compressed = compressed(PLAIN, coding);

        assertThat(inflated(compressed, coding)).isEqualTo(PLAIN);
        assertThat(new InflatedStream(dripping(compressed), coding).readAllBytes()).isEqualTo(PLAIN);
        assertThat(inflated(new byte[0], coding)).isEmpty();
        assertThat(inflated(compressed(new byte[0], coding), coding)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(value = ContentCoding.class, names = {"GZIP", "DEFLATE"})
    void everyLengthButTheWholeIsRefused(ContentCoding coding) throws IOException {
        byte[] compressed = compressed(plain(300), coding);
        for (int length = 1; length < compressed.length; length++) {
            refused(Arrays.copyOf(compressed, length), coding);
        }
        refused(Arrays.copyOf(compressed, compressed.length + 1), coding);
        refused(Arrays.copyOf(compressed, compressed.length + 100), coding);
    }

    @ParameterizedTest
    @EnumSource(value = ContentCoding.class, names = {"GZIP", "DEFLATE"})
    void noFlippedBitGivesOtherBytes(ContentCoding coding) throws IOException {
        byte[] plain = plain(200);
        byte[] compressed = compressed(plain, coding);
        for (int bit = 0; bit < compressed.length * 8; bit++) {
            byte[] flipped = compressed.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                // a few bits of the header say nothing of the content
                assertThat(inflated(flipped, coding)).isEqualTo(plain);
            } catch (RequestException e) {
                assertThat(e.status()).isEqualTo(400);
            }
        }
    }

    @Test
    void severalOfGzipAreOneAndEveryPartOfItsHeaderIsPassedOver() throws IOException {
        byte[] one = compressed(PLAIN, ContentCoding.GZIP);
        ByteArrayOutputStream more = new ByteArrayOutputStream();
        more.write(one, 0, 3);
        more.write(2 | 4 | 8 | 16);
        more.write(one, 4, 6);
        more.writeBytes(new byte[] {3, 0, 1, 2, 3, 'n', 0, 'c', 'd', 0, 9, 9});
        more.write(one, 10, one.length - 10);
        more.writeBytes(one);

        byte[] both = inflated(more.toByteArray(), ContentCoding.GZIP);

        assertThat(both).hasSize(2 * PLAIN.length).startsWith(PLAIN).endsWith(PLAIN);
    }

    private static void refused(byte[] bytes, ContentCoding coding) {
        RequestException e = catchThrowableOfType(RequestException.class, () -> inflated(bytes, coding));
        assertThat(e).as("%d bytes", bytes.length).isNotNull();
        assertThat(e.status()).isEqualTo(400);
    }

    private static byte[] inflated(byte[] bytes, ContentCoding coding) throws IOException {
        try (InflatedStream in = new InflatedStream(new ByteArrayInputStream(bytes), coding)) {
            return in.readAllBytes();
        }
    }

    private static InputStream dripping(byte[] bytes) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int from, int wanted) {
                return super.read(into, from, Math.min(wanted, 1));
            }
        };
    }

    private static byte[] compressed(byte[] plain, ContentCoding coding) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream into = coding == ContentCoding.GZIP ? new GZIPOutputStream(out) : new DeflaterOutputStream(out)) {
            into.write(plain);
        }
        return out.toByteArray();
    }

    private static byte[] plain(int size) {
        byte[] bytes = new byte[size];
        Random random = new Random(size);
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) random.nextInt(8);
        }
        return bytes;
    }
}
