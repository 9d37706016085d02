/**
 * What the brokers agree on, and how they speak of it: topics and their partitions, errors, calls of the agreement, the lease.
 *
 * <p>The rooms stand on each other: a topic's {@code config}; its {@code registers}; the {@code brokers} that are up; {@code
 * topics}, a cache of the registers that brings the replicas on this broker into line with them; and the {@code controller}
 * with its elections and moves. Begin with {@link io.millrace.metadata.topics.Topics}, through which topics are changed.
 */
package io.millrace.metadata;
