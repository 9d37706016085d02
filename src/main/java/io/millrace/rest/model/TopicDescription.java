package io.millrace.rest.model;

import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import java.util.Map;

/**
 * A topic as its administrator sees it.
 *
 * @param configs   every key with the value in force
 * @param overrides the keys that were set for this topic
 */
@JsonbPropertyOrder({"topicName", "topicId", "partitionsCount", "replicationFactor",
    "configs", "overrides", "partitions"})
public record TopicDescription(String topicName, String topicId, int partitionsCount, int replicationFactor,
                               Map<String, String> configs, Map<String, String> overrides,
                               List<Partition> partitions) {
    /**
     * @param leader          broker id, -1: none
     * @param leaderEpoch     grows whenever the leader changes
     * @param replicas        broker ids, the preferred leader first
     * @param isr             those of them that are in sync
     * @param beginningOffset null, as the following, when this server has no replica that works
     * @param endOffset       exclusive
     */
    @JsonbPropertyOrder({"partition", "leader", "leaderEpoch", "replicas", "isr", "beginningOffset", "endOffset",
        "sizeBytes"})
    public record Partition(int partition, int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr,
                            Long beginningOffset, Long endOffset, Long sizeBytes) {
    }
}
