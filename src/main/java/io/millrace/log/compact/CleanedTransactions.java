package io.millrace.log.compact;

import io.millrace.record.EndTransactionMarker;
import io.millrace.record.InvalidBatchException;
import io.millrace.record.RecordBatch;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Follows the transactions of a log through a pass, in the order of the offsets, and tells of each marker what is left of the
 * transaction that it ends: who begins to read behind the last of its records needs no marker. As the field's
 * {@code CleanedTransactionMetadata} (KIP-534); and what a snapshot of producers says to be open counts as records, as a start or a
 * cut that goes on from there must meet the marker.
 *
 * <p>Grows with the producers that have a transaction open at one offset. For one thread.
 */
final class CleanedTransactions {
    /** What there is of a transaction before its marker. */
    enum Left {
        /** Nothing when the pass began. */
        NOTHING,
        /** Nothing any more: this pass took it. */
        GONE_NOW,
        /** A batch, maybe without records, or a snapshot in which it is open. */
        SOME
    }

    /** By the offset of the snapshot, the producers that are in a transaction there; those that were not passed yet. */
    private final NavigableMap<Long, Set<Long>> snapshots;
    /** What became of what was met of each producer's transaction. */
    private final Map<Long, Left> met = new HashMap<>();

    /** @param snapshots by the offset of each snapshot of producers, those that are in a transaction there */
    CleanedTransactions(Map<Long, Set<Long>> snapshots) {
        this.snapshots = new TreeMap<>(snapshots);
    }

    /**
     * A batch of records was met.
     *
     * @param stays whether something of it does, its header at least
     */
    void records(RecordBatch batch, boolean stays) {
        if (batch.isTransactional()) {
            pass(batch.baseOffset());
            met.merge(batch.producerId(), stays ? Left.SOME : Left.GONE_NOW, (one, two) -> one == Left.SOME ? one : two);
        }
    }

    /** A control batch with a record was met: one that ends no transaction is nothing that could go. */
    Left endedBy(RecordBatch control) {
        if (!isMarker(control)) {
            return Left.SOME;
        }
        pass(control.baseOffset());
        Left left = met.remove(control.producerId());
        return left == null ? Left.NOTHING : left;
    }

    private static boolean isMarker(RecordBatch control) {
        try {
            return EndTransactionMarker.of(control).isPresent();
        } catch (InvalidBatchException unreadable) {
            return false; // nobody knows what it says, so that it stays
        }
    }

    private void pass(long offset) {
        while (!snapshots.isEmpty() && snapshots.firstKey() <= offset) {
            snapshots.pollFirstEntry().getValue().forEach(producer -> met.put(producer, Left.SOME));
        }
    }
}
