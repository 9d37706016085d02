package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UploadsTest {
    private static final int TIMEOUT_MS = 1000;

    private final Uploads uploads = new Uploads(new UploadLimits(1000, TIMEOUT_MS, 4));
    private final AtomicLong now = new AtomicLong(-5);
    private final AtomicInteger broken = new AtomicInteger();

    @Test
    void oneCallerWaitsInHalfOfTheRoomAndAllInTheWhole() {
        List<Uploads.Wait> waits = new ArrayList<>();
        waits.add(uploads.begin("a", false));
        waits.add(uploads.begin("a", false));
        assertThat(status(() -> uploads.begin("a", false))).isEqualTo(503);
        waits.add(uploads.begin("b", false));
        waits.add(uploads.begin("c", false));
        assertThat(status(() -> uploads.begin("d", false))).isEqualTo(503);

        waits.remove(0).close();
        waits.add(uploads.begin("d", false));
        waits.forEach(Uploads.Wait::close);

        assertThat(uploads.waiting()).isZero();
        assertThat(uploads.callers()).isZero();
    }

    @Test
    void bytesThatAreThereNeedNoRoom() {
        uploads.begin("a", false);
        uploads.begin("a", false);
        Body body = new Body(10);

        assertThat(stream(body, 10).read(new byte[20], 0, 20)).isEqualTo(10);
        assertThat(broken).hasValue(0);

        body.atHand = 0;
        assertThat(status(() -> stream(body, 20).read(new byte[20], 0, 20))).isEqualTo(503);
        assertThat(broken).hasValue(1);
    }

    @Test
    void aBodyThatIsThereWithItsFirstBytesIsTakenWhileOthersOfItsCallerBeganAndStall() {
        Uploads room = new Uploads(new UploadLimits(1000, TIMEOUT_MS, 16));
        for (int i = 0; i < 6; i++) {
            room.begin("a", true);
        }
        Body body = new Body(10);
        body.isKnown = false;

        assertThat(stream(room, body, 10).read(new byte[20], 0, 20)).isEqualTo(10);

        assertThat(room.waiting()).isEqualTo(6);
        UploadStream stalls = stream(room, body, 20);
        assertThat(stalls.read(new byte[20], 0, 20)).isEqualTo(10);
        assertThat(status(() -> stalls.read(new byte[20], 0, 20))).isEqualTo(503);
    }

    @Test
    void threeQuartersOfTheRoomAreForBodiesThatHaveBegunAndTheWholeIsBoundedToo() {
        Uploads room = new Uploads(new UploadLimits(1000, TIMEOUT_MS, 16));
        for (String caller : List.of("a", "b")) {
            List<Uploads.Wait> begun = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                begun.add(room.begin(caller, true));
            }
            assertThat(status(() -> room.begin(caller, true))).isEqualTo(503);
            begun.remove(0).close();
            begun.add(room.begin(caller, true));
            room.begin(caller, false);
            if (caller.equals("b")) {
                assertThat(status(() -> room.begin("c", true))).as("12 of 16 have begun").isEqualTo(503);
            }
            room.begin(caller, false);
            assertThat(status(() -> room.begin(caller, false))).isEqualTo(503);
        }
        assertThat(status(() -> room.begin("c", false))).isEqualTo(503);
        assertThat(room.waiting()).isEqualTo(16);
    }

    @Test
    void whoHasWaitedLeavesTheRoomWhateverComesOfIt() {
        Body body = new Body(0);
        assertThat(stream(body, BodyLength.UNTOLD).read(new byte[1], 0, 1)).isEqualTo(-1);
        body.failure = new SocketTimeoutException();
        assertThat(status(() -> stream(body, 5).read(new byte[1], 0, 1))).isEqualTo(408);
        body.failure = new IOException("reset");
        assertThat(status(() -> stream(body, 5).read(new byte[1], 0, 1))).isEqualTo(400);

        assertThat(broken).hasValue(2);
        assertThat(uploads.waiting()).isZero();
    }

    @Test
    void aBodyThatDripsIsGivenUpWhenItsTimeIsUp() {
        UploadStream stream = stream(new Body(1), 500);
        for (int i = 0; i < 10; i++) {
            assertThat(stream.read(new byte[20], 0, 20)).isEqualTo(1);
            now.addAndGet(TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS / 10));
        }
        assertThat(stream.read(new byte[20], 0, 20)).isEqualTo(1);
        now.incrementAndGet();

        assertThat(status(() -> stream.read(new byte[20], 0, 20))).isEqualTo(408);
        assertThat(broken).hasValue(1);
    }

    @Test
    void aBodyIsAsLongAsItTellsAndNoLongerThanAnyMayBe() {
        assertThat(status(() -> {
            UploadStream stream = stream(new Body(0), 5);
            stream.read(new byte[20], 0, 20);
        })).isEqualTo(400);
        assertThat(status(() -> stream(new Body(2000), BodyLength.UNTOLD).read(new byte[2000], 0, 2000))).isEqualTo(413);
    }

    private UploadStream stream(Body body, long told) {
        return stream(uploads, body, told);
    }

    private UploadStream stream(Uploads room, Body body, long told) {
        UploadLimits limits = room.limits();
        return new UploadStream(body, told, limits.maxBytes(), limits.timeoutMs(), false, begun -> room.begin("a", begun), now::get,
                broken::incrementAndGet);
    }

    @Test
    void aBodyThatIsWaitedForWithoutAThreadHasAPlaceUntilItsBytesCome() throws IOException {
        Body body = new Body(10);
        UploadStream stream = stream(body, 20);
        stream.setReadListener(body.heard);
        body.ready = false;
        assertThat(stream.isReady()).isFalse();
        assertThat(stream.isReady()).isFalse();
        assertThat(uploads.waiting()).isOne();

        body.listener.onDataAvailable();
        assertThat(uploads.waiting()).isZero();
        body.ready = true;
        assertThat(stream.isReady()).isTrue();
        uploads.begin("a", false);
        uploads.begin("a", false);
        assertThat(stream.read(new byte[20], 0, 20)).as("it is there").isEqualTo(10);
        body.ready = false;
        assertThat(status(stream::isReady)).isEqualTo(503);
        assertThat(broken).hasValue(1);
    }

    @Test
    void whoeverIsNotWaitedForAnyMoreHasNoPlace() throws IOException {
        Body body = new Body(10);
        UploadStream stream = stream(body, 20);
        stream.setReadListener(body.heard);
        body.ready = false;
        stream.isReady();
        stream.close();
        assertThat(uploads.waiting()).isZero();
        assertThat(broken).as("the rest of it is not read").hasValue(1);
        stream.isReady();
        assertThat(uploads.waiting()).isZero();

        body.listener.onError(new SocketTimeoutException());
        assertThat(body.told).isInstanceOfSatisfying(RequestException.class, told -> assertThat(told.status()).isEqualTo(408));
    }

    private static int status(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(RequestException.class, call).status();
    }

    /** Gives so many bytes with each read; none: its end. */
    private static final class Body extends ServletInputStream {
        private int atHand;
        /** Whether it can tell what is there without being read. */
        private boolean isKnown = true;
        private IOException failure;
        private boolean ready = true;
        private ReadListener listener;
        private Throwable told;
        private final ReadListener heard = new ReadListener() {
            @Override
            public void onDataAvailable() {
                // what is there a test reads itself
            }

            @Override
            public void onAllDataRead() {
                // as above
            }

            @Override
            public void onError(Throwable thrown) {
                told = thrown;
            }
        };

        Body(int atHand) {
            this.atHand = atHand;
        }

        @Override
        public int available() {
            return isKnown ? atHand : 0;
        }

        @Override
        public int read(byte[] into, int from, int wanted) throws IOException {
            if (failure != null) {
                throw failure;
            }
            return atHand == 0 ? -1 : Math.min(atHand, wanted);
        }

        @Override
        public int read() {
            throw new AssertionError("read one by one");
        }

        @Override
        public boolean isFinished() {
            return false;
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void setReadListener(ReadListener given) {
            listener = given;
        }
    }
}
