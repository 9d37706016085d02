package io.millrace.coordinator;

import io.millrace.record.EndTransactionMarker;

/**
 * What ends a producer's transaction in a partition.
 *
 * @param producerEpoch a later one than the transaction's
 * @param timestamp     ms since the epoch
 */
record TransactionEnd(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp) {
    boolean commits() {
        return marker.type() == EndTransactionMarker.Type.COMMIT;
    }
}
