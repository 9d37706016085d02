package io.millrace.log;

import io.millrace.record.TimestampType;

/**
 * What one partition's log is told; replaced as a whole when the topic's configuration changes.
 *
 * @param segmentBytes       a segment rolls before it would grow past this, in bytes: 1 to 2^31 - 1. An append that is
 *                           larger by itself gets a segment of its own
 * @param segmentMillis      a segment rolls when its first record is older than this, in ms: 1 and above
 * @param retentionMillis    segments whose newest record is older are deleted, in ms; -1: never
 * @param retentionBytes     the oldest segments are deleted while the log is larger, in bytes; -1: never
 * @param indexIntervalBytes log bytes between two index entries: 0 and above
 * @param timestampType      with LOG_APPEND_TIME the append sets the timestamps of every batch
 * @param flush              when bytes are forced
 * @param cleanup            whether retention holds, and whether the log is compacted
 */
public record LogConfig(long segmentBytes, long segmentMillis, long retentionMillis, long retentionBytes,
                        int indexIntervalBytes, TimestampType timestampType, FlushPolicy flush, Cleanup cleanup) {
    /** Old segments are deleted. */
    public LogConfig(long segmentBytes, long segmentMillis, long retentionMillis, long retentionBytes,
                     int indexIntervalBytes, TimestampType timestampType, FlushPolicy flush) {
        this(segmentBytes, segmentMillis, retentionMillis, retentionBytes, indexIntervalBytes, timestampType, flush,
            Cleanup.DELETE);
    }

    /** @throws IllegalArgumentException when a value is out of its range */
    public LogConfig {
        check("segment bytes", segmentBytes, 1, Integer.MAX_VALUE);
        check("segment milliseconds", segmentMillis, 1, Long.MAX_VALUE);
        check("retention milliseconds", retentionMillis, -1, Long.MAX_VALUE);
        check("retention bytes", retentionBytes, -1, Long.MAX_VALUE);
        check("index interval bytes", indexIntervalBytes, 0, Integer.MAX_VALUE);
    }

    /** When a segment rolls by time, in ms: one that is to be compacted soon cannot be the active one for long. */
    public long rollMillis() {
        return cleanup.compaction().map(compaction -> Math.min(compaction.maxLagMillis(), segmentMillis))
            .orElse(segmentMillis);
    }

    static void check(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + ": found " + value + ", allowed " + min + " to " + max);
        }
    }
}
