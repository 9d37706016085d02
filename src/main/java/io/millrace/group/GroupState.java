package io.millrace.group;

import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.Collections;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A group as its register {@code group/<id>} holds it: all that its coordinator must not forget.
 *
 * @param claim        the coordinator that may change it
 * @param epoch        grows with every new assignment
 * @param assignor     that made the assignment
 * @param inputs       fingerprint of the members, subscriptions and topics that the assignment was made of
 * @param topicIds     of the topics whose partitions members own or are to own, by name: another topic of such a name has other
 *                     partitions
 * @param members      by name
 * @param offsets      committed, by topic
 * @param emptySinceMs since when no member takes part, in ms since the epoch
 */
record GroupState(Claim claim, int epoch, String assignor, long inputs, SortedMap<String, UUID> topicIds,
                  SortedMap<String, GroupMember> members, SortedMap<String, TopicOffsets> offsets, long emptySinceMs) {
    /**
     * Who coordinates the group.
     *
     * @param epoch    grows with every coordinator
     * @param session  of the broker
     * @param released it let go by itself: the next one need not wait
     */
    record Claim(int epoch, int broker, String session, boolean released) {
        static final Claim NOBODY = new Claim(0, -1, "", true);
    }

    /**
     * The committed offsets in one topic.
     *
     * @param topicId     of the topic that they were committed in: they mean nothing in another one of its name
     * @param anew        whether the group had committed in an earlier topic of this name
     * @param byPartition by partition number
     */
    record TopicOffsets(UUID topicId, boolean anew, SortedMap<Integer, CommittedOffset> byPartition) {
        TopicOffsets {
            byPartition = Collections.unmodifiableSortedMap(new TreeMap<>(byPartition));
        }
    }

    GroupState {
        topicIds = Collections.unmodifiableSortedMap(new TreeMap<>(topicIds));
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
    }

    static GroupState empty(Claim claim, long nowMs) {
        return new GroupState(claim, 0, "", 0, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), nowMs);
    }

    /** Whether no member takes part: then, and only then, its offsets may be set from outside. */
    boolean isEmpty() {
        return members.values().stream().noneMatch(GroupMember::takesPart);
    }

    GroupMember member(String name) {
        return members.get(name);
    }

    /** The partition of that name that members own or are to own. */
    TopicIdPartition assigned(TopicPartition partition) {
        return new TopicIdPartition(topicIds.get(partition.topic()), partition);
    }

    SortedSet<TopicIdPartition> assigned(Collection<TopicPartition> partitions) {
        TreeSet<TopicIdPartition> all = new TreeSet<>();
        partitions.forEach(each -> all.add(assigned(each)));
        return all;
    }

    boolean owns(GroupMember member, TopicIdPartition partition) {
        return member.owns(partition.partition()) && partition.topicId().equals(topicIds.get(partition.topic()));
    }

    OptionalLong committed(TopicIdPartition partition) {
        TopicOffsets topic = offsets.get(partition.topic());
        if (topic == null || !topic.topicId().equals(partition.topicId())) {
            return OptionalLong.empty();
        }
        CommittedOffset offset = topic.byPartition().get(partition.partition().partition());
        return offset == null ? OptionalLong.empty() : OptionalLong.of(offset.offset());
    }

    /** Whether the group had committed in an earlier topic of this name. */
    boolean isAnew(TopicIdPartition partition) {
        TopicOffsets topic = offsets.get(partition.topic());
        return topic != null && (topic.anew() || !topic.topicId().equals(partition.topicId()));
    }

    GroupState withClaim(Claim now) {
        return new GroupState(now, epoch, assignor, inputs, topicIds, members, offsets, emptySinceMs);
    }

    GroupState withMember(GroupMember member) {
        TreeMap<String, GroupMember> changed = new TreeMap<>(members);
        changed.put(member.name(), member);
        return withMembers(changed);
    }

    GroupState withoutMember(String name) {
        TreeMap<String, GroupMember> changed = new TreeMap<>(members);
        changed.remove(name);
        return withMembers(changed);
    }

    GroupState withMembers(SortedMap<String, GroupMember> changed) {
        return new GroupState(claim, epoch, assignor, inputs, topicIds, changed, offsets, emptySinceMs);
    }

    GroupState withTopicIds(SortedMap<String, UUID> changed) {
        return new GroupState(claim, epoch, assignor, inputs, changed, members, offsets, emptySinceMs);
    }

    GroupState withOffsets(SortedMap<String, TopicOffsets> changed) {
        return new GroupState(claim, epoch, assignor, inputs, topicIds, members, changed, emptySinceMs);
    }

    GroupState withAssignment(int newEpoch, String by, long of) {
        return new GroupState(claim, newEpoch, by, of, topicIds, members, offsets, emptySinceMs);
    }

    GroupState emptySince(long nowMs) {
        return new GroupState(claim, epoch, assignor, inputs, topicIds, members, offsets, nowMs);
    }
}
