package io.millrace.log;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** A change of logs other than an append, carried out by the log writer in its turn. */
final class LogTask<T> implements WriteTask {
    /** The change itself. */
    interface Change<T> {
        /**
         * @throws IOException               takes the directory offline
         * @throws OffsetOutOfRangeException fails this task only, with nothing changed
         * @throws IllegalStateException     fails this task only, with nothing changed: the log is closed
         */
        T carryOut() throws IOException;
    }

    private final Change<T> change;
    private final CompletableFuture<T> future = new CompletableFuture<>();

    LogTask(Change<T> change) {
        this.change = change;
    }

    CompletableFuture<T> future() {
        return future;
    }

    void carryOut() throws IOException {
        T outcome;
        try {
            outcome = change.carryOut();
        } catch (OffsetOutOfRangeException | IllegalStateException e) {
            future.completeExceptionally(e);
            return;
        }
        future.complete(outcome);
    }

    @Override
    public void fail(RuntimeException reason) {
        future.completeExceptionally(reason);
    }
}
