package io.millrace.log;

/**
 * A transaction that a producer aborted in one partition.
 *
 * @param firstOffset      of its first record
 * @param lastOffset       of its marker; the producer's transactional batches from the first offset to here were aborted
 * @param lastStableOffset where the transactions began that were open when it ended, or the offset behind the marker: what is
 *                         aborted later begins there or behind
 */
public record AbortedTransaction(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {
    /** @throws IllegalArgumentException when the offsets are not in order */
    public AbortedTransaction {
        if (producerId < 0 || firstOffset < 0 || lastOffset < firstOffset || lastStableOffset < 0) {
            throw new IllegalArgumentException("no transaction: producer " + producerId + ", offsets " + firstOffset + " to "
                + lastOffset + ", last stable offset " + lastStableOffset);
        }
    }
}
