package io.millrace.replica.hosting;

/**
 * How far a partition's records are committed.
 *
 * @param highWatermark the offset after the last committed record
 * @param bytes         of batches committed since the partition was opened: how much more has come, without reading it
 */
public record Watermark(long highWatermark, long bytes) {
}
