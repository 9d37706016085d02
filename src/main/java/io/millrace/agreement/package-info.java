/**
 * Agreement: small versioned registers in Hazelcast's CP subsystem, and the journals on disk that outlive it. This package
 * holds the vocabulary: members, majorities, how the agreement stands. The only room that imports Hazelcast.
 *
 * <p>CP agrees but forgets; the journals of a majority of the brokers are the truth. Whenever CP had to begin anew, a
 * {@code Restore} fills it from them as the next {@code Incarnation}, and the promises that a {@code JournalGuard} keeps
 * stop whoever still acts for an earlier one. A {@code Steward} sees to all of that by itself.
 *
 * <p>Begin with {@code registers.RegisterStore}, which is what the rest of the house sees, and {@code
 * steward.ClusterNode}, which puts it together.
 */
package io.millrace.agreement;
