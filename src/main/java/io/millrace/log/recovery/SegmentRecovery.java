package io.millrace.log.recovery;

import io.millrace.log.segment.BatchScan;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.OffsetIndex;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentDamage;
import io.millrace.log.segment.TimeIndex;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Verifies the batches of one segment, from the last index entry before the recovery point on, and writes the index
 * entries of what it verified anew. Changes nothing in the file of records.
 */
final class SegmentRecovery {
    private static final int PIECE = 256 * 1024;
    private static final long NONE = -1;

    private final Segment segment;
    private final long endOffset;
    private final int indexInterval;
    private final LeaderEpochCheckpoint epochs;
    private final Consumer<SegmentDamage> damages;

    /**
     * @param nextOffset      offset behind the last intact batch
     * @param badTailPosition where bytes begin that no intact batch follows, or -1
     */
    record Outcome(long nextOffset, long badTailPosition) {
        boolean hasBadTail() {
            return badTailPosition != NONE;
        }
    }

    /**
     * @param endOffset exclusive bound of the segment's offsets
     * @param epochs    is told the leader epochs that are met
     * @param damages   is told of damage that intact batches follow
     */
    SegmentRecovery(Segment segment, long endOffset, int indexInterval, LeaderEpochCheckpoint epochs,
                    Consumer<SegmentDamage> damages) {
        this.segment = segment;
        this.endOffset = endOffset;
        this.indexInterval = indexInterval;
        this.epochs = epochs;
        this.damages = damages;
    }

    /**
     * Whether the indexes can be what was written for these records: whole entries, the last ones fit, and none is
     * missing behind them. What is wrong in the middle does no harm: no look-up believes an entry unseen.
     */
    boolean indexesAreSane() throws IOException {
        if (!segment.offsetIndex().hasWholeEntries() || !segment.timeIndex().hasWholeEntries()) {
            return false;
        }
        OffsetIndex.Entry last = segment.offsetIndex().lastEntry();
        long from = last == null ? 0 : last.position();
        if (from < 0 || from > segment.sizeInBytes()) {
            return false;
        }
        BatchScan scan = new BatchScan(segment.file(), from, segment.sizeInBytes(), PIECE);
        if (last != null && !(scan.header() && scan.lastOffset() == last.lastOffset())) {
            return false;
        }
        while (scan.position() - from <= indexInterval && scan.header()) {
            scan.skip();
        }
        return scan.atEnd() && timeIndexIsSane();
    }

    private boolean timeIndexIsSane() throws IOException {
        TimeIndex.Entry last = segment.timeIndex().lastEntry();
        if (last == null) {
            return segment.firstTimestamp() < 0;
        }
        return last.timestamp() >= segment.firstTimestamp() && last.offset() >= segment.baseOffset()
            && last.offset() < endOffset;
    }

    /** @param trusted offset before which the index entries can be kept */
    Outcome verify(long trusted) throws IOException {
        segment.openForWriting();
        long from = 0;
        long expected = segment.baseOffset();
        if (segment.offsetIndex().hasWholeEntries() && segment.timeIndex().hasWholeEntries()) {
            from = segment.truncateIndexes(trusted);
        }
        BatchScan scan = new BatchScan(segment.file(), 0, segment.sizeInBytes(), PIECE);
        scan.seek(from);
        OffsetIndex.Entry last = segment.offsetIndex().lastEntry();
        if (from > 0 && from < segment.sizeInBytes() && scan.isIntact() && scan.lastOffset() == last.lastOffset()) {
            expected = scan.baseOffset();
        } else {
            segment.clearIndexes();
            scan.seek(0);
        }
        Outcome outcome = verify(scan, expected);
        segment.flushIndexes();
        return outcome;
    }

    private Outcome verify(BatchScan scan, long firstOffset) throws IOException {
        long expected = firstOffset;
        while (!scan.atEnd()) {
            if (scan.header() && scan.baseOffset() == expected && scan.isIntactWithin(expected, endOffset)) {
                segment.noteBatch(scan.lastOffset(), scan.position(), scan.sizeInBytes(), scan.maxTimestamp(),
                    indexInterval);
                epochs.assign(scan.leaderEpoch(), expected);
                expected = scan.lastOffset() + 1;
                scan.skip();
                continue;
            }
            long bad = scan.position();
            if (!scan.seekNextIntact(expected, endOffset)) {
                return new Outcome(expected, bad);
            }
            expected = scan.baseOffset();
            segment.damage().noteNextIntact(bad, scan.position());
            damages.accept(new SegmentDamage((scan.position() - bad) + " bytes hold no valid batch", bad, expected));
        }
        return new Outcome(expected, NONE);
    }
}
