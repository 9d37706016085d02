package io.millrace.log;

/**
 * How far a leader epoch reaches in a log.
 *
 * @param epoch     or {@link #NO_EPOCH}
 * @param endOffset the offset after its last record
 */
public record LeaderEpochEnd(int epoch, long endOffset) {
    public static final int NO_EPOCH = -1;
}
