package io.millrace.log.write;

import io.millrace.log.LogConfig;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/**
 * Deletes the segments of a log that are too old or too much, and committed, and forgets producers that were silent for long.
 * The log writer's.
 */
final class LogRetention {
    private final LogState state;
    private final LogStart start;
    private final LogAppender appender;
    private final LogProducers producers;
    private final SegmentAge ages;
    private final Clock clock;

    LogRetention(LogState state, LogStart start, LogAppender appender, LogProducers producers, SegmentAge ages,
                 Clock clock) {
        this.state = state;
        this.start = start;
        this.appender = appender;
        this.producers = producers;
        this.ages = ages;
        this.clock = clock;
    }

    /** Deletes what is to go, and rolls a segment that is old enough, as a part of a whole operation. */
    void apply() throws IOException {
        producers.expire();
        List<Segment> segments = state.segments();
        LogConfig config = state.log().config();
        long now = clock.millis();
        int expired = 0;
        boolean stays = state.log().upkeep().leavesRetentionToLeader() || !config.cleanup().deletes();
        int deletable = stays ? 0 : committedSegments();
        while (expired < deletable && ages.isExpired(segments.get(expired), now, config)) {
            expired++;
        }
        boolean allExpired = expired == segments.size();
        // First what frees space: a new segment takes some.
        start.deleteOldest(allExpired ? expired - 1 : expired);
        if (allExpired || state.active().sizeInBytes() > 0 && ages.ofActive(now, null) > config.rollMillis()) {
            appender.roll(config);
        }
        int tooMuch = allExpired ? 1 : 0;
        long size = state.sizeInBytes() - (allExpired ? segments.get(0).sizeInBytes() : 0);
        while (config.retentionBytes() >= 0 && tooMuch < Math.min(deletable - expired, segments.size() - 1)
                && size - segments.get(tooMuch).sizeInBytes() >= config.retentionBytes()) {
            size -= segments.get(tooMuch).sizeInBytes();
            tooMuch++;
        }
        start.deleteOldest(tooMuch);
        state.show();
    }

    /** How many of the oldest segments hold nothing but committed records. */
    private int committedSegments() {
        long mark = state.log().highWatermark();
        int count = 0;
        while (count < state.segments().size() && state.endOf(count) <= mark) {
            count++;
        }
        return count;
    }
}
