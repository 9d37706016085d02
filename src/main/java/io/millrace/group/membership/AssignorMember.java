package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What an {@link Assignor} is told of a member; the sets cannot be changed.
 *
 * @param instanceId the {@code group.instance.id}, or null
 * @param topics     those it subscribes to, patterns resolved
 * @param assigned   what it was assigned before; may name partitions that do not exist any more, or that others now
 *                   were given
 */
public record AssignorMember(String instanceId, SortedSet<String> topics, Set<TopicPartition> assigned) {
    /** Copies the sets; the order of {@code assigned} stays, for an assignor must be able to rely on it. */
    public AssignorMember {
        topics = Collections.unmodifiableSortedSet(new TreeSet<>(topics));
        assigned = Collections.unmodifiableSet(new LinkedHashSet<>(assigned));
    }
}
