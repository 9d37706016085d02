/**
 * Agreement: small versioned registers in Hazelcast's CP subsystem, and the journal on disk that outlives it.
 *
 * <p>Begin with {@link io.millrace.cluster.RegisterStore}. The only package that imports Hazelcast.
 */
package io.millrace.cluster;
