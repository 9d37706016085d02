package io.millrace.replica.core;

import java.util.Map;

/**
 * What decides who counts as in sync.
 *
 * @param maxLagNanos how long a replica may be without everything that the leader has, in ns
 * @param sessions    of the brokers that are ready, by their ids: what a follower had in another session does not let it in
 * @param leaving     whether this broker is about to stop: that followers do not reach it says nothing about them
 */
public record IsrRules(long maxLagNanos, Map<Integer, String> sessions, boolean leaving) {
}
