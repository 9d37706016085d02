package io.millrace.group.offsets;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The committed offsets in one topic.
 *
 * @param topicId     of the topic that they were committed in: they mean nothing in another one of its name
 * @param anew        whether the group had committed in an earlier topic of this name
 * @param byPartition by partition number
 */
public record TopicOffsets(UUID topicId, boolean anew, SortedMap<Integer, CommittedOffset> byPartition) {
    public TopicOffsets {
        byPartition = Collections.unmodifiableSortedMap(new TreeMap<>(byPartition));
    }
}
