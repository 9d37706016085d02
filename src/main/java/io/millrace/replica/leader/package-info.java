/**
 * What a leader does for its followers: answers their fetches, and writes the ISR when it changes.
 *
 * <p>Begin with {@code ReplicaFetches}.
 */
package io.millrace.replica.leader;
