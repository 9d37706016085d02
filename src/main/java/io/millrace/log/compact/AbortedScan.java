package io.millrace.log.compact;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.transaction.AbortedBatches;
import io.millrace.record.RecordBatch;
import java.util.List;

/**
 * Tells of batches, in the order of their offsets, whether they are of aborted transactions: nobody is to be shown them, and they
 * replace nothing. Holds what concerns some thousand offsets at a time. For one thread.
 */
public final class AbortedScan {
    private static final int WINDOW_OFFSETS = 10_000;

    /** Finds the aborted transactions that overlap a range of offsets, the upper bound exclusive. */
    @FunctionalInterface
    public interface Lookup {
        List<AbortedTransaction> aborted(long from, long to);
    }

    private final Lookup lookup;
    private AbortedBatches window = new AbortedBatches(List.of());
    private long from;
    private long to;

    AbortedScan(Lookup lookup) {
        this.lookup = lookup;
    }

    boolean isAborted(RecordBatch batch) {
        if (!batch.isTransactional()) {
            return false;
        }
        if (batch.baseOffset() < from || batch.lastOffset() >= to) {
            from = batch.baseOffset();
            to = Math.max(batch.lastOffset() + 1, from + WINDOW_OFFSETS);
            window = new AbortedBatches(lookup.aborted(from, to));
        }
        return window.transactionOf(batch).isPresent();
    }
}
