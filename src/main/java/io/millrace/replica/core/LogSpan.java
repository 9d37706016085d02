package io.millrace.replica.core;

/**
 * What a replica's log holds at one moment, as durable as the flush policy says.
 *
 * @param startOffset the first offset that can be read
 * @param endOffset   the offset after the last record
 * @param lastEpoch   leader epoch of the last record, or -1
 */
public record LogSpan(long startOffset, long endOffset, int lastEpoch) {
}
