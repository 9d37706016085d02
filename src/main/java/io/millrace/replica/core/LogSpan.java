package io.millrace.replica.core;

import io.millrace.log.LeaderEpochEnd;

/**
 * What a replica's log holds at one moment.
 *
 * @param startOffset the first offset that can be read
 * @param endOffset   the offset after the last record that is written, so that others can read it
 * @param durableEnd  the offset after the last record that is as durable as the flush policy says; at most the end
 * @param lastEpoch   leader epoch of the last record, or -1
 */
public record LogSpan(long startOffset, long endOffset, long durableEnd, int lastEpoch) {
    /** Of a log in which all that is written is durable. */
    public LogSpan(long startOffset, long endOffset, int lastEpoch) {
        this(startOffset, endOffset, endOffset, lastEpoch);
    }

    /**
     * Whether a follower's log is a part of this one, which is its leader's. A follower without any record has nothing that
     * could differ, as long as its offset is one of this log's: retention, or the deletion of records, may have left it
     * with none.
     *
     * @param agreed the newest epoch here that is not newer than the follower's last one, and its end
     */
    boolean has(ReplicaFetchRequest.Partition follower, LeaderEpochEnd agreed) {
        if (follower.lastFetchedEpoch() == LeaderEpochEnd.NO_EPOCH) {
            return follower.fetchOffset() <= endOffset;
        }
        boolean allBeforeStart = agreed.epoch() == LeaderEpochEnd.NO_EPOCH;
        return (agreed.epoch() == follower.lastFetchedEpoch() || allBeforeStart)
                && follower.fetchOffset() <= agreed.endOffset();
    }
}
