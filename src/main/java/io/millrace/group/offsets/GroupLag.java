package io.millrace.group.offsets;

import io.millrace.metadata.TopicPartition;

/**
 * How far a group is behind in one partition.
 *
 * @param lag in records
 */
public record GroupLag(String group, TopicPartition partition, long lag) {
}
