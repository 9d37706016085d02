package io.millrace.group;

import io.millrace.coordinator.StateMachine;
import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.SeenOffset;
import io.millrace.group.offsets.TopicOffsets;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The groups of one partition of the offsets topic, as its records say. It decides nothing: a {@link Group} does, and is
 * the only one that writes the group's records while the partition is led here. Touched by the partition's task only.
 */
final class GroupMachine implements StateMachine<GroupKey, GroupValue> {
    private final Map<String, Stored> groups = new HashMap<>();
    private Consumer<GroupKey.Offset> decided = any -> { };

    /** One group. */
    private static final class Stored {
        private GroupValue.Metadata metadata;
        private final Map<String, GroupValue.Member> members = new HashMap<>();
        private final Map<String, Map<Integer, GroupValue.Offset>> offsets = new HashMap<>();
        /** What open transactions may yet commit, in the order of the log; none of these lists is empty. */
        private final Map<TopicPartition, List<GroupValue>> pending = new HashMap<>();

        private boolean isEmpty() {
            return metadata == null && members.isEmpty() && offsets.isEmpty() && pending.isEmpty();
        }
    }

    @Override
    public GroupValue replay(GroupKey key, GroupValue value) {
        if (key instanceof GroupKey.Offset offset) {
            return replay(offset, (GroupValue.Offset) value);
        } else if (key instanceof GroupKey.Member member) {
            return replay(member, (GroupValue.Member) value);
        } else if (key instanceof GroupKey.Metadata metadata) {
            return replay(metadata, (GroupValue.Metadata) value);
        }
        return null; // of a later version, which knows what to do about it
    }

    private GroupValue replay(GroupKey.Offset key, GroupValue.Offset value) {
        Stored group = group(key.group());
        Map<Integer, GroupValue.Offset> topic = group.offsets.computeIfAbsent(key.topic(), added -> new HashMap<>());
        GroupValue before = value == null ? topic.remove(key.partition()) : topic.put(key.partition(), value);
        if (topic.isEmpty()) {
            group.offsets.remove(key.topic());
        }
        forgetIfEmpty(key.group(), group);
        return before;
    }

    private GroupValue replay(GroupKey.Member key, GroupValue.Member value) {
        Stored group = group(key.group());
        GroupValue before = value == null ? group.members.remove(key.name()) : group.members.put(key.name(), value);
        forgetIfEmpty(key.group(), group);
        return before;
    }

    private GroupValue replay(GroupKey.Metadata key, GroupValue.Metadata value) {
        Stored group = group(key.group());
        GroupValue before = group.metadata;
        group.metadata = value;
        forgetIfEmpty(key.group(), group);
        return before;
    }

    @Override
    public void pending(GroupKey key, List<GroupValue> values) {
        if (!(key instanceof GroupKey.Offset offset)) {
            return; // only offsets are written in transactions
        }
        Stored group = group(offset.group());
        TopicPartition partition = new TopicPartition(offset.topic(), offset.partition());
        List<GroupValue> before = values.isEmpty() ? group.pending.remove(partition) : group.pending.put(partition, values);
        forgetIfEmpty(offset.group(), group);
        if (before != null && values.size() <= before.size()) {
            decided.accept(offset);
        }
    }

    /** @param told of each offset for which some transactions need not be waited for any more; must return at once */
    void listen(Consumer<GroupKey.Offset> told) {
        decided = told;
    }

    private Stored group(String id) {
        return groups.computeIfAbsent(id, added -> new Stored());
    }

    private void forgetIfEmpty(String id, Stored group) {
        if (group.isEmpty()) {
            groups.remove(id);
        }
    }

    /** Those of which there is anything; the copy is the caller's. */
    Set<String> groups() {
        return new TreeSet<>(groups.keySet());
    }

    /** @param nowMs since when one is empty of which there is nothing */
    GroupState state(String id, long nowMs) {
        Stored group = groups.get(id);
        if (group == null) {
            return GroupState.empty(nowMs);
        }
        TreeMap<String, Kept> kept = new TreeMap<>();
        group.members.forEach((name, value) -> kept.put(name, value.kept()));
        return new GroupState(membership(id, nowMs), offsets(group), new KeptPositions(kept), pending(group));
    }

    /** As above. */
    Membership membership(String id, long nowMs) {
        Stored group = groups.get(id);
        if (group == null) {
            return Membership.empty(nowMs);
        }
        TreeMap<String, GroupMember> members = new TreeMap<>();
        group.members.forEach((name, value) -> members.put(name, value.member()));
        GroupValue.Metadata of = group.metadata;
        return of == null ? Membership.empty(nowMs).withMembers(members)
                : new Membership(of.epoch(), of.assignor(), of.inputs(), of.topicIds(), members, of.emptySinceMs());
    }

    private static GroupOffsets offsets(Stored group) {
        TreeMap<String, TopicOffsets> byTopic = new TreeMap<>();
        if (group.metadata != null) {
            group.metadata.anew().forEach((topic, id) -> byTopic.put(topic, new TopicOffsets(id, true, new TreeMap<>())));
        }
        group.offsets.forEach((topic, byPartition) -> {
            UUID id = newestTopic(byPartition.values());
            TreeMap<Integer, CommittedOffset> committed = new TreeMap<>();
            byPartition.forEach((partition, value) -> {
                if (value.topicId().equals(id)) {
                    committed.put(partition, value.committed());
                }
            });
            byTopic.put(topic, new TopicOffsets(id, byTopic.containsKey(topic), committed));
        });
        return new GroupOffsets(byTopic);
    }

    /** A group commits in no two topics of a name; only a transaction that was open for as long may have been in the earlier one. */
    private static UUID newestTopic(Collection<GroupValue.Offset> offsets) {
        return offsets.stream().max(Comparator.comparingLong(each -> each.committed().committedAtMs())).orElseThrow().topicId();
    }

    private static TreeSet<TopicIdPartition> pending(Stored group) {
        TreeSet<TopicIdPartition> pending = new TreeSet<>();
        group.pending.forEach((partition, values) -> pending.add(new TopicIdPartition(pendingIn(values), partition)));
        return pending;
    }

    private static UUID pendingIn(List<GroupValue> values) {
        return values.get(values.size() - 1) instanceof GroupValue.Offset offset ? offset.topicId() : GroupValue.Offset.NO_TOPIC_ID;
    }

    /** What is said of some partitions of a group. */
    List<SeenOffset> seen(String id, Collection<TopicPartition> partitions) {
        Stored group = groups.getOrDefault(id, new Stored());
        return partitions.stream().map(partition -> {
            GroupValue.Offset value = group.offsets.getOrDefault(partition.topic(), Map.of()).get(partition.partition());
            List<GroupValue> pending = group.pending.get(partition);
            return new SeenOffset(partition, value == null ? null : value.topicId(), value == null ? null : value.committed(),
                    pending == null ? null : pendingIn(pending));
        }).toList();
    }
}
