package io.millrace.log.write;

import io.millrace.log.LogConfig;
import io.millrace.log.segment.Segment;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;

/**
 * How old a log's segments are, for rolls and retention: by their records' timestamps where these can be times, and else
 * by this server's clock. The log writer's.
 */
final class SegmentAge {
    private static final Logger LOG = System.getLogger(SegmentAge.class.getName());
    /** As far as a producer's clock may be ahead by default. */
    private static final long BELIEVED_AHEAD_MS = 3_600_000;

    private final LogState state;
    private final Clock clock;
    private long activeSince;
    private boolean toldOfTheFuture;

    SegmentAge(LogState state, Clock clock) {
        this.state = state;
        this.clock = clock;
        this.activeSince = clock.millis();
    }

    /** The active segment is a new one. */
    void begun() {
        activeSince = clock.millis();
    }

    /**
     * How old the active segment is in ms: by the first timestamp in it, or since it was made when that has none.
     *
     * @param now         in ms; where that is no time, the clock's
     * @param firstStaged of what is about to be written to it, or null
     */
    long ofActive(long now, RecordBatch firstStaged) throws IOException {
        Segment active = state.active();
        long first = active.sizeInBytes() == 0 && firstStaged != null ? firstStaged.maxTimestamp()
            : active.firstTimestamp();
        return isTime(first) ? (isTime(now) ? now : clock.millis()) - first : clock.millis() - activeSince;
    }

    /** By the newest record, or, where there is no time to believe, by when the file was last written. */
    boolean isExpired(Segment segment, long now, LogConfig config) throws IOException {
        if (config.retentionMillis() < 0 || segment.sizeInBytes() == 0) {
            return false;
        }
        long newest = segment.maxTimestamp();
        if (newest >= 0 && !isTime(newest) && !toldOfTheFuture) {
            toldOfTheFuture = true;
            LOG.log(Level.WARNING, "{0}: {1} holds a record with the timestamp {2}, which is far in the future: it"
                + " expires by when it was written. This is said once for each partition", state.log().name(),
                segment.file().path().getFileName(), Long.toString(newest));
        }
        return now - (isTime(newest) ? newest : segment.lastModified()) > config.retentionMillis();
    }

    /** A timestamp far ahead of this server's clock tells no age. */
    private boolean isTime(long timestamp) {
        return isTime(timestamp, clock.millis());
    }

    private static boolean isTime(long timestamp, long now) {
        return timestamp >= 0 && timestamp <= now + BELIEVED_AHEAD_MS;
    }

    /** A timestamp of a segment that is not written to, or, where that is no time, when its file was. Any thread. */
    static long timeOf(long timestamp, Segment segment, long now) throws IOException {
        return isTime(timestamp, now) ? timestamp : segment.lastModified();
    }
}
