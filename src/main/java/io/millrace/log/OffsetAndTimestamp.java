package io.millrace.log;

/** A record's offset and timestamp (ms since the epoch). */
public record OffsetAndTimestamp(long offset, long timestamp) {
}
