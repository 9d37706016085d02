package io.millrace.group.delivery;

import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.GroupOffsets;

/** What is written of a group, as its deliveries see it. */
public record Standing(Membership membership, GroupOffsets offsets, KeptPositions kept) {
    /** The member of that name, or null. */
    GroupMember member(String name) {
        return membership.member(name);
    }
}
