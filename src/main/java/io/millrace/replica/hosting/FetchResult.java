package io.millrace.replica.hosting;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.IsolationLevel;
import io.millrace.log.transaction.AbortedBatches;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * @param offset           where the fetch began, resolved; the first batch may hold records before it
 * @param nextOffset       where to go on: the offset after the last record that was read, or {@code offset} when there was none
 * @param highWatermark    offset up to which (exclusive) records are committed now; {@link #NOT_KNOWN} while a new leader does
 *                         not know it for certain
 * @param lastStableOffset offset up to which (exclusive) committed records can be read now by who reads no open transaction;
 *                         {@link #NOT_KNOWN} as the high watermark
 * @param logStartOffset   the first offset that can be fetched
 * @param leaderEpoch      of the last record that was read; when there was none, what the request said
 * @param batches          whole record batches, checked
 * @param aborted          transactions whose batches among these are not to be shown to who reads committed records; none for
 *                         others, and when they were left out
 */
public record FetchResult(long offset, long nextOffset, long highWatermark, long lastStableOffset, long logStartOffset,
                          int leaderEpoch, ByteBuffer batches, List<AbortedTransaction> aborted) {
    public static final long NOT_KNOWN = -1;

    public FetchResult {
        aborted = List.copyOf(aborted);
    }

    /** Of a log without transactions. */
    public FetchResult(long offset, long nextOffset, long highWatermark, long logStartOffset, int leaderEpoch,
                       ByteBuffer batches) {
        this(offset, nextOffset, highWatermark, highWatermark, logStartOffset, leaderEpoch, batches, List.of());
    }

    /** The offset up to which (exclusive) such a reader can read now; {@link #NOT_KNOWN} as the high watermark. */
    public long end(IsolationLevel isolation) {
        return isolation == IsolationLevel.READ_COMMITTED ? lastStableOffset : highWatermark;
    }

    /** The same without batches of aborted transactions and without control batches, in the same buffer. */
    FetchResult withoutAborted() {
        return new FetchResult(offset, nextOffset, highWatermark, lastStableOffset, logStartOffset, leaderEpoch,
                new AbortedBatches(aborted).leaveOut(batches), List.of());
    }
}
