package io.millrace.rest.body;

import io.millrace.replica.hosting.Deadlines;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Ends what a request waits for when that takes too long. The container's own timeouts are not used: it keeps the task of
 * each, and with it the exchange and all that was read for it, until its time has come, however long ago the answer went
 * out. Thread-safe.
 */
public final class AnswerDeadlines {
    private final Deadlines deadlines;
    private final Executor answers;

    /**
     * @param deadlines let go of what is removed
     * @param answers   where futures are failed: whoever waits for one writes its answer there
     */
    public AnswerDeadlines(Deadlines deadlines, Executor answers) {
        this.deadlines = deadlines;
        this.answers = answers;
    }

    /**
     * Fails a future that is not done in time; one that is done is not referred to from here.
     *
     * @param ms   how long it may take from now on
     * @param late what it fails with
     * @return the same future
     */
    public <T> CompletableFuture<T> within(long ms, CompletableFuture<T> awaited, Supplier<? extends Exception> late) {
        if (!awaited.isDone()) {
            Deadlines.Deadline deadline =
                    deadlines.add(ms, () -> answers.execute(() -> awaited.completeExceptionally(late.get())));
            awaited.whenComplete((result, failure) -> deadlines.remove(deadline));
        }
        return awaited;
    }
}
