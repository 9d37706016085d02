package io.millrace.group;

import io.millrace.broker.TopicPartition;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * A committed offset that is set from outside.
 *
 * @param before null: nothing was committed
 */
public record OffsetChange(TopicPartition partition, Long before, long after) {
    static Map<TopicPartition, Long> offsets(Collection<OffsetChange> changes) {
        TreeMap<TopicPartition, Long> offsets = new TreeMap<>();
        changes.forEach(change -> offsets.put(change.partition(), change.after()));
        return offsets;
    }
}
