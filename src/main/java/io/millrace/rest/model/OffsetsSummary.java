package io.millrace.rest.model;

/** The first offset that can be fetched, and the one after the last. */
public record OffsetsSummary(long beginningOffset, long endOffset) {
}
