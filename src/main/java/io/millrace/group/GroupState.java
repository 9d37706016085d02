package io.millrace.group;

import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.GroupOffsets;

/**
 * A group as its register {@code group/<id>} holds it: all that its coordinator must not forget.
 *
 * @param claim      the coordinator that may change it
 * @param membership who is in it, and owns what
 * @param offsets    how far it has come
 * @param kept       where its members go on besides
 */
record GroupState(Claim claim, Membership membership, GroupOffsets offsets, KeptPositions kept) {
    /**
     * Who coordinates the group.
     *
     * @param epoch    grows with every coordinator
     * @param session  of the broker
     * @param released it let go by itself: the next one need not wait
     */
    record Claim(int epoch, int broker, String session, boolean released) {
        static final Claim NOBODY = new Claim(0, -1, "", true);

        Claim release() {
            return new Claim(epoch, broker, session, true);
        }
    }

    static GroupState empty(Claim claim, long nowMs) {
        return new GroupState(claim, Membership.empty(nowMs), GroupOffsets.NONE, KeptPositions.NONE);
    }

    /** Nothing is worth keeping. */
    boolean isVacant() {
        return membership.members().isEmpty() && offsets.isEmpty();
    }

    /** The member of that name, or null. */
    GroupMember member(String name) {
        return membership.member(name);
    }

    GroupState withClaim(Claim now) {
        return new GroupState(now, membership, offsets, kept);
    }

    /** What was kept for members that lost their partitions goes. */
    GroupState withMembership(Membership now) {
        return new GroupState(claim, now, offsets, kept.within(now));
    }

    GroupState withOffsets(GroupOffsets now) {
        return new GroupState(claim, membership, now, kept);
    }

    GroupState withKept(KeptPositions now) {
        return new GroupState(claim, membership, offsets, now);
    }
}
