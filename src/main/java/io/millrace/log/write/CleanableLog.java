package io.millrace.log.write;

import io.millrace.log.Compaction;
import io.millrace.log.compact.BoundedSegment;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What of a log can be compacted at one moment: the segments that nothing is written to, committed as a whole and without
 * records of open transactions, and old enough.
 *
 * @param segments   ascending
 * @param dirtyFrom  the first offset that no pass has looked at
 * @param cleanBytes of the segments that a pass has looked at
 * @param dirtyBytes of the others
 * @param overdue    whether a record waits for longer than it may
 */
record CleanableLog(PartitionLog log, LogView view, Compaction how, List<BoundedSegment> segments, long dirtyFrom,
                    long cleanBytes, long dirtyBytes, boolean overdue) {
    /**
     * @param now in ms since the epoch
     * @throws IllegalStateException when the log is closed
     */
    static CleanableLog of(PartitionLog log, Compaction how, long now) throws IOException {
        LogView view = log.openView();
        return of(log, view, log.transactions().lastStableOffset(), how, now);
    }

    /** @param mark all below it is committed, and of transactions that have ended */
    static CleanableLog of(PartitionLog log, LogView view, long mark, Compaction how, long now) throws IOException {
        long dirtyFrom = Math.max(log.cleanedOffset(), view.logStartOffset());
        List<BoundedSegment> segments = new ArrayList<>();
        long clean = 0;
        long dirty = 0;
        boolean overdue = false;
        for (int i = 0; i < view.segments().size() - 1 && view.endOffset(i) <= mark; i++) {
            Segment segment = view.segments().get(i);
            if (view.endOffset(i) <= dirtyFrom) {
                clean += segment.sizeInBytes();
            } else if (isOldEnough(segment, how, now)) {
                overdue |= isOverdue(segment, how, now);
                dirty += segment.sizeInBytes();
            } else {
                break;
            }
            segments.add(new BoundedSegment(segment, view.endOffset(i)));
        }
        return new CleanableLog(log, view, how, segments, dirtyFrom, clean, dirty, overdue);
    }

    private static boolean isOldEnough(Segment segment, Compaction how, long now) throws IOException {
        return how.minLagMillis() == 0
            || now - SegmentAge.timeOf(segment.maxTimestamp(), segment, now) >= how.minLagMillis();
    }

    private static boolean isOverdue(Segment segment, Compaction how, long now) throws IOException {
        return how.maxLagMillis() < Long.MAX_VALUE
            && now - SegmentAge.timeOf(segment.firstTimestamp(), segment, now) > how.maxLagMillis();
    }

    /** How much of what can be cleaned is dirty: 0 to 1. */
    double dirtyRatio() {
        return dirtyBytes == 0 ? 0 : (double) dirtyBytes / (cleanBytes + dirtyBytes);
    }

    boolean isDue() {
        return dirtyBytes > 0 && (overdue || dirtyRatio() >= how.minDirtyRatio());
    }
}
