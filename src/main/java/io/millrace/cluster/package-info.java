/**
 * Agreement: small versioned registers in Hazelcast's CP subsystem, and the journals on disk that outlive it.
 *
 * <p>CP agrees but forgets; the journals of a majority of the brokers are the truth. Whenever CP had to begin anew, a
 * {@link io.millrace.cluster.Restore} fills it from them as the next {@link io.millrace.cluster.Incarnation}, and the
 * promises that {@link io.millrace.cluster.JournalGuard} keeps stop whoever still acts for an earlier one. A
 * {@link io.millrace.cluster.Steward} sees to all of that by itself.
 *
 * <p>Begin with {@link io.millrace.cluster.RegisterStore}. The only package that imports Hazelcast.
 */
package io.millrace.cluster;
