package io.millrace.group.membership;

import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Who is in a group, and who owns what: a value. How far anybody has read is not in it.
 *
 * @param epoch        grows with every new assignment
 * @param assignor     that made the assignment
 * @param inputs       fingerprint of the members, subscriptions and topics that the assignment was made of
 * @param topicIds     of the topics whose partitions members own or are to own, by name: another topic of such a name has other
 *                     partitions
 * @param members      by name
 * @param emptySinceMs since when no member takes part, in ms since the epoch
 */
public record Membership(int epoch, String assignor, long inputs, SortedMap<String, UUID> topicIds,
                         SortedMap<String, GroupMember> members, long emptySinceMs) {
    public Membership {
        topicIds = Collections.unmodifiableSortedMap(new TreeMap<>(topicIds));
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    }

    /** A member that still owns a partition which it is not to have any more. */
    public record Revocation(GroupMember member, TopicIdPartition partition) {
    }

    public static Membership empty(long nowMs) {
        return new Membership(0, "", 0, new TreeMap<>(), new TreeMap<>(), nowMs);
    }

    /** Whether no member takes part. */
    public boolean isEmpty() {
        return members.values().stream().noneMatch(GroupMember::takesPart);
    }

    /** The member of that name, or null. */
    public GroupMember member(String name) {
        return members.get(name);
    }

    /** The partition of that name that members own or are to own. */
    public TopicIdPartition assigned(TopicPartition partition) {
        return new TopicIdPartition(topicIds.get(partition.topic()), partition);
    }

    public SortedSet<TopicIdPartition> assigned(Collection<TopicPartition> partitions) {
        TreeSet<TopicIdPartition> all = new TreeSet<>();
        partitions.forEach(each -> all.add(assigned(each)));
        return all;
    }

    public boolean owns(GroupMember member, TopicIdPartition partition) {
        return member.owns(partition.partition()) && partition.topicId().equals(topicIds.get(partition.topic()));
    }

    /** Whether the member of that name, if there is one, owns a partition. */
    public boolean owns(String member, TopicIdPartition partition) {
        GroupMember present = members.get(member);
        return present != null && owns(present, partition);
    }

    /** What is on its way from its owner to the next one, or to nobody. */
    public List<Revocation> revoked() {
        List<Revocation> revoked = new ArrayList<>();
        for (GroupMember member : members.values()) {
            member.owned().keySet().stream().filter(each -> !member.target().contains(each))
                    .forEach(each -> revoked.add(new Revocation(member, assigned(each))));
        }
        return revoked;
    }

    public Membership withMember(GroupMember member) {
        TreeMap<String, GroupMember> changed = new TreeMap<>(members);
        changed.put(member.name(), member);
        return withMembers(changed);
    }

    public Membership withoutMember(String name) {
        TreeMap<String, GroupMember> changed = new TreeMap<>(members);
        changed.remove(name);
        return withMembers(changed);
    }

    public Membership withMembers(SortedMap<String, GroupMember> changed) {
        return new Membership(epoch, assignor, inputs, topicIds, changed, emptySinceMs);
    }

    Membership withTopicIds(SortedMap<String, UUID> changed) {
        return new Membership(epoch, assignor, inputs, changed, members, emptySinceMs);
    }

    Membership inEpoch(int now) {
        return new Membership(now, assignor, inputs, topicIds, members, emptySinceMs);
    }

    Membership withAssignment(int newEpoch, String by, long of) {
        return new Membership(newEpoch, by, of, topicIds, members, emptySinceMs);
    }

    public Membership emptySince(long nowMs) {
        return new Membership(epoch, assignor, inputs, topicIds, members, nowMs);
    }
}
