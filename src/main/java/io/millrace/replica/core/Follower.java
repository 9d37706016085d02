package io.millrace.replica.core;

/** What a leader knows of one follower, from its fetches in the leader's epoch. Guarded by the partition. */
public final class Follower {
    private static final long UNKNOWN = -1;

    private final String session;
    private long endOffset = UNKNOWN;
    /** When it last had everything that the leader had at some moment, in ns. */
    private long caughtUpAt;
    private long lastFetchAt;
    private long leaderEndAtLastFetch = Long.MAX_VALUE;
    private long toldHighWatermark = UNKNOWN;
    private long toldStart = UNKNOWN;

    /**
     * @param session of the follower's server; null: it has not fetched yet
     * @param now     from here on it has the time to catch up, in ns
     */
    Follower(String session, long now) {
        this.session = session;
        this.caughtUpAt = now;
        this.lastFetchAt = now;
    }

    /** The follower's log agrees with the leader's up to this offset; -1 until it has fetched. */
    public long endOffset() {
        return endOffset;
    }

    String session() {
        return session;
    }

    long caughtUpAt() {
        return caughtUpAt;
    }

    /** As Kafka does: one that has what the leader had when it last asked was caught up then, however much came since. */
    public void fetched(long offset, long leaderEnd, long now) {
        if (offset >= leaderEnd) {
            caughtUpAt = now;
        } else if (offset >= leaderEndAtLastFetch) {
            caughtUpAt = lastFetchAt;
        }
        endOffset = offset;
        leaderEndAtLastFetch = leaderEnd;
        lastFetchAt = now;
    }

    /** Whether it was told something else before; from now on it was told this. */
    public boolean tell(long highWatermark, long startOffset) {
        boolean news = highWatermark != toldHighWatermark || startOffset != toldStart;
        toldHighWatermark = highWatermark;
        toldStart = startOffset;
        return news;
    }
}
