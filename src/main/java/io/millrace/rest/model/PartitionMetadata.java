package io.millrace.rest.model;

import io.millrace.metadata.Topic;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/** @param leader broker id, -1: none */
@JsonbPropertyOrder({"partition", "leader", "replicas"})
public record PartitionMetadata(int partition, int leader, List<Replica> replicas) {
    /** @param broker broker id */
    @JsonbPropertyOrder({"broker", "leader", "inSync"})
    public record Replica(int broker, boolean leader, boolean inSync) {
    }

    public static PartitionMetadata of(int number, Topic.Assignment assignment) {
        return new PartitionMetadata(number, assignment.leader(), assignment.replicas().stream()
                .map(broker -> new Replica(broker, broker == assignment.leader(), assignment.isr().contains(broker)))
                .toList());
    }
}
