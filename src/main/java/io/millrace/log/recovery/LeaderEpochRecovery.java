package io.millrace.log.recovery;

import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.segment.BatchScan;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentFile;
import io.millrace.log.segment.SegmentWalk;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;

/**
 * Holds what a log's checkpoint of leader epochs says against the batches, and finds the epochs out from those where
 * the two differ. The epoch of a batch is not under its checksum, so that a single one is no proof: epochs never go
 * back in a log, never pass the one that the cluster knows, and most batches are as they were written.
 */
public final class LeaderEpochRecovery {
    private static final int PIECE = 256 * 1024;

    private final List<Segment> segments;
    private final long endOffset;
    private final int maxEpoch;

    /**
     * @param segments  all of the log, their indexes in order
     * @param endOffset the log's
     * @param maxEpoch  newest leader epoch that the partition has had
     */
    LeaderEpochRecovery(List<Segment> segments, long endOffset, int maxEpoch) {
        this.segments = segments;
        this.endOffset = endOffset;
        this.maxEpoch = maxEpoch;
    }

    /**
     * Whether the batches at the bounds of each epoch are of that epoch: a few headers are read. What a batch in the
     * middle says is not asked, because readers are told the checkpoint's epoch.
     *
     * @param entries ascending
     */
    boolean agrees(List<LeaderEpochCheckpoint.Entry> entries) throws IOException {
        if (!entries.isEmpty() && entries.get(entries.size() - 1).epoch() > maxEpoch) {
            return false;
        }
        long start = segments.get(0).baseOffset();
        int inForce = LeaderEpochEnd.NO_EPOCH;
        boolean begun = false;
        for (LeaderEpochCheckpoint.Entry entry : entries) {
            if (entry.startOffset() > start) {
                if (!begun) {
                    begun = true;
                    if (contradicts(inForce, start)) {
                        return false;
                    }
                }
                if (contradicts(inForce, entry.startOffset() - 1) || contradicts(entry.epoch(), entry.startOffset())) {
                    return false;
                }
            }
            inForce = entry.epoch();
        }
        return (begun || !contradicts(inForce, start)) && !contradicts(inForce, endOffset - 1);
    }

    /** Whether an epoch stands at the batch that holds the offset, and another one than is expected. */
    private boolean contradicts(int expected, long offset) throws IOException {
        int index = segments.size() - 1;
        while (index > 0 && segments.get(index).baseOffset() > offset) {
            index--;
        }
        Segment segment = segments.get(index);
        long end = index == segments.size() - 1 ? endOffset : segments.get(index + 1).baseOffset();
        SegmentWalk walk = SegmentWalk.towards(offset, segment, segment.sizeInBytes(), end);
        while (walk.next() && walk.batch().baseOffset() <= offset) {
            if (walk.batch().lastOffset() >= offset) {
                int found = walk.batch().leaderEpoch();
                return found != expected && found != LeaderEpochEnd.NO_EPOCH;
            }
        }
        return false;
    }

    /**
     * The epochs as the headers of all batches tell them.
     *
     * @param doubtful what the checkpoint says: a second witness where the batches leave it open
     */
    List<LeaderEpochCheckpoint.Entry> rebuilt(List<LeaderEpochCheckpoint.Entry> doubtful) throws IOException {
        LeaderEpochRuns runs = new LeaderEpochRuns();
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            long end = i == segments.size() - 1 ? endOffset : segments.get(i + 1).baseOffset();
            scan(segment.file(), segment.sizeInBytes(), segment.baseOffset(), end, runs);
        }
        TreeSet<Integer> noted = new TreeSet<>();
        doubtful.stream().map(LeaderEpochCheckpoint.Entry::epoch).filter(epoch -> epoch <= maxEpoch).forEach(noted::add);
        return runs.consistent(maxEpoch, noted);
    }

    /** Notes the epochs of a segment's batches, from header to header. */
    public static void scan(SegmentFile file, long size, long baseOffset, long endOffset, LeaderEpochRuns runs)
            throws IOException {
        BatchScan scan = new BatchScan(file, 0, size, PIECE);
        long expected = baseOffset;
        while (!scan.atEnd()) {
            boolean follows = scan.header() && scan.baseOffset() == expected && scan.lastOffset() < endOffset;
            if (!follows && !scan.seekNextIntact(expected, endOffset)) {
                return;
            }
            runs.add(scan.leaderEpoch(), scan.baseOffset());
            expected = scan.lastOffset() + 1;
            scan.skip();
        }
    }
}
