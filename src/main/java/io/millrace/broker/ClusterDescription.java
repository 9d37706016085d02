package io.millrace.broker;

import java.util.List;

/**
 * The cluster as this broker sees it, for operators.
 *
 * @param controller       broker id, -1: none
 * @param incarnation      of the registers
 * @param agreement        whether registers can be changed now
 * @param agreementProblem why not, or null
 * @param offline          partitions that no broker leads
 */
public record ClusterDescription(int controller, int controllerEpoch, long incarnation, boolean agreement,
                                 String agreementProblem, List<BrokerState> brokers,
                                 List<UnderReplicated> underReplicated, List<TopicPartition> offline) {
    /** One broker, live or not. */
    public record BrokerState(int brokerId, String url, String rack, boolean live, boolean cpMember, int leaders,
                              int replicas) {
    }

    /** A partition with fewer in-sync replicas than replicas. */
    public record UnderReplicated(TopicPartition id, int leader, List<Integer> replicas, List<Integer> isr) {
    }
}
