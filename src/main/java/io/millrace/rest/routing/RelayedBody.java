package io.millrace.rest.routing;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A request's body on its way to its owner: read as it comes, and no faster than it goes out, without a thread that waits for
 * either. Whichever thread brings a reason to go on, the client's or the owner's, does so, and only one at a time.
 */
final class RelayedBody implements HttpRequest.BodyPublisher, ReadListener {
    private static final int PIECE_BYTES = 16 * 1024;
    /** The piece that is read, and one that is not out yet. */
    static final int BYTES_IN_MEMORY = 2 * PIECE_BYTES;

    private final ServletInputStream in;
    private final long length;
    private final CompletableFuture<Void> out = new CompletableFuture<>();
    private final AtomicLong demand = new AtomicLong();
    /** Reasons to go on that came since somebody began to. */
    private final AtomicInteger reasons = new AtomicInteger();
    /** Whether the client's side has begun, as reading before that is none of ours. */
    private volatile boolean open;
    private volatile Flow.Subscriber<? super ByteBuffer> receiver;
    private volatile boolean ended;

    /**
     * @param in     the client's, which checks what comes
     * @param length in bytes, or -1: not told
     */
    RelayedBody(ServletInputStream in, long length) {
        this.in = in;
        this.length = length;
    }

    /** Completes when all of it is out; fails with a {@link RequestException} when it does not come as it should. */
    CompletableFuture<Void> out() {
        return out;
    }

    /** To be called once, on the request's thread. */
    void listen() {
        in.setReadListener(this);
    }

    /** What it waits for, which did not come in time. @param timeoutMs that it had */
    RuntimeException late(long timeoutMs) {
        return receiver != null && demand.get() > 0
                ? RequestException.timedOut("the request body did not come within %d ms (millrace.request.body.timeout.ms): send less at a"
                .formatted(timeoutMs) + " time", null)
                : new BrokerException(ErrorKind.UNAVAILABLE, "the broker that answers this takes nothing at present; try again in a moment");
    }

    /** No more of it is read, nor sent. Does nothing to one that is out. */
    void giveUp() {
        if (out.cancel(false)) {
            end();
        }
    }

    private void end() {
        ended = true;
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the rest of a request's body could not be given up", e);
        }
    }

    @Override
    public long contentLength() {
        return length;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> wanting) {
        synchronized (this) {
            if (receiver != null) {
                throw new IllegalStateException("a body is sent once only");
            }
            receiver = wanting;
        }
        wanting.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long pieces) {
                demand.accumulateAndGet(pieces, (before, more) -> before + more < 0 ? Long.MAX_VALUE : before + more);
                goOn();
            }

            @Override
            public void cancel() {
                giveUp();
            }
        });
    }

    @Override
    public void onDataAvailable() {
        open = true;
        goOn();
    }

    @Override
    public void onAllDataRead() {
        open = true;
        goOn();
    }

    @Override
    public void onError(Throwable failure) {
        fail(failure instanceof RequestException told ? told
                : RequestException.brokenOff("the request body broke off", failure));
    }

    private void goOn() {
        if (reasons.getAndIncrement() > 0) {
            return; // whoever is at it looks again
        }
        int seen = 1;
        do {
            try {
                pump();
            } catch (RequestException wrong) {
                fail(wrong);
            } catch (IOException e) {
                fail(RequestException.brokenOff("the request body broke off", e));
            }
            seen = reasons.addAndGet(-seen);
        } while (seen > 0);
    }

    private void pump() throws IOException {
        while (open && !ended && receiver != null) {
            boolean finished = in.isFinished();
            if (!finished && (demand.get() == 0 || !in.isReady())) {
                return;
            }
            byte[] piece = new byte[PIECE_BYTES];
            int count = in.read(piece, 0, piece.length); // of a finished one as well: it may have ended too early
            if (count < 0) {
                ended = true;
                receiver.onComplete();
                out.complete(null);
            } else if (count > 0) {
                demand.decrementAndGet();
                receiver.onNext(ByteBuffer.wrap(piece, 0, count));
            }
        }
    }

    private void fail(RequestException wrong) {
        if (!out.completeExceptionally(wrong)) {
            return;
        }
        end();
        Flow.Subscriber<?> sending = receiver;
        if (sending != null) {
            sending.onError(wrong);
        }
    }
}
