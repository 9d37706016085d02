/**
 * What a coordinator keeps in memory of its groups' members: sessions, polls, how far each has read, and which answers arrived.
 * It may be lost: then records are given again.
 *
 * <p>Begin with {@code Polls}, the door, and {@code PollTask}, one poll. A {@code Session} is one member's; {@code Sessions} are
 * those of a group, {@code Arrivals} finds out which answers arrived. One {@code GroupLock} a group guards all of it; what is to
 * be done about a change is put aside while it is held, and done afterwards. {@code KeptPositions} is what of this survives a
 * move of the coordinator.
 */
package io.millrace.group.delivery;
