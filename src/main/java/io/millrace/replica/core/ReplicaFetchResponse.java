package io.millrace.replica.core;

import io.millrace.metadata.TopicPartition;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a leader answers a follower; partitions that have nothing new are left out.
 *
 * @param sessionLost the leader does not know the request's fetch session as it should: everything is to be asked anew
 */
public record ReplicaFetchResponse(boolean sessionLost, List<Partition> partitions) {
    public static final ReplicaFetchResponse SESSION_LOST = new ReplicaFetchResponse(true, List.of());

    public ReplicaFetchResponse(List<Partition> partitions) {
        this(false, partitions);
    }

    /** How one partition's fetch went. */
    public enum Outcome {
        OK,
        /** The answering broker does not lead the partition in this epoch. */
        NOT_LEADER,
        /** The follower's epoch is newer than the leader's: the leader is to read the register again. */
        UNKNOWN_EPOCH,
        /** The follower's epoch is over: the follower is to read the register again. */
        FENCED_EPOCH,
        /** The logs differ: the follower cuts its own to what {@code diverging} says. */
        DIVERGED,
        /** The leader's log begins after the follower's end: the follower begins anew at {@code logStartOffset}. */
        BELOW_START,
        /** The leader cannot read there now. */
        FAILED
    }

    /** An epoch, and the offset after its last record. */
    public record EpochEnd(int epoch, long endOffset) {
    }

    /**
     * One partition.
     *
     * @param leaderEpoch   of the answering leader
     * @param highWatermark of the leader
     * @param diverging     with DIVERGED: the leader's newest epoch that is not newer than the follower's last one, and
     *                      its end; else null
     * @param batches       whole record batches from the fetch offset on, as they are in the leader's log; may be empty
     */
    public record Partition(TopicPartition id, Outcome outcome, int leaderEpoch, long highWatermark,
                            long logStartOffset, EpochEnd diverging, ByteBuffer batches) {
    }
}
