package io.millrace.group.delivery;

import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.metadata.TopicIdPartition;
import java.util.SortedSet;

/**
 * What is written of a group, as its deliveries see it.
 *
 * @param pending where transactions that are open may yet commit other offsets
 * @param resets another number than before: the group was set somewhere else
 */
public record Standing(Membership membership, GroupOffsets offsets, KeptPositions kept,
                       SortedSet<TopicIdPartition> pending, int resets) {
    /** The member of that name, or null. */
    GroupMember member(String name) {
        return membership.member(name);
    }
}
