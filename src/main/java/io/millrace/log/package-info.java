/**
 * One partition's log on disk: segments, indexes, recovery, retention, and the writer that all logs of a directory
 * share.
 *
 * <p>Begin with {@link io.millrace.log.LogDirectory}, which owns a folder of logs and the one thread that writes them;
 * then {@link io.millrace.log.PartitionLog}. No Jakarta, no Hazelcast, no network: a library that could be lifted out.
 */
package io.millrace.log;
