package io.millrace.transaction.coordinator;

import io.millrace.transaction.state.TransactionMarker;
import java.util.concurrent.CompletableFuture;

/** Brings markers to the leaders of their partitions. Thread-safe; it may gather those that come shortly one after the other. */
@FunctionalInterface
public interface MarkerWriter {
    /**
     * Must not block. The leader writes a marker unless it knows the producer with this epoch or a higher one: then it was
     * written before, and the next transaction may have begun. It is written also where the partition has no records of the
     * producer: what was verified before and is appended late is refused by its epoch.
     *
     * @return completes when the marker is committed in the partition, now or before, or when it is certain that there is no such
     *         partition any more; fails otherwise: then it is asked for again, until that is so
     */
    CompletableFuture<?> write(TransactionMarker marker);
}
