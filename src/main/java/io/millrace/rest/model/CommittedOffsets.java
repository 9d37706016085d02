package io.millrace.rest.model;

import io.millrace.group.offsets.CommittedOffset;
import io.millrace.metadata.TopicPartition;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import java.util.Map;

/** What a group has committed in some partitions, as the dialect tells it; without those in which it has not. */
public record CommittedOffsets(List<Entry> offsets) {
    /** @param offset of the next record to read, whichever one the consumer named */
    @JsonbPropertyOrder({"topic", "partition", "offset", "metadata"})
    public record Entry(String topic, int partition, long offset, String metadata) {
    }

    public static CommittedOffsets of(Map<TopicPartition, CommittedOffset> committed) {
        return new CommittedOffsets(committed.entrySet().stream().map(each -> new Entry(each.getKey().topic(), each.getKey().partition(),
                each.getValue().offset(), each.getValue().metadata())).toList());
    }
}
