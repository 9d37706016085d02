package io.millrace.replica.core;

/**
 * What a replica's log holds at one moment.
 *
 * @param startOffset the first offset that can be read
 * @param endOffset   the offset after the last record that is written, so that others can read it
 * @param durableEnd  the offset after the last record that is as durable as the flush policy says; at most the end
 * @param lastEpoch   leader epoch of the last record, or -1
 */
public record LogSpan(long startOffset, long endOffset, long durableEnd, int lastEpoch) {
    /** Of a log in which all that is written is durable. */
    public LogSpan(long startOffset, long endOffset, int lastEpoch) {
        this(startOffset, endOffset, endOffset, lastEpoch);
    }
}
