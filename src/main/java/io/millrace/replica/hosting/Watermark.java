package io.millrace.replica.hosting;

import io.millrace.log.IsolationLevel;

/**
 * How far a partition's records are committed, and how far they are stable: not part of a transaction that is open, nor behind
 * one that is.
 *
 * @param highWatermark    the offset after the last committed record
 * @param bytes            of batches committed since the partition was opened: how much more has come, without reading it
 * @param lastStableOffset the offset after the last stable record, at most the high watermark
 * @param stableBytes      as {@code bytes}, of those that are stable
 */
public record Watermark(long highWatermark, long bytes, long lastStableOffset, long stableBytes) {
    /** Not the true size, where that is not known: whoever waits looks again. */
    static final long UNKNOWN_BYTES = 1L << 30;

    /** @param newBytes of batches between the high watermark as it was and as it is */
    Watermark moved(long newHighWatermark, long newBytes, long newLastStableOffset) {
        long newStableBytes = newBytes;
        if (lastStableOffset != highWatermark || newLastStableOffset != newHighWatermark) {
            newStableBytes = newLastStableOffset > lastStableOffset ? UNKNOWN_BYTES : 0;
        }
        return new Watermark(newHighWatermark, bytes + newBytes, newLastStableOffset, stableBytes + newStableBytes);
    }

    /** The offset after the last record that can be read. */
    long end(IsolationLevel isolation) {
        return isolation == IsolationLevel.READ_COMMITTED ? lastStableOffset : highWatermark;
    }

    /** How many bytes could be read since the partition was opened, or more. */
    public long bytes(IsolationLevel isolation) {
        return isolation == IsolationLevel.READ_COMMITTED ? stableBytes : bytes;
    }
}
