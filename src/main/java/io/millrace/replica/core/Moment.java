package io.millrace.replica.core;

/**
 * What holds around a replica when something happens to it.
 *
 * @param nanos             for measuring, in ns
 * @param log               its log
 * @param minInSyncReplicas how many replicas must be in sync for the high watermark to move
 * @param alone             whether there are no other brokers, so that nobody can take a leadership over
 */
public record Moment(long nanos, LogSpan log, int minInSyncReplicas, boolean alone) {
}
