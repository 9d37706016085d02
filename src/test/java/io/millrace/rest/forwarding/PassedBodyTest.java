package io.millrace.rest.forwarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RequestBody;
import io.millrace.rest.dialect.RequestException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class PassedBodyTest {
    private static final int STALLED_MS = 200;

    private final MemoryBudget.Reservation memory = new MemoryBudget(1 << 20).reserve(0);
    private final CompletableFuture<Void> exchange = new CompletableFuture<>();

    /** Asks for some pieces at first, and for one more whenever one came, until it has enough. */
    private static final class Receiver implements Flow.Subscriber<ByteBuffer> {
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final int enough;
        private Flow.Subscription subscription;
        int pieces;
        boolean complete;
        Throwable error;

        Receiver(int enough) {
            this.enough = enough;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            subscription.request(1);
        }

        @Override
        public void onNext(ByteBuffer piece) {
            received.write(piece.array(), piece.position(), piece.remaining());
            if (++pieces < enough) {
                subscription.request(1);
            }
        }

        @Override
        public void onError(Throwable failure) {
            error = failure;
        }

        @Override
        public void onComplete() {
            complete = true;
        }
    }

    @Test
    void allOfItGoesOut() {
        byte[] bytes = new byte[100_000];
        bytes[99_999] = 7;
        Receiver receiver = new Receiver(Integer.MAX_VALUE);

        pump(new ByteArrayInputStream(bytes), "100000", receiver);

        assertThat(receiver.received.toByteArray()).isEqualTo(bytes);
        assertThat(receiver.complete).isTrue();
    }

    @Test
    void noMoreIsReadThanIsTakenAndAReceiverThatStopsIsGivenUp() {
        ByteArrayInputStream in = new ByteArrayInputStream(new byte[100_000]);
        Receiver receiver = new Receiver(2);

        BrokerException e = catchThrowableOfType(BrokerException.class, () -> pump(in, null, receiver));

        assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(receiver.pieces).isEqualTo(2);
        assertThat(in.available()).isEqualTo(100_000 - 2 * 16 * 1024);
        assertThat(exchange).isCancelled();
    }

    @Test
    void nothingIsReadForAnExchangeThatIsDone() {
        ByteArrayInputStream in = new ByteArrayInputStream(new byte[10]);
        Receiver receiver = new Receiver(Integer.MAX_VALUE);
        exchange.complete(null);

        pump(in, "10", receiver);

        assertThat(in.available()).isEqualTo(10);
        assertThat(receiver.complete).isFalse();
    }

    @Test
    void aReceiverThatNeverComesIsGivenUp() {
        PassedBody body = new PassedBody(body(new ByteArrayInputStream(new byte[10]), "10"), STALLED_MS);

        assertThat(catchThrowableOfType(BrokerException.class, () -> body.pump(exchange)).kind())
                .isEqualTo(ErrorKind.UNAVAILABLE);
    }

    @Test
    void aBodyThatBreaksOffIsToldToBothSides() {
        Receiver receiver = new Receiver(Integer.MAX_VALUE);

        RequestException e = catchThrowableOfType(RequestException.class,
                () -> pump(new ByteArrayInputStream(new byte[5]), "6", receiver));

        assertThat(e.status()).isEqualTo(400);
        assertThat(receiver.error).isSameAs(e);
        assertThat(receiver.complete).isFalse();
        assertThat(exchange).isCancelled();
    }

    @Test
    void anInterruptEndsIt() {
        PassedBody body = new PassedBody(body(new ByteArrayInputStream(new byte[5]), null), 60_000);
        Thread.currentThread().interrupt();

        assertThat(catchThrowableOfType(BrokerException.class, () -> body.pump(exchange)).kind())
                .isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(Thread.interrupted()).isTrue();
    }

    private void pump(InputStream in, String contentLength, Receiver receiver) {
        PassedBody body = new PassedBody(body(in, contentLength), STALLED_MS);
        body.subscribe(receiver);
        body.pump(exchange);
    }

    private RequestBody body(InputStream in, String contentLength) {
        return new RequestBody(in, contentLength, 1 << 20, memory);
    }
}
