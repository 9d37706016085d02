package io.millrace.group.delivery;

import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.GroupOffsets;

/**
 * What is written of a group, as its deliveries see it.
 *
 * @param resets another number than before: the group was set somewhere else
 */
public record Standing(Membership membership, GroupOffsets offsets, KeptPositions kept, int resets) {
    /** The member of that name, or null. */
    GroupMember member(String name) {
        return membership.member(name);
    }
}
