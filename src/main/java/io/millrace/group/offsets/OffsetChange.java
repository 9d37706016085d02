package io.millrace.group.offsets;

import io.millrace.metadata.TopicPartition;

/**
 * A committed offset that is set from outside.
 *
 * @param before null: nothing was committed
 */
public record OffsetChange(TopicPartition partition, Long before, long after) {
}
