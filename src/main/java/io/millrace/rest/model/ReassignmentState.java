package io.millrace.rest.model;

import io.millrace.metadata.controller.Reassignment;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/**
 * A partition that is being moved.
 *
 * @param replicas ids of the brokers that have it now, those that it moves to included
 * @param target   of those that will have it in the end
 * @param isr      of those that are in sync
 */
@JsonbPropertyOrder({"topicName", "partition", "replicas", "target", "isr"})
public record ReassignmentState(String topicName, int partition, List<Integer> replicas, List<Integer> target,
                                List<Integer> isr) {
    public static ReassignmentState of(Reassignment reassignment) {
        return new ReassignmentState(reassignment.id().topic(), reassignment.id().partition(),
                reassignment.replicas(), reassignment.target(), reassignment.isr());
    }
}
