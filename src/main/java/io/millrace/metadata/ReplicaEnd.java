package io.millrace.metadata;

/**
 * How far a replica's log reaches, of one that can be used.
 *
 * @param partition     its number
 * @param lastEpoch     leader epoch of its last record, or -1
 * @param endOffset     the offset after the last record
 * @param highWatermark up to where it knows that records were committed; may lie beyond its end, 0: it knows of none
 */
public record ReplicaEnd(int partition, int lastEpoch, long endOffset, long highWatermark) {
}
