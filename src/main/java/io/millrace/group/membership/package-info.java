/**
 * Who is in a group and owns which partition. Nothing here knows how far anybody has read.
 *
 * <p>Begin with {@link io.millrace.group.membership.Membership}, a value, and {@code MembershipChanges}, the functions from
 * one to the next. Who is to have which partition is made up by an {@link io.millrace.group.membership.Assignor} and brought
 * about in steps by {@code Rebalance}; {@code Ownership} says who may speak of a partition.
 */
package io.millrace.group.membership;
