/**
 * The replicas on this broker: how their logs are found at the start, how they keep their roles, how the broker leaves.
 *
 * <p>Begin with {@code Replication}; the state of a replica is in {@code replica.core}, a partition and its log in {@code
 * replica.hosting}, what a leader does in {@code replica.leader} and what a follower does in {@code replica.follower}.
 */
package io.millrace.replica;
