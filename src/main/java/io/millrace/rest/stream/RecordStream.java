package io.millrace.rest.stream;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.body.GzipStream;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.ReservedReadMemory;
import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.AsyncContext;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Records as they come, to one client, from its request to the end of the stream. Each turn is a read, for which no thread waits, and the
 * writing of what it gave, on a thread of those that may be held by a client; one comes after the other, so that a client which reads
 * slowly keeps the memory of one turn. What goes wrong before something was written is an answer of its own.
 */
final class RecordStream {
    private static final System.Logger LOG = System.getLogger(RecordStream.class.getName());
    /** A read that the broker has not ended this long after its wait is given up, in ms. */
    private static final long GRACE_MS = 30_000;
    /** How long a stream waits for which there is no memory, and how often it does, before it ends. */
    private static final long PAUSE_MS = 1_000;
    private static final int MOST_PAUSES = 30;
    /** How long a stream pauses at a time whose reader is over its quota: less than half of the shortest session of a consumer. */
    private static final long QUOTA_PAUSE_MS = 400;

    /** A pause is over. */
    private static final class Over extends Exception {
        private static final long serialVersionUID = 1L;

        Over() {
            super("a pause is over", null, false, false);
        }
    }

    private final Asked asked;
    private final Streams around;
    private final StreamSource source;
    private final AsyncResponse response;
    private final MemoryBudget.Reservation memory;
    private final ReservedReadMemory readMemory;
    private final MemoryBudget.Reservation compressing;
    private final long began = System.nanoTime();
    /** As long as it is null, nothing was answered; of the turn's thread, as the next. */
    private ClientStream client;
    private boolean begun;
    private int pauses;
    private long wroteAt;
    private OpenStreams.Place place;
    /** Guarded by this, as the next two: what is waited for. */
    private CompletableFuture<?> current;
    private RuntimeException why;
    private boolean gone;

    RecordStream(Asked asked, Streams around, StreamSource source, AsyncResponse response) {
        this.asked = asked;
        this.around = around;
        this.source = source;
        this.response = response;
        this.memory = around.budget().reserve(asked.caller(), 0);
        this.readMemory = new ReservedReadMemory(memory);
        this.compressing = asked.gzip() && !asked.head() ? compressing() : null;
    }

    /** @return null: there is no memory for that */
    private MemoryBudget.Reservation compressing() {
        try {
            return around.budget().reserve(asked.caller(), GzipStream.BYTES_IN_MEMORY);
        } catch (RequestException full) {
            LOG.log(Level.DEBUG, "a stream is not compressed", full);
            return null;
        }
    }

    /**
     * On the request's thread. The first read is not waited for.
     *
     * @throws RequestException 503 when as many streams are open as may be
     */
    void start(AsyncContext async) {
        try {
            place = around.open().open(asked.caller(), this::end);
            client = new ClientStream(async, around.answerTimeoutMs(), this::gone);
        } catch (RuntimeException refused) {
            release();
            throw refused;
        }
        read(0);
    }

    private void end(BrokerException reason) {
        stop(reason, false);
    }

    private void gone() {
        stop(new BrokerException(ErrorKind.UNAVAILABLE, "the client is gone"), true);
    }

    private void stop(RuntimeException reason, boolean clientIsGone) {
        CompletableFuture<?> waiting;
        synchronized (this) {
            why = why == null ? reason : why;
            gone |= clientIsGone;
            waiting = current;
        }
        if (waiting != null) {
            waiting.completeExceptionally(reason);
        }
    }

    /** @return why it is to end, or null */
    private synchronized RuntimeException waitFor(CompletableFuture<?> next) {
        current = next;
        return why;
    }

    private synchronized boolean isGone() {
        return gone;
    }

    private void read(long waitMs) {
        CompletableFuture<? extends StreamSource.Portion> next;
        try {
            next = source.next(waitMs, readMemory);
        } catch (RuntimeException | Error e) {
            next = CompletableFuture.failedFuture(e);
        }
        RuntimeException reason = waitFor(next);
        if (reason != null) {
            next.completeExceptionally(reason);
        }
        around.deadlines().within(waitMs + GRACE_MS, next,
                        // not as if something were full: the read may go on yet, and another one beside it would end for that
                        () -> new BrokerException(ErrorKind.UNAVAILABLE, "a read did not end in time"))
                .whenComplete((portion, failure) -> {
                    if (failure != null) {
                        turn(() -> failed(waitMs, failure));
                    } else if (!turn(() -> take(waitMs, portion))) {
                        portion.lost();
                    }
                });
    }

    /** Does the second half of a turn on a thread that the client may hold. @return false: there is none, and the stream is over */
    private boolean turn(Turn turn) {
        try {
            around.answers().write(asked.caller(), () -> go(turn));
            return true;
        } catch (RejectedExecutionException full) {
            LOG.log(Level.DEBUG, "a stream ends, as there is no thread that writes it", full);
            if (!begun) {
                response.resume(RequestException.overloaded("as many answers are being written, and wait for that, as may"
                        + " (millrace.answer.threads.max); try again in a moment"));
            }
            over();
            return false;
        }
    }

    /** What a turn does when it is its turn. */
    @FunctionalInterface
    private interface Turn {
        /** @return whether there is another one */
        boolean go() throws IOException;
    }

    private void go(Turn turn) {
        boolean goesOn = false;
        try {
            goesOn = turn.go();
        } catch (IOException | RuntimeException e) { // the container has errors of its own for clients that are gone
            LOG.log(Level.DEBUG, "a stream was not written to its end", e);
        } finally {
            if (!goesOn) {
                over();
            }
        }
    }

    private boolean take(long waitMs, StreamSource.Portion portion) throws IOException {
        boolean written = false;
        try {
            List<ByteBuffer> pieces;
            try {
                pieces = rendered(portion);
            } catch (RequestException | BrokerException refused) {
                portion.lost(); // before it may be read again
                return failed(waitMs, refused);
            }
            pauses = 0;
            if (isGone()) {
                return false;
            } else if (asked.head()) {
                tellHead(portion.head());
                return false;
            } else if (!begun) {
                begun = true;
                client.begin(asked.form(), portion.head(), compressing != null);
            }
            write(pieces);
            readMemory.settle(0);
            written = true;
            portion.written(client.bytes());
        } finally {
            if (!written) {
                portion.lost();
            }
        }
        return goOn();
    }

    private List<ByteBuffer> rendered(StreamSource.Portion portion) {
        portion.topics().forEach(asked.reading());
        readMemory.settle(portion.bytesRead());
        StreamedPart part = new StreamedPart(asked.form(), portion.format(), around.largestPart(source.maxBytes()), memory);
        portion.writeTo(part);
        boolean quiet = part.isEmpty();
        List<ByteBuffer> pieces = part.end();
        return quiet && begun ? List.of(ByteBuffer.wrap(asked.form().sign())) : pieces;
    }

    private void tellHead(Map<String, String> headers) {
        begun = true;
        Response.ResponseBuilder head = Response.ok().type(asked.form().mediaType());
        ClientStream.head(headers, asked.gzip()).forEach(head::header);
        response.resume(head.build());
    }

    private boolean goOn() throws IOException {
        long left = around.limits().longestMs() == 0 ? Long.MAX_VALUE
                : around.limits().longestMs() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        if (left <= 0) {
            client.finish();
            return false;
        }
        long over = asked.pauseMs().getAsLong();
        if (over > 0) {
            source.paused();
            pause(Math.min(Math.min(left, over), QUOTA_PAUSE_MS), () -> turn(this::goOnPaused));
        } else {
            read(Math.min(left, around.limits().heartbeatMs()));
        }
        return true;
    }

    private boolean goOnPaused() throws IOException {
        if (isGone()) {
            return false;
        } else if (System.nanoTime() - wroteAt >= TimeUnit.MILLISECONDS.toNanos(around.limits().heartbeatMs())) {
            write(List.of(ByteBuffer.wrap(asked.form().sign())));
        }
        return goOn();
    }

    private void write(List<ByteBuffer> pieces) throws IOException {
        client.write(pieces);
        wroteAt = System.nanoTime();
    }

    private boolean failed(long waitMs, Throwable failure) throws IOException {
        readMemory.settle(0);
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (isGone()) {
            return false;
        } else if (!begun) {
            begun = true;
            response.resume(cause);
            return false;
        } else if (isFull(cause) && pauses++ < MOST_PAUSES) {
            pause(PAUSE_MS, () -> read(waitMs));
            return true;
        }
        client.write(List.of(ByteBuffer.wrap(asked.form().error(told(cause)))));
        client.finish();
        return false;
    }

    private static boolean isFull(Throwable cause) {
        return cause instanceof BrokerException refused && refused.kind() == ErrorKind.OVERLOADED
                || cause instanceof RequestException request && request.status() == 503;
    }

    private static ErrorBody told(Throwable cause) {
        if (cause instanceof RequestException refused) {
            return new ErrorBody(refused);
        } else if (cause instanceof BrokerException refused) {
            return new ErrorBody(RequestException.of(refused));
        }
        LOG.log(Level.ERROR, "a stream failed", cause);
        return new ErrorBody(500, "the server failed on this stream; its log tells more");
    }

    private void pause(long ms, Runnable then) {
        CompletableFuture<Void> pausing = new CompletableFuture<>();
        RuntimeException reason = waitFor(pausing);
        if (reason != null) {
            pausing.completeExceptionally(reason);
        }
        around.deadlines().within(ms, pausing, Over::new).whenComplete((none, failure) -> {
            if (failure instanceof Over) {
                then.run();
            } else {
                turn(() -> failed(0, failure));
            }
        });
    }

    /** After the last turn, or instead of it. */
    private void over() {
        boolean complete = begun && !response.isDone();
        release();
        if (complete || isGone()) {
            client.end();
        }
    }

    private void release() {
        if (place != null) {
            place.close();
        }
        memory.close();
        if (compressing != null) {
            compressing.close();
        }
    }
}
