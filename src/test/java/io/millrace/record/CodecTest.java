package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;

/** What the codecs read beyond what this project writes: the forms in which other clients send. */
class CodecTest {
    private final byte[] data = mixed(500_000);

    @ParameterizedTest
    @CsvSource({"none,0", "gzip,1", "snappy,2", "lz4,3", "zstd,4"})
    void namesAndIdsAreThoseOfTheField(String name, int id) {
        Codec codec = Codec.forId(id);
        assertThat(codec.id()).isEqualTo(id);
        assertThat(codec.codecName()).isEqualTo(name);
        assertThat(Codec.forName(name)).contains(codec);
    }

    @Test
    void unknownNamesAndIdsAreNoCodec() {
        assertThat(Codec.forName("producer")).isEmpty();
        assertThat(Codec.forName("GZIP")).isEmpty();
        for (int id : new int[] {-1, 5, 6, 7, 8}) {
            assertThatThrownBy(() -> Codec.forId(id)).isInstanceOf(InvalidBatchException.class)
                .hasMessageContaining("found " + id);
        }
    }

    @Test
    void snappyWithoutFramingIsRead() throws IOException {
        assertThat(decompress(Codec.SNAPPY, Snappy.compress(data))).isEqualTo(data);
    }

    @ParameterizedTest
    @EnumSource(BLOCKSIZE.class)
    void lz4FramesOfEveryBlockSizeAndWithAllChecksumsAreRead(BLOCKSIZE size) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (LZ4FrameOutputStream lz4 = new LZ4FrameOutputStream(out, size, data.length, FLG.Bits.BLOCK_INDEPENDENCE,
            FLG.Bits.BLOCK_CHECKSUM, FLG.Bits.CONTENT_CHECKSUM, FLG.Bits.CONTENT_SIZE)) {
            lz4.write(data);
        }
        assertThat(decompress(Codec.LZ4, out.toByteArray())).isEqualTo(data);
    }

    @Test
    void aFlippedBitInAnLz4FrameWithChecksumsNeverMakesOtherBytes() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (LZ4FrameOutputStream lz4 = new LZ4FrameOutputStream(out, BLOCKSIZE.SIZE_64KB,
            FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.BLOCK_CHECKSUM, FLG.Bits.CONTENT_CHECKSUM)) {
            lz4.write(data, 0, 600);
        }
        byte[] frame = out.toByteArray();
        int harmless = 0;
        for (int bit = 0; bit < frame.length * 8; bit++) {
            byte[] flipped = frame.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                assertThat(decompress(Codec.LZ4, flipped)).as("bit %d", bit).isEqualTo(Arrays.copyOf(data, 600));
                harmless++;
            } catch (IOException | RuntimeException e) {
                assertThat(e.getMessage()).as("bit %d", bit).isNotBlank();
            }
        }
        assertThat(harmless).as("the top bit of the end mark, which says how the no bytes are stored").isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 19, 22})
    void zstdOfEveryLevelIsRead(int level) throws IOException {
        assertThat(decompress(Codec.ZSTD, Zstd.compress(data, level))).isEqualTo(data);
    }

    @Test
    void aSnappyLengthBeyondTheLibrarysBoundIsAnErrorOfTheData() {
        byte[] framed = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x7F, 0, 0, 0, 1, 2, 3};
        assertThatThrownBy(() -> decompress(Codec.SNAPPY, framed)).isInstanceOf(IOException.class);
    }

    private static byte[] decompress(Codec codec, byte[] compressed) throws IOException {
        try (InputStream in = codec.decompress(new ByteBufferInput(ByteBuffer.wrap(compressed)))) {
            return in.readAllBytes();
        }
    }

    private static byte[] mixed(int size) {
        byte[] bytes = new byte[size];
        new Random(3).nextBytes(bytes);
        Arrays.fill(bytes, size / 4, size / 2, (byte) 'x');
        return bytes;
    }
}
