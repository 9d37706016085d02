package io.millrace.group;

import io.millrace.broker.TopicPartition;

/**
 * A committed offset that is set from outside.
 *
 * @param before null: nothing was committed
 */
public record OffsetChange(TopicPartition partition, Long before, long after) {
}
