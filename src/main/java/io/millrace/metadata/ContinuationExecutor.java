package io.millrace.metadata;

import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Takes continuations off the threads that must not linger: the writers of the log directories and the timers. */
public final class ContinuationExecutor implements Executor {
    private static final System.Logger LOG = System.getLogger(ContinuationExecutor.class.getName());

    private final Executor workers;
    private final Executor fallback;

    /** @param fallback runs what the workers refuse, so that a full queue there loses no answer */
    public ContinuationExecutor(Executor workers, Executor fallback) {
        this.workers = workers;
        this.fallback = fallback;
    }

    @Override
    public void execute(Runnable task) {
        if (!accepted(workers, task) && !accepted(fallback, task)) {
            // Both have ended: the server stops. Whoever waits must still be answered.
            task.run();
        }
    }

    /** A future with the same outcome, errors translated, that completes on a worker's thread. */
    public <T> CompletableFuture<T> offWriter(CompletableFuture<T> future) {
        CompletableFuture<T> handedOff = new CompletableFuture<>();
        future.whenComplete((value, failure) -> execute(() -> {
            if (failure == null) {
                handedOff.complete(value);
            } else {
                handedOff.completeExceptionally(BrokerErrors.outcome(failure));
            }
        }));
        return handedOff;
    }

    private static boolean accepted(Executor executor, Runnable task) {
        try {
            executor.execute(task);
            return true;
        } catch (RejectedExecutionException | IllegalStateException | OutOfMemoryError refused) {
            // An application server's executor answers IllegalStateException once its application has stopped; the error
            // is that of a thread that could not be made.
            LOG.log(Level.DEBUG, "a continuation was refused and goes elsewhere", refused);
            return false;
        }
    }
}
