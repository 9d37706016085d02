package io.millrace.rest.model;

import io.millrace.metadata.TopicPartition;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.Collection;
import java.util.List;

/** Names a partition that a consumer group has to do with. */
@JsonbPropertyOrder({"topic", "partition"})
public record GroupPartition(String topic, int partition) {
    static List<GroupPartition> all(Collection<TopicPartition> partitions) {
        return partitions.stream().map(each -> new GroupPartition(each.topic(), each.partition())).toList();
    }
}
