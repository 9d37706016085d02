package io.millrace.group;

import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.GroupOffsets;

/**
 * A group as the records of its coordinator's log say: all that must not be forgotten of it. A value.
 *
 * @param membership who is in it, and owns what
 * @param offsets    how far it has come
 * @param kept       where its members go on besides
 * @param resets     of this coordinator's, and in no record: each time it is another number, what is remembered of members that
 *                   are not there is not so any more
 */
record GroupState(Membership membership, GroupOffsets offsets, KeptPositions kept, int resets) {
    /** As it is in the records. */
    GroupState(Membership membership, GroupOffsets offsets, KeptPositions kept) {
        this(membership, offsets, kept, 0);
    }

    static GroupState empty(long nowMs) {
        return new GroupState(Membership.empty(nowMs), GroupOffsets.NONE, KeptPositions.NONE);
    }

    /** Nothing is worth keeping. */
    boolean isVacant() {
        return membership.members().isEmpty() && offsets.isEmpty();
    }

    /** The member of that name, or null. */
    GroupMember member(String name) {
        return membership.member(name);
    }

    /** What was kept for members that lost their partitions goes. */
    GroupState withMembership(Membership now) {
        return now == membership ? this : new GroupState(now, offsets, kept.within(now), resets);
    }

    GroupState withOffsets(GroupOffsets now) {
        return new GroupState(membership, now, kept, resets);
    }

    GroupState withKept(KeptPositions now) {
        return new GroupState(membership, offsets, now, resets);
    }

    /** Not what another state was, as far as is remembered of it. */
    GroupState resetAfter(GroupState before) {
        return new GroupState(membership, offsets, kept, before.resets + 1);
    }
}
