package io.millrace.transaction.routing;

import io.millrace.metadata.BrokerException;
import io.millrace.transaction.state.TransactionMarker;
import java.util.concurrent.CompletableFuture;

/** Writes markers into the partitions that this broker leads. Thread-safe. */
@FunctionalInterface
public interface MarkerTarget {
    /**
     * May block for a moment.
     *
     * @return completes when it is committed, now or before; fails with a {@link BrokerException}: UNKNOWN_TOPIC or UNKNOWN_PARTITION
     *         when it is certain that there is no such partition, NOT_LEADER when another broker leads it
     */
    CompletableFuture<?> write(TransactionMarker marker);
}
