package io.millrace.replica.hosting;

/** The first offset of a partition that can be fetched, and the one after the last. */
public record PartitionOffsets(long beginningOffset, long endOffset) {
}
