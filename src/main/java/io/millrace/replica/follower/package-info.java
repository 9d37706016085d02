/**
 * What a follower does: it fetches from its leader what it lacks.
 *
 * <p>Begin with {@code FollowerFetcher}: one for each leader, for all partitions that it leads.
 */
package io.millrace.replica.follower;
