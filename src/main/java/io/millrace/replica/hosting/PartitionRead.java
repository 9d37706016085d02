package io.millrace.replica.hosting;

import io.millrace.log.IsolationLevel;
import io.millrace.record.RecordBatch;

/**
 * What one read of a partition gave.
 *
 * @param seen up to where was read
 */
public record PartitionRead(FetchResult result, IsolationLevel isolation, Watermark seen) {
    public int bytes() {
        return result.batches().remaining();
    }

    /** How many are in the batches. */
    public long records() {
        long records = 0;
        for (RecordBatch batch : RecordBatch.in(result.batches())) {
            records += batch.recordCount();
        }
        return records;
    }

    /** Whether there is nothing more to read until that moves up to which such a reader may. */
    public boolean reachedEnd() {
        return result.nextOffset() >= seen.end(isolation);
    }

    /** What a reader is to be shown: nothing of aborted transactions, and no markers; as it is of who reads uncommitted. */
    public PartitionRead shown() {
        return isolation == IsolationLevel.READ_COMMITTED ? new PartitionRead(result.withoutAborted(), isolation, seen) : this;
    }
}
