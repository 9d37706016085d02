package io.millrace.group;

import io.millrace.broker.TopicPartition;
import java.util.Collections;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A group as its register {@code group/<id>} holds it: all that its coordinator must not forget.
 *
 * @param claim        the coordinator that may change it
 * @param epoch        grows with every new assignment
 * @param assignor     that made the assignment
 * @param inputs       fingerprint of the members, subscriptions and topics that the assignment was made of
 * @param members      by name
 * @param offsets      committed, by topic
 * @param emptySinceMs since when no member takes part, in ms since the epoch
 */
record GroupState(Claim claim, int epoch, String assignor, long inputs, SortedMap<String, GroupMember> members,
                  SortedMap<String, TopicOffsets> offsets, long emptySinceMs) {
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
     * @param byPartition by partition number
     */
    record TopicOffsets(UUID topicId, SortedMap<Integer, CommittedOffset> byPartition) {
        TopicOffsets {
            byPartition = Collections.unmodifiableSortedMap(new TreeMap<>(byPartition));
        }
    }

    GroupState {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
    }

    static GroupState empty(Claim claim, long nowMs) {
        return new GroupState(claim, 0, "", 0, new TreeMap<>(), new TreeMap<>(), nowMs);
    }

    /** Whether no member takes part: then, and only then, its offsets may be set from outside. */
    boolean isEmpty() {
        return members.values().stream().noneMatch(GroupMember::takesPart);
    }

    GroupMember member(String name) {
        return members.get(name);
    }

    /** @param topicId of the topic that there is now, or null when it is not known */
    OptionalLong committed(TopicPartition partition, UUID topicId) {
        TopicOffsets topic = offsets.get(partition.topic());
        if (topic == null || topicId != null && !topic.topicId().equals(topicId)) {
            return OptionalLong.empty();
        }
        CommittedOffset offset = topic.byPartition().get(partition.partition());
        return offset == null ? OptionalLong.empty() : OptionalLong.of(offset.offset());
    }

    GroupState withClaim(Claim now) {
        return new GroupState(now, epoch, assignor, inputs, members, offsets, emptySinceMs);
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
        return new GroupState(claim, epoch, assignor, inputs, changed, offsets, emptySinceMs);
    }

    GroupState withOffsets(SortedMap<String, TopicOffsets> changed) {
        return new GroupState(claim, epoch, assignor, inputs, members, changed, emptySinceMs);
    }

    GroupState withAssignment(int newEpoch, String by, long of) {
        return new GroupState(claim, newEpoch, by, of, members, offsets, emptySinceMs);
    }

    GroupState emptySince(long nowMs) {
        return new GroupState(claim, epoch, assignor, inputs, members, offsets, nowMs);
    }
}
