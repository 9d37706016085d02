/**
 * The state of a replica: what a leader knows of its followers, how far records are replicated, what is asked and answered
 * between a follower and its leader.
 *
 * <p>Begin with {@code Leadership}.
 */
package io.millrace.replica.core;
