package io.millrace.rest.routing;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.cluster.BodySeal;
import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A request's body on its way to its owner: read as it comes, without a thread that waits for it, and kept in a few pieces until the
 * owner takes them. Where it comes faster than the owner takes it, the thread that brings it is held back; of those there are a
 * bounded number.
 *
 * <p>It is read within the container's calls only: Liberty looks at its stream after each of them, and is confused by anybody who
 * reads meanwhile.
 */
final class RelayedBody implements SealedBody, HttpRequest.BodyPublisher, ReadListener {
    private static final int PIECE_BYTES = BodySeal.MAX_FRAME_BYTES;
    private static final int MOST_PIECES = 4;
    /** The last frame has nothing but the news that it is the last one. */
    private static final ByteBuffer END = ByteBuffer.allocate(0);
    /** The pieces that are kept, the one that is read, and one that is not out yet. */
    static final int BYTES_IN_MEMORY = (MOST_PIECES + 2) * PIECE_BYTES;

    private final ServletInputStream in;
    private final long length;
    private final Semaphore places;
    private final CompletableFuture<Void> out = new CompletableFuture<>();
    /** Reasons to hand something on that came since somebody began to. */
    private final AtomicInteger reasons = new AtomicInteger();
    /** Guarded by this, as all below. */
    private final Queue<ByteBuffer> pieces = new ArrayDeque<>();
    private long demand;
    /** Whether the last piece was read. */
    private boolean whole;
    private Flow.Subscriber<? super ByteBuffer> receiver;
    /** Puts pieces into frames, as they are handed on; set before that begins. */
    private BodySeal seal;
    /** Why it is to end before its end. */
    private RuntimeException failure;
    private boolean ended;
    /** Whether a call of the container is at it. */
    private boolean reading;
    private boolean closed;

    /**
     * @param in     the client's, which checks what comes
     * @param length in bytes, or -1: not told
     * @param places for bodies that the owner takes more slowly than they come
     */
    RelayedBody(ServletInputStream in, long length, Semaphore places) {
        this.in = in;
        this.length = length;
        this.places = places;
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
    synchronized RuntimeException late(long timeoutMs) {
        return receiver != null && demand > 0 && pieces.isEmpty()
                ? RequestException.timedOut("the request body did not come within " + timeoutMs
                        + " ms (millrace.request.body.timeout.ms): send less at a time", null)
                : new BrokerException(ErrorKind.UNAVAILABLE, "the broker that answers this takes nothing at present; try again in a moment");
    }

    /** Why it ended before its end, if that was not because nobody wanted the rest. */
    synchronized Optional<RuntimeException> wrong() {
        return failure instanceof CancellationException ? Optional.empty() : Optional.ofNullable(failure);
    }

    /** No more of it is read, nor sent. Does nothing to one that is out. */
    void giveUp() {
        fail(new CancellationException("nobody waits for the rest of the body"));
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public synchronized HttpRequest.BodyPublisher by(BodySeal seal) {
        this.seal = seal;
        return this;
    }

    /** How many frames there will be is not known before. */
    @Override
    public long contentLength() {
        return -1;
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
            public void request(long more) {
                ask(more);
                handOn();
            }

            @Override
            public void cancel() {
                giveUp();
            }
        });
        handOn();
    }

    private synchronized void ask(long more) {
        demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
    }

    @Override
    public void onDataAvailable() {
        if (!begin()) {
            return;
        }
        try {
            while (isWanted() && in.isReady()) {
                byte[] piece = new byte[PIECE_BYTES];
                int count = in.read(piece, 0, piece.length); // of a finished one as well: it may have ended too early
                if (count != 0) {
                    keep(count < 0 ? null : ByteBuffer.wrap(piece, 0, count));
                    handOn();
                }
            }
        } catch (RequestException wrong) {
            fail(wrong);
        } catch (IOException e) {
            fail(RequestException.brokenOff("the request body broke off", e));
        } finally {
            over();
        }
    }

    @Override
    public void onAllDataRead() {
        onDataAvailable(); // the end is read, too
    }

    @Override
    public void onError(Throwable failure) {
        fail(failure instanceof RequestException told ? told
                : RequestException.brokenOff("the request body broke off", failure));
    }

    /** @return false: there is nothing to be read any more */
    private synchronized boolean begin() {
        reading = isWanted();
        return reading;
    }

    private synchronized boolean isWanted() {
        return !whole && !ended && failure == null;
    }

    /** @param piece null: that was the last one */
    private void keep(ByteBuffer piece) {
        synchronized (this) {
            if (piece == null) {
                whole = true;
                pieces.add(END);
                return;
            }
            pieces.add(piece);
            if (pieces.size() <= MOST_PIECES || !isWanted()) {
                return;
            }
        }
        handOn();
        awaitRoom();
    }

    private void awaitRoom() {
        if (hasRoom()) {
            return;
        }
        if (!places.tryAcquire()) {
            throw RequestException.overloaded("too many bodies come faster than the brokers take them that answer the requests; try again"
                    + " in a moment");
        }
        try {
            synchronized (this) {
                while (!hasRoom()) {
                    wait(); // for no longer than the body's deadline, which fails it
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RequestException.overloaded("the server is stopping: try another one");
        } finally {
            places.release();
        }
    }

    private synchronized boolean hasRoom() {
        return pieces.size() < MOST_PIECES || !isWanted();
    }

    /** The container's call is over; what nobody wants any more is closed in it, for the reason above. */
    private void over() {
        boolean close;
        synchronized (this) {
            reading = false;
            close = ended && !whole;
        }
        if (close) {
            close();
        }
    }

    private void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            in.close();
        } catch (IOException e) {
            out.completeExceptionally(RequestException.brokenOff("the request body broke off", e));
        }
    }

    /** Whichever thread brings a reason does so, and only one at a time. */
    private void handOn() {
        if (reasons.getAndIncrement() > 0) {
            return; // whoever is at it looks again
        }
        int seen = 1;
        do {
            while (handOnOne()) {
                // what there is, as far as it is asked for
            }
            seen = reasons.addAndGet(-seen);
        } while (seen > 0);
    }

    /** @return false: there is nothing to hand on now */
    private boolean handOnOne() {
        ByteBuffer piece = null;
        RuntimeException wrong;
        Flow.Subscriber<? super ByteBuffer> to;
        synchronized (this) {
            to = receiver;
            wrong = failure;
            if (ended) {
                return false;
            } else if (wrong == null && to != null && !pieces.isEmpty() && demand > 0) {
                piece = pieces.remove();
                demand = demand == Long.MAX_VALUE ? demand : demand - 1;
                notifyAll();
            } else if (wrong != null || to != null && whole && pieces.isEmpty()) {
                ended = true;
                notifyAll();
            } else {
                return false;
            }
        }
        if (piece != null) {
            to.onNext(seal.frame(piece, piece == END));
        } else if (wrong != null) {
            end(to, wrong);
        } else {
            to.onComplete();
            out.complete(null);
        }
        return true;
    }

    /** Told to both sides, the owner first: it ends the connection to it. */
    private void end(Flow.Subscriber<?> to, RuntimeException wrong) {
        boolean here;
        synchronized (this) {
            here = !reading;
        }
        if (here) {
            close();
        }
        if (to != null) {
            to.onError(wrong);
        }
        out.completeExceptionally(wrong);
    }

    private void fail(RuntimeException wrong) {
        synchronized (this) {
            failure = failure == null ? wrong : failure;
            notifyAll();
        }
        handOn();
    }
}
