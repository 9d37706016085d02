package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.Brokers;
import io.millrace.rest.cluster.FrameReader;
import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramedInputTest {
    private final BrokerSignatures sender = Brokers.sender();
    private final BrokerSignatures receiver = Brokers.receiver();
    private Wire wire;

    /** What came of a body so far; of the container's streams as far as it matters here. */
    private static final class Wire extends ServletInputStream {
        private final byte[] bytes;
        private int next;
        int there;
        boolean asked;

        Wire(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            throw new AssertionError("read one by one");
        }

        @Override
        public int read(byte[] into, int from, int wanted) {
            if (next == bytes.length) {
                return -1;
            }
            assertThat(there).as("nothing is waited for").isGreaterThan(next);
            int count = Math.min(wanted, there - next);
            System.arraycopy(bytes, next, into, from, count);
            next += count;
            return count;
        }

        @Override
        public int available() {
            return there - next;
        }

        @Override
        public boolean isFinished() {
            return next == bytes.length;
        }

        @Override
        public boolean isReady() {
            asked = !(there > next || next == bytes.length);
            return !asked;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new AssertionError("not here");
        }
    }

    private FramedInput input(byte[] body, int addedOrCutOff, int changedBit) {
        Map<String, String> headers = new TreeMap<>(Map.of("Millrace-Body", "untold"));
        BrokerSignatures.Signed signed = sender.sign(Brokers.head("POST", "/", null, headers), 2, Brokers.RUN);
        byte[] framed = signed.seal().whole(ByteBuffer.wrap(body));
        if (changedBit >= 0) {
            framed[changedBit / 8] ^= (byte) (1 << changedBit % 8);
        }
        headers.putAll(signed.headers());
        FrameReader frames = receiver.take(Brokers.head("POST", "/", null, headers));
        wire = new Wire(Arrays.copyOf(framed, framed.length + addedOrCutOff));
        return new FramedInput(wire, frames);
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, 16 * 1024, 16 * 1024 + 1, 100_000})
    void aBodyIsReadAsItWas(int length) throws IOException {
        FramedInput in = input(bytes(length), 0, -1);
        wire.there = wire.bytes.length;

        assertThat(in.readAllBytes()).isEqualTo(bytes(length));
        assertThat(in.isFinished()).isTrue();
        assertThat(in.read()).isEqualTo(-1);
    }

    /** As its listener is called. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, 40_000})
    void itIsReadAsItComesAndNeverWaitedFor(int length) throws IOException {
        FramedInput in = input(bytes(length), 0, -1);
        Random random = new Random(length);
        byte[] read = new byte[length + 1];
        int at = 0;
        boolean ended = false;
        while (!ended) {
            wire.there = Math.min(wire.bytes.length, wire.there + 1 + random.nextInt(3000));
            while (!ended && in.isReady()) {
                int count = in.read(read, at, Math.min(700, read.length - at));
                ended = count < 0;
                at += Math.max(0, count);
            }
            assertThat(ended || wire.asked).as("the container is asked to tell when more comes").isTrue();
        }
        assertThat(Arrays.copyOf(read, at)).isEqualTo(bytes(length));
        assertThat(in.isFinished()).isTrue();
    }

    @Test
    void whatIsAtHandIsSaidWithoutWaiting() throws IOException {
        FramedInput in = input(bytes(20_000), 0, -1);
        assertThat(in.available()).isZero();
        wire.there = 16_000;
        assertThat(in.available()).as("of a frame that is not whole nothing is known").isZero();
        wire.there = wire.bytes.length;
        assertThat(in.available()).isEqualTo(16 * 1024);
        in.readNBytes(16 * 1024);
        assertThat(in.available()).isEqualTo(20_000 - 16 * 1024);
    }

    @Test
    void nothingIsReadOfAFrameThatWasChanged() {
        for (int bit : new int[] {31, 4 * 8, 500 * 8 + 3, (4 + 1000) * 8, (4 + 1000 + 31) * 8 + 7}) {
            FramedInput in = input(bytes(1000), 0, bit);
            wire.there = wire.bytes.length;
            Exception refused = catchThrowableOfType(Exception.class, in::readAllBytes);
            if (bit != 31) {
                assertThat(refused).isInstanceOfSatisfying(RequestException.class, told -> assertThat(told.status()).isEqualTo(401));
            }
            assertThat(refused).isNotNull();
            FramedInput listened = input(bytes(1000), 0, bit);
            wire.there = wire.bytes.length;
            assertThat(listened.isReady()).as("what is wrong is told by a read").isTrue();
            assertThat(catchThrowableOfType(Exception.class, () -> listened.read(new byte[10], 0, 10))).isNotNull();
        }
    }

    @Test
    void aBodyThatEndsBeforeItsLastFrameBreaksOff() {
        FramedInput in = input(bytes(20_000), -1, -1);
        wire.there = wire.bytes.length;
        assertThatExceptionOfType(EOFException.class).isThrownBy(in::readAllBytes);
        FramedInput listened = input(bytes(10), -1, -1);
        wire.there = wire.bytes.length;
        assertThat(listened.isReady()).isTrue();
        assertThatExceptionOfType(EOFException.class).isThrownBy(() -> listened.read(new byte[10], 0, 10));
    }

    @Test
    void nothingComesAfterTheLastFrame() {
        FramedInput in = input(bytes(10), 1, -1);
        wire.there = wire.bytes.length;
        assertThat(catchThrowableOfType(RequestException.class, in::readAllBytes).status()).isEqualTo(401);
    }
}
