package io.millrace.rest.model;

/** Where raw batches went: the offsets of their first and last record. */
public record BatchOffsets(int partition, long baseOffset, long lastOffset) {
}
