package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * Decides which member of a group is to own which partition. An application's own implementation is found by
 * {@link java.util.ServiceLoader} and chosen per group by its {@link #name()}. Must be deterministic, and is called by
 * one thread at a time. An answer that breaks the rules, or an exception, is logged and replaced by the answer of
 * {@code uniform}.
 */
public interface Assignor {
    /** The name by which a group's configuration asks for it; not that of a built-in one. */
    String name();

    /**
     * @param members by member id, at least one; cannot be changed
     * @param topics  how many partitions each topic has that some member subscribes to; cannot be changed
     * @return the partitions of each member, by member id: every partition of a topic with subscribers is given to
     *         exactly one of them; a member that is left out gets none
     */
    Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
            SortedMap<String, Integer> topics);
}
