package io.millrace.replica.core;

/**
 * What a leader knows of one follower, from its fetches in the leader's epoch.
 *
 * @param session              of the follower's server; null: it has not fetched yet
 * @param endOffset            its log agrees with the leader's up to here, durably; -1 until it has fetched
 * @param caughtUpAt           when it last had everything that the leader had at some moment, in ns
 * @param lastFetchAt          in ns
 * @param leaderEndAtLastFetch the end of what was durable at the leader then
 * @param toldHighWatermark    which it was told last, or -1
 * @param toldStartOffset      the leader's log start which it was told last, or -1
 */
record FollowerProgress(String session, long endOffset, long caughtUpAt, long lastFetchAt, long leaderEndAtLastFetch,
                        long toldHighWatermark, long toldStartOffset) {
    private static final long UNKNOWN = -1;

    /** One that has not fetched: from {@code now} on it has the time to catch up. */
    static FollowerProgress unknown(String session, long now) {
        return new FollowerProgress(session, UNKNOWN, now, now, Long.MAX_VALUE, UNKNOWN, UNKNOWN);
    }

    /**
     * One that has what the leader had when it last asked was caught up then, however much came since, as in Kafka. What it
     * has written counts for that: while it forces it asks for more, and is not behind.
     */
    FollowerProgress fetched(long written, long durable, long leaderEnd, long now) {
        long caughtUp = written >= leaderEnd ? now : written >= leaderEndAtLastFetch ? lastFetchAt : caughtUpAt;
        return new FollowerProgress(session, Math.min(durable, written), caughtUp, now, leaderEnd, toldHighWatermark,
                toldStartOffset);
    }

    /** One that may not have heard what it was told. */
    FollowerProgress untold() {
        return new FollowerProgress(session, endOffset, caughtUpAt, lastFetchAt, leaderEndAtLastFetch, UNKNOWN, UNKNOWN);
    }

    boolean knows(long highWatermark, long startOffset) {
        return highWatermark == toldHighWatermark && startOffset == toldStartOffset;
    }

    FollowerProgress told(long highWatermark, long startOffset) {
        return new FollowerProgress(session, endOffset, caughtUpAt, lastFetchAt, leaderEndAtLastFetch, highWatermark,
                startOffset);
    }
}
