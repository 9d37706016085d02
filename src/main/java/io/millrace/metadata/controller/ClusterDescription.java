package io.millrace.metadata.controller;

import io.millrace.metadata.TopicPartition;
import java.util.List;

/**
 * The cluster as one broker sees it.
 *
 * @param controller       broker id, -1: none known
 * @param controllerEpoch  grows with every election
 * @param incarnation      of the agreement: grows when it had to be restored
 * @param agreement        whether registers can be read and changed now
 * @param agreementProblem why they cannot, or null
 * @param underReplicated  partitions with replicas that are not in sync
 * @param offline          partitions without a leader
 */
public record ClusterDescription(int controller, int controllerEpoch, long incarnation, boolean agreement,
                                 String agreementProblem, List<BrokerState> brokers,
                                 List<UnderReplicated> underReplicated, List<TopicPartition> offline) {
    /**
     * A broker that has taken part once.
     *
     * @param live     whether it is up
     * @param cpMember whether it takes part in the agreement
     * @param leaders  partitions that it leads
     * @param replicas partitions that it has a replica of
     */
    public record BrokerState(int brokerId, String url, String rack, boolean live, boolean cpMember, int leaders,
                              int replicas) {
    }

    /** A partition that lacks replicas. */
    public record UnderReplicated(TopicPartition id, int leader, List<Integer> replicas, List<Integer> isr) {
    }
}
