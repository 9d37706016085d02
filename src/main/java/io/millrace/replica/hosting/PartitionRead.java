package io.millrace.replica.hosting;

/**
 * What one read of a partition gave.
 *
 * @param records how many are in the batches
 * @param seen    the watermark up to which was read
 */
public record PartitionRead(FetchResult result, long records, Watermark seen) {
    public int bytes() {
        return result.batches().remaining();
    }

    /** Whether there is nothing more to read until the high watermark moves. */
    public boolean reachedHighWatermark() {
        return result.nextOffset() >= seen.highWatermark();
    }
}
