package io.millrace.rest.model;

import io.millrace.metadata.Topic;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** @param configs what was set for this topic; what is absent has the server's default */
@JsonbPropertyOrder({"name", "configs", "partitions"})
public record TopicMetadata(String name, Map<String, String> configs, List<PartitionMetadata> partitions) {
    public static TopicMetadata of(Topic topic) {
        return new TopicMetadata(topic.name(), topic.overrides(), partitions(topic));
    }

    public static List<PartitionMetadata> partitions(Topic topic) {
        return IntStream.range(0, topic.partitions().size())
                .mapToObj(number -> PartitionMetadata.of(number, topic.partitions().get(number)))
                .toList();
    }
}
