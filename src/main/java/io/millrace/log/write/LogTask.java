package io.millrace.log.write;

import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.TooManyProducersException;
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
         * @throws TooManyProducersException fails this task only, with nothing changed
         */
        T carryOut() throws IOException;
    }

    private final Change<T> change;
    private final boolean freesSpace;
    private final CompletableFuture<T> future = new CompletableFuture<>();

    private LogTask(Change<T> change, boolean freesSpace) {
        this.change = change;
        this.freesSpace = freesSpace;
    }

    /** A change that waits until there is space. */
    static <T> LogTask<T> of(Change<T> change) {
        return new LogTask<>(change, false);
    }

    /** One that is carried out also while the disk is full, each log being settled first. */
    static <T> LogTask<T> freeing(Change<T> change) {
        return new LogTask<>(change, true);
    }

    boolean freesSpace() {
        return freesSpace;
    }

    CompletableFuture<T> future() {
        return future;
    }

    void carryOut() throws IOException {
        T outcome;
        try {
            outcome = change.carryOut();
        } catch (OffsetOutOfRangeException | IllegalStateException | TooManyProducersException e) {
            future.completeExceptionally(e);
            return;
        }
        future.complete(outcome);
    }

    @Override
    public boolean isTold() {
        return future.isDone();
    }

    @Override
    public void fail(RuntimeException reason) {
        future.completeExceptionally(reason);
    }
}
