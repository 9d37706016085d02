package io.millrace.replica.hosting;

/** A hosted partition as metrics and operators see it; sizes in bytes. */
public record PartitionStatus(String topic, int partition, boolean leader, long logStartOffset, long logEndOffset,
                              long highWatermark, long lastStableOffset, long sizeInBytes, int segments) {
}
