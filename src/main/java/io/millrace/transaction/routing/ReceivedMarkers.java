package io.millrace.transaction.routing;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.state.TransactionMarker;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Writes the markers that another broker's coordinator sends together, and answers soon, whether all are committed or not: a
 * partition that cannot commit must hold back neither the others of the call, nor what waits behind it. Thread-safe.
 *
 * @param target  writes them
 * @param workers completes what is late
 */
record ReceivedMarkers(MarkerTarget target, Executor workers, ScheduledExecutorService timers) {
    /** Longer than most commits take, and no longer than a coordinator waits before it sends one again. */
    static final long PATIENCE_MS = 500;

    /**
     * May block for a moment, as {@link MarkerTarget#write}.
     *
     * @return of each, in their order, why it is not committed yet; null: it is. Never fails
     */
    CompletableFuture<List<BrokerException>> write(List<TransactionMarker> markers) {
        List<CompletableFuture<BrokerException>> written = markers.stream().map(this::write).toList();
        Future<?> patience = timers.schedule(() -> workers.execute(() -> written.forEach(ReceivedMarkers::late)), PATIENCE_MS,
                TimeUnit.MILLISECONDS);
        return CompletableFuture.allOf(written.toArray(CompletableFuture[]::new)).thenApply(done -> {
            patience.cancel(false);
            return written.stream().map(CompletableFuture::join).toList();
        });
    }

    private CompletableFuture<BrokerException> write(TransactionMarker marker) {
        CompletableFuture<?> written;
        try {
            written = target.write(marker);
        } catch (RuntimeException failure) {
            written = CompletableFuture.failedFuture(failure);
        }
        return written.handle((done, failure) -> failure == null ? null : BrokerErrors.asBrokerException("the marker", failure));
    }

    private static void late(CompletableFuture<BrokerException> written) {
        if (!written.isDone()) {
            written.complete(new BrokerException(ErrorKind.NOT_COMMITTED, "the marker is not committed yet: send it again"));
        }
    }
}
