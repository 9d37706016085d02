package io.millrace.group.delivery;

import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where members go on although nothing is committed there, because they sought or their coordinator was moved: what of
 * deliveries outlives a coordinator. A value.
 *
 * @param byMember by the member's name; members without any are not in it
 */
public record KeptPositions(SortedMap<String, Kept> byMember) {
    public static final KeptPositions NONE = new KeptPositions(new TreeMap<>());

    /**
     * Of one member, in partitions that it owns.
     *
     * @param lastPoll number of the last poll that gave it records, when a coordinator handed the group over, or
     *                 {@link Session#NO_POLL}
     */
    public record Kept(SortedMap<TopicIdPartition, Position> positions, long lastPoll) {
        static final Kept NOTHING = new Kept(new TreeMap<>(), Session.NO_POLL);

        public Kept {
            positions = Collections.unmodifiableSortedMap(new TreeMap<>(positions));
        }

        public Kept with(SortedMap<TopicIdPartition, Position> now) {
            return new Kept(now, lastPoll);
        }
    }

    public KeptPositions {
        TreeMap<String, Kept> any = new TreeMap<>(byMember);
        any.values().removeIf(Kept.NOTHING::equals);
        byMember = Collections.unmodifiableSortedMap(any);
    }

    public Kept of(String member) {
        return byMember.getOrDefault(member, Kept.NOTHING);
    }

    public KeptPositions with(String member, Kept kept) {
        if (kept.equals(of(member))) {
            return this;
        }
        TreeMap<String, Kept> changed = new TreeMap<>(byMember);
        changed.put(member, kept);
        return new KeptPositions(changed);
    }

    public KeptPositions without(String member) {
        return with(member, Kept.NOTHING);
    }

    /** As far as there are such members, and they own those partitions. */
    public KeptPositions within(Membership membership) {
        KeptPositions next = this;
        for (Map.Entry<String, Kept> each : byMember.entrySet()) {
            GroupMember member = membership.member(each.getKey());
            if (member == null) {
                next = next.without(each.getKey());
            } else {
                TreeMap<TopicIdPartition, Position> owned = new TreeMap<>(each.getValue().positions());
                owned.keySet().removeIf(partition -> !membership.owns(member, partition));
                next = next.with(each.getKey(), each.getValue().with(owned));
            }
        }
        return next;
    }
}
