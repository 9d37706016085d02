package io.millrace.rest.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodySealTest {
    private static final byte[] SIGNATURE = bytes(32);
    private static final int FRAME = BodySeal.MAX_FRAME_BYTES;

    private static BodySeal seal() {
        return new BodySeal(new ClusterSecret("s3cret", null).keys(new BrokerRun(1, "run", 1), 2, "its").get(0), SIGNATURE);
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    private static byte[] read(byte[]... framed) throws IOException {
        return Brokers.plain(new ByteArrayInputStream(concatenated(framed)), FrameReader.of(seal()));
    }

    private static byte[] concatenated(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static void requireForged(byte[]... framed) {
        assertThatExceptionOfType(ForgedRequestException.class).isThrownBy(() -> read(framed));
    }

    /** @return the frames of a body in pieces, the last one empty */
    private static byte[][] frames(byte[]... pieces) {
        BodySeal seal = seal();
        List<byte[]> frames = new ArrayList<>();
        for (byte[] piece : pieces) {
            frames.add(seal.frame(ByteBuffer.wrap(piece), false).array());
        }
        frames.add(seal.frame(ByteBuffer.allocate(0), true).array());
        return frames.toArray(byte[][]::new);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 5 * FRAME + 7})
    void aBodyComesOutAsItWentIn(int length) throws IOException {
        byte[] body = bytes(length);
        byte[] framed = seal().whole(ByteBuffer.wrap(concatenated(new byte[3], body, new byte[4]), 3, length));

        assertThat(read(framed)).isEqualTo(body);
        assertThat(framed).hasSize(length + Math.max(1, (length + FRAME - 1) / FRAME) * 36);
    }

    @Test
    void soDoesOneThatGoesInPiecesWhateverTheirSize() throws IOException {
        Random random = new Random(5);
        byte[][] pieces = new byte[20][];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = bytes(random.nextInt(10) == 0 ? FRAME : random.nextInt(500));
        }
        assertThat(read(frames(pieces))).isEqualTo(concatenated(pieces));
    }

    @Test
    void noBitCanBeChanged() {
        byte[] framed = concatenated(frames(bytes(40), bytes(3)));
        for (int i = 0; i < framed.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = framed.clone();
                changed[i] ^= (byte) (1 << bit);
                assertThat(catching(changed)).as("byte %s bit %s", i, bit)
                        .isInstanceOfAny(ForgedRequestException.class, EOFException.class);
            }
        }
    }

    private static Throwable catching(byte[] framed) {
        try {
            read(framed);
            return null;
        } catch (ForgedRequestException | IOException e) {
            return e;
        }
    }

    @Test
    void whatIsCutOffIsNotTheWholeOfIt() {
        byte[] framed = concatenated(frames(bytes(40), bytes(3)));
        for (int length = 0; length < framed.length; length++) {
            assertThat(catching(Arrays.copyOf(framed, length))).as("%s bytes", length).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void framesCannotBePutElsewhere() {
        byte[][] frames = frames(bytes(40), bytes(41), bytes(42));
        requireForged(frames[1], frames[0], frames[2], frames[3]);
        requireForged(frames[0], frames[2], frames[3]);
        requireForged(frames[0], frames[0], frames[1], frames[2], frames[3]);
        requireForged(frames[0], frames[3]);
        requireForged(frames[3]);
    }

    @Test
    void nothingCanBeAdded() {
        byte[][] frames = frames(bytes(40));
        requireForged(frames[0], frames[1], new byte[1]);
        requireForged(frames[0], frames[1], frames[1]);
        requireForged(concatenated(frames), concatenated(frames));
    }

    @Test
    void framesOfAnotherRequestAreNone() {
        byte[] other = SIGNATURE.clone();
        other[31] ^= 1;
        requireForged(new BodySeal(new ClusterSecret("s3cret", null).keys(new BrokerRun(1, "run", 1), 2, "its").get(0), other)
                .whole(ByteBuffer.wrap(bytes(5))));
        requireForged(new BodySeal(new ClusterSecret("s3cret", null).keys(new BrokerRun(1, "run", 2), 2, "its").get(0), SIGNATURE)
                .whole(ByteBuffer.wrap(bytes(5))));
    }

    @Test
    void nothingIsGivenBeforeItIsKnownToBeGood() {
        byte[] framed = seal().whole(ByteBuffer.wrap(bytes(100)));
        FrameReader reader = FrameReader.of(seal());
        for (int i = 0; i < framed.length; i++) {
            assertThat(reader.available()).isZero();
            reader.buffer()[reader.position()] = framed[i];
            reader.came(1);
        }
        assertThat(reader.available()).isEqualTo(100);
        assertThat(reader.isLast()).isTrue();
    }

    @Test
    void aLengthOfWhatIsNoFrameTakesNoMemory() {
        requireForged(new byte[] {0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff});
        requireForged(new byte[] {0, 0, 0x40, 1});
    }

    @Test
    void afterTheLastFrameThereIsNone() {
        BodySeal seal = seal();
        seal.whole(ByteBuffer.allocate(3));
        assertThatIllegalStateException().isThrownBy(() -> seal.frame(ByteBuffer.allocate(1), false));
        assertThatIllegalStateException().isThrownBy(() -> seal().frame(ByteBuffer.allocate(FRAME + 1), false));
    }
}
