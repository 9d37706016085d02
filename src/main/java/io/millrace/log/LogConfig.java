package io.millrace.log;

import io.millrace.log.record.TimestampType;

/**
 * What one partition's log is told; replaced as a whole when the topic's configuration changes.
 *
 * @param segmentBytes       a segment rolls before it would grow past this, in bytes
 * @param segmentMillis      a segment rolls when its first record is older than this, in ms
 * @param retentionMillis    segments whose newest record is older are deleted, in ms; -1: never
 * @param retentionBytes     the oldest segments are deleted while the log is larger, in bytes; -1: never
 * @param indexIntervalBytes log bytes between two index entries
 * @param timestampType      with LOG_APPEND_TIME the append sets the timestamps of every batch
 * @param flush              when bytes are forced
 */
public record LogConfig(long segmentBytes, long segmentMillis, long retentionMillis, long retentionBytes,
                        int indexIntervalBytes, TimestampType timestampType, FlushPolicy flush) {
}
