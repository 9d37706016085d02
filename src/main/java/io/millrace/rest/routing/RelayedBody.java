package io.millrace.rest.routing;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.CancellationException;
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
    /** Why it is to end before its end. */
    private volatile RuntimeException failure;
    /** Whether nothing more is read, and whether the owner was told why; both of whoever is at it. */
    private boolean ended;
    private boolean told;

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
                ? RequestException.timedOut("the request body did not come within " + timeoutMs
                        + " ms (millrace.request.body.timeout.ms): send less at a time", null)
                : new BrokerException(ErrorKind.UNAVAILABLE, "the broker that answers this takes nothing at present; try again in a"
                        + " moment");
    }

    /** No more of it is read, nor sent. Does nothing to one that is out. */
    void giveUp() {
        fail(new CancellationException("nobody waits for the rest of the body"));
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
    public void onError(Throwable thrown) {
        fail(thrown instanceof RequestException refused ? refused
                : RequestException.brokenOff("the request body broke off", thrown));
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
                end(wrong);
            } catch (IOException e) {
                end(RequestException.brokenOff("the request body broke off", e));
            }
            tell();
            seen = reasons.addAndGet(-seen);
        } while (seen > 0);
    }

    /** An owner that begins to take what has broken off already is told as well. */
    private void tell() {
        RuntimeException wrong = failure;
        if (wrong != null && receiver != null && !told) {
            told = true;
            receiver.onError(wrong);
        }
    }

    private void pump() throws IOException {
        while (!ended) {
            RuntimeException wrong = failure;
            if (wrong != null) {
                end(wrong);
                return;
            }
            if (!open || receiver == null) {
                return;
            }
            if (!in.isFinished() && (demand.get() == 0 || !in.isReady())) {
                return;
            }
            byte[] piece = new byte[PIECE_BYTES];
            int count = in.read(piece, 0, piece.length); // of a finished one as well: it may have ended too early
            if (count < 0) {
                ended = true;
                told = true;
                receiver.onComplete();
                out.complete(null);
            } else if (count > 0) {
                demand.decrementAndGet();
                receiver.onNext(ByteBuffer.wrap(piece, 0, count));
            }
        }
    }

    /** Told to both sides, the owner first: it ends the connection to it. */
    private void end(RuntimeException wrong) {
        ended = true;
        failure = wrong;
        try {
            in.close();
        } catch (IOException e) {
            wrong.addSuppressed(e);
        }
        tell();
        out.completeExceptionally(wrong);
    }

    private void fail(RuntimeException wrong) {
        synchronized (this) {
            failure = failure == null ? wrong : failure;
        }
        goOn();
    }
}
