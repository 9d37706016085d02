package io.millrace.log;

/**
 * @param baseOffset    offset of the first record of this append
 * @param lastOffset    offset of its last record
 * @param logAppendTime ms since the epoch when the log set the timestamps, else -1
 */
public record AppendResult(long baseOffset, long lastOffset, long logAppendTime) {
}
