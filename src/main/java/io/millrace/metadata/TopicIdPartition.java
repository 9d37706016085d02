package io.millrace.metadata;

import java.util.Comparator;
import java.util.UUID;

/**
 * A partition of one very topic: another topic of the same name, created after that one was deleted, has others. Sorted as
 * {@link TopicPartition}.
 *
 * @param topicId of the topic
 */
public record TopicIdPartition(UUID topicId, TopicPartition partition) implements Comparable<TopicIdPartition> {
    private static final Comparator<TopicIdPartition> ORDER =
            Comparator.comparing(TopicIdPartition::partition).thenComparing(TopicIdPartition::topicId);

    /** Its topic's name. */
    public String topic() {
        return partition.topic();
    }

    @Override
    public int compareTo(TopicIdPartition other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return partition.toString();
    }
}
