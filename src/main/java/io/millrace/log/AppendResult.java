package io.millrace.log;

/**
 * @param baseOffset    offset of the first record of this append
 * @param lastOffset    offset of its last record
 * @param logAppendTime ms since the epoch when the log set the timestamps, else -1
 * @param isRepetition  whether the records were there already, and nothing was written
 */
public record AppendResult(long baseOffset, long lastOffset, long logAppendTime, boolean isRepetition) {
    /** Of records that were written. */
    public AppendResult(long baseOffset, long lastOffset, long logAppendTime) {
        this(baseOffset, lastOffset, logAppendTime, false);
    }
}
