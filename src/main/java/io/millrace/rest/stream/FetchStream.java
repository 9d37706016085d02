package io.millrace.rest.stream;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The records of a partition as they come, to one client, from its request to the end of the stream. Each turn is a fetch, for which no
 * thread waits, and the writing of what it gave, on a thread of those that may be held by a client; one comes after the other, so that
 * a client which reads slowly keeps the memory of one turn. What goes wrong before something was written is an answer of its own.
 */
public final class FetchStream {
    private static final System.Logger LOG = System.getLogger(FetchStream.class.getName());
    /** A fetch that the broker has not ended this long after its wait is given up, in ms. */
    private static final long GRACE_MS = 30_000;
    /** How long a stream waits for which there is no memory, and how often it does, before it ends. */
    private static final long PAUSE_MS = 1_000;
    private static final int MOST_PAUSES = 30;

    /** Where records come from: the broker. */
    @FunctionalInterface
    public interface Source {
        /** @throws RuntimeException as the future, too */
        CompletableFuture<FetchResult> fetch(FetchRequest request, ReadMemory memory);
    }

    /** A pause is over. */
    private static final class Over extends Exception {
        private static final long serialVersionUID = 1L;

        Over() {
            super("a pause is over", null, false, false);
        }
    }

    private final Asked asked;
    private final Streams around;
    private final Source source;
    private final AsyncResponse response;
    private final MemoryBudget.Reservation memory;
    private final ReservedReadMemory readMemory;
    private final MemoryBudget.Reservation compressing;
    private final long began = System.nanoTime();
    /** As long as it is null, nothing was answered; of the turn's thread, as the next. */
    private ClientStream client;
    private boolean begun;
    private int pauses;
    private OpenStreams.Place place;
    /** Guarded by this, as the next two: what is waited for. */
    private CompletableFuture<FetchResult> current;
    private RuntimeException why;
    private boolean gone;

    FetchStream(Asked asked, Streams around, Source source, AsyncResponse response) {
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
     * On the request's thread.
     *
     * @param request the first fetch
     * @throws RequestException 503 when as many streams are open as may be
     */
    void start(AsyncContext async, FetchRequest request) {
        try {
            place = around.open().open(asked.caller(), this::end);
            client = new ClientStream(async, around.answerTimeoutMs(), this::gone);
        } catch (RuntimeException refused) {
            release();
            throw refused;
        }
        read(waiting(request, request.from(), 0));
    }

    private static FetchRequest waiting(FetchRequest like, FetchPosition from, long waitMs) {
        return new FetchRequest(like.topic(), like.partition(), from, like.isolation(), false, waitMs == 0 ? like.lastEpoch() : -1, 1,
                like.maxBytes(), waitMs);
    }

    private void end(BrokerException reason) {
        stop(reason, false);
    }

    private void gone() {
        stop(new BrokerException(ErrorKind.UNAVAILABLE, "the client is gone"), true);
    }

    private void stop(RuntimeException reason, boolean clientIsGone) {
        CompletableFuture<FetchResult> waiting;
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
    private synchronized RuntimeException waitFor(CompletableFuture<FetchResult> next) {
        current = next;
        return why;
    }

    private synchronized boolean isGone() {
        return gone;
    }

    private void read(FetchRequest request) {
        CompletableFuture<FetchResult> fetch;
        try {
            fetch = source.fetch(request, readMemory);
        } catch (RuntimeException | Error e) {
            fetch = CompletableFuture.failedFuture(e);
        }
        RuntimeException reason = waitFor(fetch);
        if (reason != null) {
            fetch.completeExceptionally(reason);
        }
        around.deadlines().within(request.maxWaitMs() + GRACE_MS, fetch, () -> RequestException.overloaded("a fetch did not end in time"))
                .whenComplete((result, failure) -> turn(() -> failure == null ? tell(request, result) : failed(request, failure)));
    }

    /** Does the second half of a turn on a thread that the client may hold. */
    private void turn(Turn turn) {
        try {
            around.answers().write(asked.caller(), () -> go(turn));
        } catch (RejectedExecutionException full) {
            LOG.log(Level.DEBUG, "a stream ends, as there is no thread that writes it", full);
            if (!begun) {
                response.resume(RequestException.overloaded("as many answers are being written, and wait for that, as may"
                        + " (millrace.answer.threads.max); try again in a moment"));
            }
            over();
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

    private boolean tell(FetchRequest request, FetchResult result) throws IOException {
        List<ByteBuffer> pieces;
        long next;
        try {
            asked.reading().accept(request.topic());
            readMemory.settle(result.batches().capacity());
            StreamedPart part = new StreamedPart(asked.form(), asked.format(), around.largestPart(request.maxBytes()), memory);
            next = part.write(request.topic(), request.partition(), result);
            boolean quiet = part.isEmpty();
            pieces = part.end();
            if (quiet && begun) {
                pieces = List.of(ByteBuffer.wrap(asked.form().sign()));
            }
        } catch (RequestException | BrokerException refused) {
            return failed(request, refused);
        }
        pauses = 0;
        if (isGone()) {
            return false;
        } else if (asked.head()) {
            begun = true;
            Response.ResponseBuilder head = Response.ok().type(asked.form().mediaType());
            ClientStream.head(result.offset(), asked.gzip()).forEach(head::header);
            response.resume(head.build());
            return false;
        } else if (!begun) {
            begun = true;
            client.begin(asked.form(), result.offset(), compressing != null);
        }
        client.write(pieces);
        readMemory.settle(0);
        return goOn(request, next);
    }

    private boolean goOn(FetchRequest request, long next) throws IOException {
        long left = around.limits().longestMs() == 0 ? Long.MAX_VALUE
                : around.limits().longestMs() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        if (left <= 0) {
            client.finish();
            return false;
        }
        read(waiting(request, new FetchPosition.AtOffset(next), Math.min(left, around.limits().heartbeatMs())));
        return true;
    }

    private boolean failed(FetchRequest request, Throwable failure) throws IOException {
        readMemory.settle(0);
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (isGone()) {
            return false;
        } else if (!begun) {
            begun = true;
            response.resume(cause);
            return false;
        } else if (isFull(cause) && pauses++ < MOST_PAUSES) {
            pause(request);
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

    private void pause(FetchRequest request) {
        CompletableFuture<FetchResult> pausing = new CompletableFuture<>();
        RuntimeException reason = waitFor(pausing);
        if (reason != null) {
            pausing.completeExceptionally(reason);
        }
        around.deadlines().within(PAUSE_MS, pausing, Over::new).whenComplete((none, failure) -> {
            if (failure instanceof Over) {
                read(request);
            } else {
                turn(() -> failed(request, failure));
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
