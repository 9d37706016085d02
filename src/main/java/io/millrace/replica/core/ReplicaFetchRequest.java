package io.millrace.replica.core;

import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.UUID;

/**
 * What a follower asks a leader for: all partitions that it follows there, in one request.
 *
 * @param replica   the follower's broker id
 * @param session   of the follower, see {@link io.millrace.agreement.Member}
 * @param maxWaitMs how long the leader may wait for something new, in ms
 * @param maxBytes  of batches in the whole response; the first batch of a partition is sent even when it is larger
 */
public record ReplicaFetchRequest(int replica, String session, int maxWaitMs, int maxBytes,
                                  List<Partition> partitions) {
    /**
     * One partition.
     *
     * @param leaderEpoch      in which the follower takes the other one for the leader
     * @param fetchOffset      the follower's log end offset: everything below it is written
     * @param lastFetchedEpoch leader epoch of the last record in the follower's log, -1: none
     * @param durableOffset    everything below it is as durable as the topic's flush policy says; at most the fetch offset
     */
    public record Partition(TopicPartition id, UUID topicId, int leaderEpoch, long fetchOffset, int lastFetchedEpoch,
                            long durableOffset) {
        /** Of a follower that has nothing written which is not durable. */
        public Partition(TopicPartition id, UUID topicId, int leaderEpoch, long fetchOffset, int lastFetchedEpoch) {
            this(id, topicId, leaderEpoch, fetchOffset, lastFetchedEpoch, fetchOffset);
        }
    }
}
