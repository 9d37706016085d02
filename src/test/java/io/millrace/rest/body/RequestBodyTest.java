package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RequestBodyTest {

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final MemoryBudget.Reservation memory = budget.reserve(0);

    @Test
    void aBodyOfKnownLengthReservesThat() {
        byte[] bytes = bytes(1000);

        assertThat(new RequestBody(new ByteArrayInputStream(bytes), "1000", 1000, memory).readFully()).isEqualTo(bytes);

        assertThat(budget.bytesInUse()).isEqualTo(1000);
    }

    @Test
    void whateverItTellsABodyReservesLittleAheadOfItsBytes() {
        MemoryBudget larger = new MemoryBudget(2_000_000);
        byte[] bytes = bytes(600_000);
        for (String length : new String[] {"600000", null}) {
            InputStream watched = new ByteArrayInputStream(bytes) {
                @Override
                public synchronized int read(byte[] into, int from, int wanted) {
                    assertThat(larger.bytesInUse()).isBetween((long) pos, Math.min(2L * pos + 8192, pos + 256L * 1024));
                    return super.read(into, from, Math.min(wanted, 10_000));
                }
            };
            try (MemoryBudget.Reservation reserved = larger.reserve(0)) {
                assertThat(new RequestBody(watched, length, 1 << 20, reserved).readFully()).isEqualTo(bytes);
                assertThat(reserved.held()).isEqualTo(600_000);
            }
        }
    }

    @Test
    void theLargestBodyFitsTwiceItsSize() {
        MemoryBudget twice = new MemoryBudget(2 * 500_000);
        for (String length : new String[] {"500000", null}) {
            try (MemoryBudget.Reservation reserved = twice.reserve(0)) {
                assertThat(new RequestBody(new ByteArrayInputStream(bytes(500_000)), length, 500_000, reserved)
                        .readFully()).hasSize(500_000);
            }
        }
    }

    @Test
    void bytesThatAreLeftOverAreABadRequest() {
        assertThat(status(() -> new RequestBody(new ByteArrayInputStream(bytes(21)), "20", 1000, memory).readFully()))
                .isEqualTo(400);
    }

    @Test
    void aBodyOfUnknownLengthIsReservedAsItComes() {
        byte[] bytes = bytes(300_000);

        byte[] read = new RequestBody(new ByteArrayInputStream(bytes), null, 1 << 19, memory).readFully();

        assertThat(read).isEqualTo(bytes);
        assertThat(budget.bytesInUse()).isEqualTo(300_000);
    }

    @Test
    void aBodyOfExactlyTheLimitIsTaken() {
        assertThat(new RequestBody(new ByteArrayInputStream(bytes(5000)), null, 5000, memory).readFully())
                .hasSize(5000);
        assertThat(new RequestBody(new ByteArrayInputStream(bytes(8192)), null, 8192, memory).readFully())
                .hasSize(8192);
    }

    @Test
    void aLengthOverTheLimitIsRefusedUnread() {
        InputStream unread = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("read");
            }
        };

        assertThat(status(() -> new RequestBody(unread, "1001", 1000, memory))).isEqualTo(413);
        assertThat(budget.bytesInUse()).isZero();
    }

    @Test
    void anUntoldLengthOverTheLimitIsRefusedOnceItIsPassed() {
        assertThat(status(() -> new RequestBody(new ByteArrayInputStream(bytes(20_000)), null, 10_000, memory)
                .readFully())).isEqualTo(413);
    }

    @Test
    void aBodyThatEndsEarlyIsABadRequest() {
        assertThat(status(() -> new RequestBody(new ByteArrayInputStream(bytes(10)), "20", 1000, memory).readFully()))
                .isEqualTo(400);
    }

    @Test
    void aBodyThatDoesNotFitTheBudgetIsRefused() {
        budget.reserve(1 << 20);

        assertThat(status(() -> new RequestBody(new ByteArrayInputStream(bytes(10)), "10", 1000, memory).readFully()))
                .isEqualTo(503);
        assertThat(status(() -> new RequestBody(new ByteArrayInputStream(bytes(10)), null, 1000, memory).readFully()))
                .isEqualTo(503);
    }

    @Test
    void errorsOfTheConnectionAreToldApart() {
        assertThat(status(() -> new RequestBody(failing(new SocketTimeoutException()), null, 10, memory).readFully()))
                .isEqualTo(408);
        assertThat(status(() -> new RequestBody(failing(new IOException("reset")), null, 10, memory).readFully()))
                .isEqualTo(400);
    }

    @Test
    void aLengthThatIsNoNumberIsABadRequest() {
        assertThat(status(() -> new RequestBody(new ByteArrayInputStream(bytes(1)), "x", 10, memory))).isEqualTo(400);
    }

    private static int status(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(RequestException.class, call).status();
    }

    private static InputStream failing(IOException failure) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                throw failure;
            }
        };
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }
}
