/**
 * Partitions on this broker with their logs, and who waits for them.
 *
 * <p>Begin with {@code Partition}, a replica, whose lock and state {@code ReplicaShell} has, and {@code HostedPartitions}, all of
 * them; {@code HostedTopics} lets them come and go with their topics.
 */
package io.millrace.replica.hosting;
