package io.millrace.rest.forwarding;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.body.RequestBody;
import io.millrace.rest.dialect.RequestException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A request's body on its way to another broker. It is read on the request's own thread, piece by piece and no faster
 * than it goes out, so that nobody reads from a request that is answered already.
 */
final class PassedBody implements HttpRequest.BodyPublisher {
    private static final int PIECE_BYTES = 16 * 1024;
    /** The piece that is read, and one that is not out yet. */
    static final int BYTES_IN_MEMORY = 2 * PIECE_BYTES;

    private static final long LOOK_MS = 20;
    private static final int MOST_DEMAND = 1 << 16;

    private final RequestBody body;
    private final long stalledMs;
    private final Semaphore demand = new Semaphore(0);
    private Flow.Subscriber<? super ByteBuffer> subscriber;

    /** @param stalledMs a receiver that takes nothing for so long is given up, in ms */
    PassedBody(RequestBody body, long stalledMs) {
        this.body = body;
        this.stalledMs = stalledMs;
    }

    @Override
    public long contentLength() {
        return body.length();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> wanting) {
        synchronized (this) {
            if (subscriber != null) {
                throw new IllegalStateException("a body is sent once only");
            }
            subscriber = wanting;
        }
        wanting.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long pieces) {
                demand.release((int) Math.min(pieces, MOST_DEMAND));
            }

            @Override
            public void cancel() {
                // the exchange is done then, for which the pump looks
            }
        });
    }

    /**
     * Sends the body; returns when it is out, or when the exchange is done without it.
     *
     * @throws RequestException when the body does not come, or is too large
     * @throws BrokerException  UNAVAILABLE when the receiver takes nothing any more
     */
    void pump(CompletableFuture<?> exchange) {
        if (body.length() == 0) {
            return;
        }
        try {
            while (taken(exchange)) {
                byte[] piece = new byte[PIECE_BYTES];
                int length = body.read(piece);
                if (length < 0) {
                    receiver().onComplete();
                    return;
                }
                receiver().onNext(ByteBuffer.wrap(piece, 0, length));
            }
        } catch (RequestException | BrokerException e) {
            Flow.Subscriber<?> receiver = receiver();
            if (receiver != null) {
                receiver.onError(e);
            }
            exchange.cancel(true);
            throw e;
        }
    }

    private boolean taken(CompletableFuture<?> exchange) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(stalledMs);
        try {
            while (!demand.tryAcquire(LOOK_MS, TimeUnit.MILLISECONDS)) {
                if (exchange.isDone()) {
                    return false;
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new BrokerException(ErrorKind.UNAVAILABLE,
                            "the partition's leader takes nothing at present; try again in a moment");
                }
            }
            return !exchange.isDone();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the server is stopping: try another one", e);
        }
    }

    private synchronized Flow.Subscriber<? super ByteBuffer> receiver() {
        return subscriber;
    }
}
