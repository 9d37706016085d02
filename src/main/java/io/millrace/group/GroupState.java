package io.millrace.group;

import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.SeenOffset;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A group as the records of its coordinator's log say: all that must not be forgotten of it. A value.
 *
 * @param membership who is in it, and owns what
 * @param offsets    how far it has come
 * @param kept       where its members go on besides
 * @param pending    where transactions that are open may yet commit other offsets; at least those, until it is seen what became
 *                   of them. One that goes without that is overridden by what is written
 * @param resets     of this coordinator's, and in no record: each time it is another number, what is remembered of members that
 *                   are not there is not so any more
 */
record GroupState(Membership membership, GroupOffsets offsets, KeptPositions kept, SortedSet<TopicIdPartition> pending, int resets) {
    private static final SortedSet<TopicIdPartition> NONE_PENDING = Collections.unmodifiableSortedSet(new TreeSet<>());

    /** As it is in the records. */
    GroupState(Membership membership, GroupOffsets offsets, KeptPositions kept, SortedSet<TopicIdPartition> pending) {
        this(membership, offsets, kept, Collections.unmodifiableSortedSet(pending), 0);
    }

    /** Without transactions. */
    GroupState(Membership membership, GroupOffsets offsets, KeptPositions kept) {
        this(membership, offsets, kept, NONE_PENDING, 0);
    }

    static GroupState empty(long nowMs) {
        return new GroupState(Membership.empty(nowMs), GroupOffsets.NONE, KeptPositions.NONE);
    }

    /** Nothing is worth keeping. */
    boolean isVacant() {
        return membership.members().isEmpty() && offsets.isEmpty() && pending.isEmpty();
    }

    /** The member of that name, or null. */
    GroupMember member(String name) {
        return membership.member(name);
    }

    /** What was kept for members that lost their partitions goes. */
    GroupState withMembership(Membership now) {
        return now == membership ? this : new GroupState(now, offsets, kept.within(now), pending, resets);
    }

    /** What is pending where another offset is committed now, or in an earlier topic than that of these, is overridden. */
    GroupState withOffsets(GroupOffsets now) {
        return new GroupState(membership, now, kept, pending, resets).overriding(offsets);
    }

    private GroupState overriding(GroupOffsets before) {
        if (pending.isEmpty() || offsets == before) {
            return this;
        }
        return withPending(pending.stream().filter(each -> Objects.equals(offsets.of(each), before.of(each))
            && !offsets.isOfAnother(each)).toList());
    }

    private GroupState withPending(Collection<TopicIdPartition> now) {
        return new GroupState(membership, offsets, kept, Collections.unmodifiableSortedSet(new TreeSet<>(now)), resets);
    }

    /** With these pending, too. */
    GroupState pendingAlso(Collection<TopicIdPartition> more) {
        TreeSet<TopicIdPartition> all = new TreeSet<>(pending);
        all.addAll(more);
        return withPending(all);
    }

    /** Without those that are pending in topics that were deleted since, or a part of them, which are overridden by that. */
    GroupState withoutDeletedPending(Map<String, TopicInfo> existing, int most) {
        List<TopicIdPartition> gone = pending.stream().filter(each -> !Ownership.isCurrent(each, existing)).limit(most).toList();
        if (gone.isEmpty()) {
            return this;
        }
        TreeSet<TopicIdPartition> left = new TreeSet<>(pending);
        gone.forEach(left::remove);
        return withPending(left);
    }

    /** Whether anything is pending in a topic that was deleted. */
    boolean isPendingInDeleted(Map<String, TopicInfo> existing) {
        return pending.stream().anyMatch(each -> !Ownership.isCurrent(each, existing));
    }

    /** As it was seen in the records in some partitions. */
    GroupState seen(Collection<SeenOffset> seen) {
        TreeSet<TopicIdPartition> left = new TreeSet<>(pending);
        for (SeenOffset each : seen) {
            left.removeIf(one -> one.partition().equals(each.partition()));
            if (each.pendingIn() != null) {
                left.add(new TopicIdPartition(each.pendingIn(), each.partition()));
            }
        }
        return new GroupState(membership, offsets.seen(seen), kept, pending, resets).withPending(left);
    }

    GroupState withKept(KeptPositions now) {
        return new GroupState(membership, offsets, now, pending, resets);
    }

    /** Not what another state was, as far as is remembered of it. */
    GroupState resetAfter(GroupState before) {
        return new GroupState(membership, offsets, kept, pending, before.resets + 1);
    }
}
