package io.millrace.rest.model;

import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.controller.ClusterDescription;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/**
 * The cluster as its administrator sees it.
 *
 * @param controller       broker id, or null: none now
 * @param incarnation      how often the registers were restored from the journals
 * @param agreement        whether the brokers can agree on changes now
 * @param agreementProblem why not, or null
 * @param underReplicated  partitions that have fewer in-sync replicas than replicas
 * @param offline          partitions that no broker leads
 */
@JsonbPropertyOrder({"controller", "controllerEpoch", "incarnation", "agreement", "agreementProblem", "brokers",
    "underReplicated", "offline"})
public record ClusterState(Integer controller, int controllerEpoch, long incarnation, boolean agreement,
                           String agreementProblem, List<Broker> brokers, List<UnderReplicated> underReplicated,
                           List<Partition> offline) {
    /**
     * @param url      of its HTTP interface, or null when it is not known
     * @param rack     or null
     * @param cpMember whether it takes part in agreement
     * @param leaders  how many partitions it leads
     * @param replicas of how many partitions it is a replica
     */
    @JsonbPropertyOrder({"brokerId", "url", "rack", "live", "cpMember", "leaders", "replicas"})
    public record Broker(int brokerId, String url, String rack, boolean live, boolean cpMember, int leaders,
                         int replicas) {
    }

    /** @param leader broker id, -1: none */
    @JsonbPropertyOrder({"topicName", "partition", "leader", "replicas", "isr"})
    public record UnderReplicated(String topicName, int partition, int leader, List<Integer> replicas,
                                  List<Integer> isr) {
    }

    /** Names one partition. */
    @JsonbPropertyOrder({"topicName", "partition"})
    public record Partition(String topicName, int partition) {
    }

    public static ClusterState of(ClusterDescription cluster) {
        return new ClusterState(cluster.controller() < 0 ? null : cluster.controller(), cluster.controllerEpoch(),
                cluster.incarnation(), cluster.agreement(), cluster.agreementProblem(),
                cluster.brokers().stream().map(ClusterState::broker).toList(),
                cluster.underReplicated().stream().map(ClusterState::underReplicated).toList(),
                cluster.offline().stream().map(ClusterState::partition).toList());
    }

    private static Broker broker(ClusterDescription.BrokerState state) {
        return new Broker(state.brokerId(), state.url(), state.rack(), state.live(), state.cpMember(), state.leaders(),
                state.replicas());
    }

    private static UnderReplicated underReplicated(ClusterDescription.UnderReplicated each) {
        return new UnderReplicated(each.id().topic(), each.id().partition(), each.leader(), each.replicas(),
                each.isr());
    }

    private static Partition partition(TopicPartition id) {
        return new Partition(id.topic(), id.partition());
    }
}
