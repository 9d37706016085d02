/**
 * Consumer groups: which members share a group's partitions, and how far the group has read.
 *
 * <p>Begin with {@link io.millrace.group.Groups}, the door; {@code CoordinatedGroups} says which groups are here. A
 * {@code Group} is one group at its coordinator; {@code GroupWriter} is the one writer of its register, whose content is a
 * {@code GroupState}. Every change of that is a function in {@code GroupChanges}; who is to have which partition is made up by an {@link io.millrace.group.Assignor} and brought about in steps
 * by {@code Rebalance}. A {@code PollTask} is one poll.
 */
package io.millrace.group;
