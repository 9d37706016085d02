package io.millrace.rest.routing;

import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.routing.RelayedRequest.Header;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * An owner's answer on its way to the client: a piece at a time, each written on a thread of the answers', and the next asked for
 * when it is out. While the owner takes its time no thread is held.
 */
final class ClientAnswer implements Flow.Subscriber<List<ByteBuffer>> {
    private final HttpServletResponse response;
    private final Executor answers;
    private final AnswerDeadlines deadlines;
    private final long stalledMs;
    private final WritingTime client;
    private final LongSupplier pauseMs;
    private final CompletableFuture<Void> written = new CompletableFuture<>();
    /** Ends the present wait for the owner. */
    private volatile CompletableFuture<Void> tick;
    /** The present wait for the client's quota, or the last one. */
    private volatile CompletableFuture<Void> pausing = CompletableFuture.completedFuture(null);
    private volatile Flow.Subscription subscription;
    /** Of what is to be done in turn; guarded by this: the owner's signals and this server's end come from different threads. */
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    /** Pieces that were asked for; changed by one thread after the other. */
    private volatile long asked;
    /** Pieces that came. */
    private volatile long came;
    /** Null: the answer is no stream. */
    private RelayedStream stream;

    /**
     * @param answers   may be held by a client that reads slowly
     * @param stalledMs an owner that sends nothing for so long is given up, after twice as long at most
     * @param client    the time that the client has
     * @param pauseMs   how long the client is over its quota yet, in ms: so long nothing more of a stream is asked for
     */
    ClientAnswer(HttpServletResponse response, Executor answers, AnswerDeadlines deadlines, long stalledMs, WritingTime client,
                 LongSupplier pauseMs) {
        this.response = response;
        this.answers = answers;
        this.deadlines = deadlines;
        this.stalledMs = stalledMs;
        this.client = client;
        this.pauseMs = pauseMs;
    }

    /**
     * Called once.
     *
     * @return completes when the whole answer was written; fails when the client is gone, or the owner broke off. When it fails from
     *         outside, nothing more is written
     */
    CompletableFuture<Void> write(RelayedAnswer answer) {
        response.setStatus(answer.status());
        answer.headers().forEach(this::set);
        stream = RelayedStream.of(answer);
        answer.body().subscribe(this);
        written.exceptionally(failure -> {
            giveUp();
            return null;
        });
        written.whenComplete((done, failure) -> answer.passing().complete(null));
        written.whenComplete((done, failure) -> pausing.complete(null));
        answer.passing().exceptionally(ended -> {
            onError(ended);
            return null;
        });
        watch(-1);
        written.whenComplete((done, failure) -> tick.complete(null));
        return written;
    }

    private void set(Header header) {
        if (header.name().equalsIgnoreCase("Content-Type")) {
            response.setContentType(header.value());
        } else {
            response.addHeader(header.name(), header.value());
        }
    }

    private void watch(long before) {
        CompletableFuture<Void> next = new CompletableFuture<>();
        tick = next;
        if (written.isDone()) {
            return; // before it could end this one
        }
        deadlines.within(stalledMs, next, TimeoutException::new).exceptionally(late -> {
            if (asked > came && came == before) {
                written.completeExceptionally(new EOFException("the rest of the answer did not come"));
            } else {
                watch(came);
            }
            return null;
        });
    }

    private void giveUp() {
        Flow.Subscription given = subscription;
        if (given != null) {
            given.cancel();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        if (written.isDone()) {
            giveUp();
        } else {
            askForMore();
        }
    }

    private void askForMore() {
        asked++;
        subscription.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> pieces) {
        came++;
        then(() -> write(pieces));
    }

    @Override
    public void onError(Throwable failure) {
        then(() -> {
            if (stream != null) {
                stream.brokeOff(response);
            }
            written.completeExceptionally(failure);
        });
    }

    @Override
    public void onComplete() {
        then(() -> {
            client.spend(response::flushBuffer);
            written.complete(null);
        });
    }

    private void write(List<ByteBuffer> pieces) throws IOException {
        OutputStream out = response.getOutputStream();
        long letOut = 0;
        for (ByteBuffer piece : pieces) {
            byte[] bytes = new byte[piece.remaining()];
            piece.get(bytes);
            client.spend(() -> out.write(bytes));
            letOut += bytes.length;
            if (stream != null) {
                stream.wrote(bytes);
            }
        }
        if (stream != null) {
            client.spend(response::flushBuffer);
            client.beginAnew();
            stream.letOut(letOut);
        }
        long pause = stream == null ? 0 : pauseMs.getAsLong();
        if (pause == 0) {
            askForMore();
        } else {
            pause(pause);
        }
    }

    private void pause(long ms) {
        CompletableFuture<Void> next = new CompletableFuture<>();
        pausing = next;
        deadlines.within(ms, next, TimeoutException::new).exceptionally(over -> {
            then(this::askForMore);
            return null;
        });
        if (written.isDone()) {
            next.complete(null); // what ends it had been there before
        }
    }

    /** Does it after what was to be done before. */
    private synchronized void then(Step step) {
        last = last.thenRunAsync(() -> {
            try {
                if (!written.isDone()) {
                    step.run();
                }
            } catch (IOException | RuntimeException e) { // the container has errors of its own for clients that are gone
                written.completeExceptionally(e);
            }
        }, answers).whenComplete((done, refused) -> {
            if (refused != null) {
                written.completeExceptionally(refused);
            }
        });
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }
}
