package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.TopicOffsets;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/** The records that lead from one state of a group to the next: only what is another one. */
final class GroupDelta {
    private final String group;
    private final GroupState before;
    private final GroupState next;
    private final List<Change<GroupKey, GroupValue>> changes = new ArrayList<>();

    private GroupDelta(String group, GroupState before, GroupState next) {
        this.group = group;
        this.before = before;
        this.next = next;
    }

    static List<Change<GroupKey, GroupValue>> between(String group, GroupState before, GroupState next) {
        GroupDelta delta = new GroupDelta(group, before, next);
        delta.metadata();
        delta.members();
        delta.offsets();
        delta.overridden();
        return delta.changes;
    }

    private void add(GroupKey key, GroupValue value) {
        changes.add(new Change<>(key, value));
    }

    private void metadata() {
        if (next.membership() == before.membership() && next.offsets() == before.offsets()) {
            return;
        }
        GroupValue.Metadata now = metadata(next);
        if (now == null ? metadata(before) != null : !now.equals(metadata(before))) {
            add(new GroupKey.Metadata(group), now);
        }
    }

    /** Null of a group of which nothing is kept: its name goes with it. */
    private static GroupValue.Metadata metadata(GroupState state) {
        if (state.membership().members().isEmpty() && state.offsets().isEmpty()) { // what is pending has not come yet
            return null;
        }
        Membership membership = state.membership();
        TreeMap<String, UUID> anew = new TreeMap<>();
        state.offsets().byTopic().forEach((topic, offsets) -> {
            if (offsets.anew()) {
                anew.put(topic, offsets.topicId());
            }
        });
        return new GroupValue.Metadata(membership.epoch(), membership.assignor(), membership.inputs(),
                membership.emptySinceMs(), membership.topicIds(), anew);
    }

    private void members() {
        if (next.membership() == before.membership() && next.kept() == before.kept()) {
            return;
        }
        SortedMap<String, GroupMember> earlier = before.membership().members();
        next.membership().members().forEach((name, member) -> {
            Kept kept = next.kept().of(name);
            if (!member.equals(earlier.get(name)) || !kept.equals(before.kept().of(name))) {
                add(new GroupKey.Member(group, name), new GroupValue.Member(member, kept));
            }
        });
        earlier.keySet().stream().filter(name -> next.member(name) == null)
                .forEach(gone -> add(new GroupKey.Member(group, gone), null));
    }

    private void offsets() {
        GroupOffsets earlier = before.offsets();
        GroupOffsets now = next.offsets();
        if (earlier == now) {
            return;
        }
        TreeSet<String> topics = new TreeSet<>(earlier.byTopic().keySet());
        topics.addAll(now.byTopic().keySet());
        topics.forEach(topic -> offsets(topic, earlier.byTopic().get(topic), now.byTopic().get(topic)));
    }

    private void offsets(String topic, TopicOffsets earlier, TopicOffsets now) {
        if (earlier == now) {
            return;
        }
        SortedMap<Integer, CommittedOffset> had = earlier == null ? new TreeMap<>() : earlier.byPartition();
        SortedMap<Integer, CommittedOffset> has = now == null ? new TreeMap<>() : now.byPartition();
        boolean same = earlier != null && now != null && earlier.topicId().equals(now.topicId());
        for (Map.Entry<Integer, CommittedOffset> each : has.entrySet()) {
            if (!same || !each.getValue().equals(had.get(each.getKey()))) {
                add(new GroupKey.Offset(group, topic, each.getKey()), new GroupValue.Offset(now.topicId(), each.getValue()));
            }
        }
        had.keySet().stream().filter(partition -> !has.containsKey(partition))
                .forEach(gone -> add(new GroupKey.Offset(group, topic, gone), null));
    }

    /** What is pending no more is so because something stands behind it: what is committed, although that did not change. */
    private void overridden() {
        if (before.pending() == next.pending()) {
            return;
        }
        Set<GroupKey> written = changes.stream().map(Change::key).collect(Collectors.toSet());
        before.pending().stream().filter(each -> !next.pending().contains(each)).forEach(each -> {
            int partition = each.partition().partition();
            GroupKey key = new GroupKey.Offset(group, each.topic(), partition);
            TopicOffsets topic = next.offsets().byTopic().get(each.topic());
            CommittedOffset committed = topic == null ? null : topic.byPartition().get(partition);
            if (written.add(key)) {
                add(key, committed == null ? null : new GroupValue.Offset(topic.topicId(), committed));
            }
        });
    }
}
