package io.millrace.replica.core;

import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.UUID;

/**
 * What a follower asks a leader for: all partitions that it follows there, in one request. In a fetch session, only what
 * has changed since the request before.
 *
 * @param replica      the follower's broker id
 * @param session      of the follower, see {@link io.millrace.agreement.Member}
 * @param maxWaitMs    how long the leader may wait for something new, in ms
 * @param maxBytes     of batches in the whole response; the first batch of a partition is sent even when it is larger
 * @param fetchSession {@link FetchSession#NONE}: it stands by itself
 * @param forgotten    partitions of the fetch session that are not asked for any more
 */
public record ReplicaFetchRequest(int replica, String session, int maxWaitMs, int maxBytes, FetchSession fetchSession,
                                  List<Partition> partitions, List<TopicPartition> forgotten) {
    /** One that stands by itself. */
    public ReplicaFetchRequest(int replica, String session, int maxWaitMs, int maxBytes, List<Partition> partitions) {
        this(replica, session, maxWaitMs, maxBytes, FetchSession.NONE, partitions, List.of());
    }

    /**
     * A request's place in a fetch session (after KIP-227).
     *
     * @param id    chosen by the follower, above 0; a later session of the same run has a higher one
     * @param epoch 0: the session begins, and everything is said; then one more with each request
     */
    public record FetchSession(long id, int epoch) {
        public static final FetchSession NONE = new FetchSession(0, 0);

        public boolean begins() {
            return id > 0 && epoch == 0;
        }
    }

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
