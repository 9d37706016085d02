/**
 * Consumer groups: which members share a group's partitions, and how far the group has read.
 *
 * <p>Begin with {@link io.millrace.group.Groups}, the door; {@code CoordinatedGroups} says which groups are here. A
 * {@code Group} is one group at its coordinator, and puts three things together, each of which is understood alone:
 * {@code membership} (who is in it and owns what), {@code offsets} (how far it has come) and {@code delivery} (sessions, polls and
 * positions, in memory). {@code GroupState} is what of them must not be forgotten, and {@code GroupWriter} the one writer of its
 * {@code records} in the log; what it writes in transactions is {@code pending} until the runtime tells that they have ended.
 * {@code GroupChanges} are the changes that concern more than one of the three.
 */
package io.millrace.group;
