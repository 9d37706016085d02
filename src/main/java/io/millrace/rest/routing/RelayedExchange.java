package io.millrace.rest.routing;

import io.millrace.metadata.BrokerException;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.entry.ErrorAnswers;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** The client's side of a request whose thread has gone: whatever comes of it is told once. Thread-safe. */
final class RelayedExchange {
    private static final System.Logger LOG = System.getLogger(RelayedExchange.class.getName());

    private final AsyncContext async;
    private final ErrorAnswers response;
    private final Executor answers;
    private final AnswerDeadlines deadlines;
    private final long clientMs;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    /**
     * @param async   without a timeout of its own
     * @param answers writes what the other broker answers, and may be held by the client; may refuse
     * @param clientMs how long the client may take over its answer, in ms
     */
    RelayedExchange(AsyncContext async, ErrorAnswers response, Executor answers, AnswerDeadlines deadlines, long clientMs) {
        this.async = async;
        this.response = response;
        this.answers = answers;
        this.deadlines = deadlines;
        this.clientMs = clientMs;
        async.addListener(new AsyncListener() {
            @Override
            public void onComplete(AsyncEvent event) {
                over.complete(null);
            }

            @Override
            public void onTimeout(AsyncEvent event) {
                end();
            }

            @Override
            public void onError(AsyncEvent event) {
                end(); // the client is gone
            }

            @Override
            public void onStartAsync(AsyncEvent event) {
                over.complete(null); // it goes on without this
            }
        });
    }

    /** Completes when nothing more is written from here. */
    CompletableFuture<Void> over() {
        return over;
    }

    /** The request goes to the resources of this server, on a thread of theirs. */
    void answerHere() {
        if (ended.compareAndSet(false, true)) {
            async.dispatch();
            over.complete(null);
        }
    }

    /**
     * Passes the request on, and answers what comes of it.
     *
     * @param receipts of a consumer's answers
     * @param sent     sends it
     * @param answered is run before anything is written
     * @return false: it was refused on the way
     */
    boolean relay(PollReceipts receipts, Supplier<CompletableFuture<RelayedAnswer>> sent, Runnable answered) {
        Runnable passed = receipts.passing();
        over.whenComplete((done, failure) -> passed.run());
        CompletableFuture<RelayedAnswer> answer;
        try {
            answer = sent.get();
        } catch (RuntimeException refused) { // the container would not tell the client of it any more
            answered.run();
            refuse(refused);
            return false;
        }
        over.whenComplete((done, failure) -> answer.cancel(false));
        answer.whenComplete((found, failure) -> {
            try {
                answers.execute(() -> tell(found, failure, receipts, answered));
            } catch (RejectedExecutionException e) {
                LOG.log(Level.DEBUG, "what another broker answered is not passed on", e);
                answered.run();
                if (found != null) {
                    found.giveUp();
                }
                refuse(RequestException.overloaded("as many answers are being written, and wait for that, as may"
                        + " (millrace.answer.threads.max); what was asked may have been done; try again in a moment"));
            }
        });
        return true;
    }

    private void tell(RelayedAnswer found, Throwable failure, PollReceipts receipts, Runnable answered) {
        answered.run();
        if (failure != null) {
            refuse(Relay.cause(failure));
        } else {
            write(found, receipts.begun(found));
        }
    }

    private void write(RelayedAnswer answer, CompletableFuture<Boolean> told) {
        if (ended.get()) {
            told.complete(false);
            answer.passed().end();
            answer.giveUp();
            return;
        }
        CompletableFuture<Void> written = begin(answer);
        over.whenComplete((done, failure) -> written.cancel(false));
        written.whenComplete((done, failure) -> {
            told.complete(failure == null);
            answer.passed().end();
            if (failure != null) {
                LOG.log(Level.DEBUG, "an answer was not written to its end", failure);
            }
            end();
        });
    }

    private CompletableFuture<Void> begin(RelayedAnswer answer) {
        try {
            return new ClientAnswer(response, answers, deadlines, Relay.GRACE_MS, new WritingTime(clientMs, System::nanoTime),
                    response::pauseMs).write(answer);
        } catch (RuntimeException gone) { // the container has errors of its own for clients that are
            answer.giveUp();
            return CompletableFuture.failedFuture(gone);
        }
    }

    /** Tells the client why its request is not answered. */
    void refuse(Throwable failure) {
        if (ended.get()) {
            return;
        }
        try {
            if (failure instanceof RequestException refused) {
                response.send(refused);
            } else if (failure instanceof BrokerException refused) {
                response.send(refused);
            } else {
                LOG.log(Level.ERROR, "a request could not be passed on", failure);
                response.sendError(500);
            }
        } catch (IOException | RuntimeException gone) {
            LOG.log(Level.DEBUG, "a refusal was not written", gone);
        } finally {
            end();
        }
    }

    private void end() {
        if (ended.compareAndSet(false, true)) {
            try {
                async.complete();
            } catch (IllegalStateException e) {
                LOG.log(Level.DEBUG, "the container has ended the request before", e);
            } finally {
                over.complete(null);
            }
        }
    }
}
