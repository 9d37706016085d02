package io.millrace.log.segment;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.util.List;

/**
 * A sealed segment written anew beside the old one, with a damaged range of its batches replaced by good ones; what stands
 * before and behind it is kept byte by byte, other damage too. Until {@link #install()} the log is as it was; a
 * crash leaves the old segment or the new one.
 */
public final class SegmentReplacement {
    private final LogFolder folder;
    private final long baseOffset;
    private final SegmentSwap swap;
    private final long from;
    private final long to;

    private SegmentReplacement(LogFolder folder, long baseOffset, long from, long to) {
        this.folder = folder;
        this.baseOffset = baseOffset;
        this.swap = new SegmentSwap(folder, baseOffset, baseOffset);
        this.from = from;
        this.to = to;
    }

    /**
     * Writes, reads back and forces the new files; any thread, one at a time for each segment.
     *
     * @param old           held open by the caller, and sealed
     * @param endOffset     exclusive bound of its offsets
     * @param batches       intact, one after the other, within the segment
     * @param indexInterval bytes of batches between two entries of an index
     * @throws IllegalStateException when the batches do not close the gap between two intact ones, or the segment's bounds
     */
    public static SegmentReplacement prepare(LogFolder folder, Segment old, long endOffset, List<RecordBatch> batches,
                                             int indexInterval) throws IOException {
        SegmentReplacement replacement = new SegmentReplacement(folder, old.baseOffset(), batches.get(0).baseOffset(),
            batches.get(batches.size() - 1).lastOffset() + 1);
        Gap gap = new Gap(old, endOffset, replacement.from, replacement.to);
        SegmentAudit.read(old, old.sizeInBytes(), endOffset, gap);
        gap.check();
        Segment written = Segment.create(folder, old.baseOffset(), replacement.swap.writtenSuffix());
        try {
            written.appendCopy(old, 0, gap.position);
            for (RecordBatch batch : batches) {
                written.appendCopy(batch.buffer());
            }
            long end = written.sizeInBytes();
            written.appendCopy(old, gap.nextPosition, old.sizeInBytes());
            SegmentAudit.read(written, written.sizeInBytes(), endOffset, new Indexing(written, gap.position, end,
                indexInterval));
            new AbortedCopy(old.transactionIndex(), written.transactionIndex()).finish();
            written.force();
            written.forceIndexes();
            written.closeForWriting();
            written.release();
            return replacement;
        } catch (IOException | RuntimeException e) {
            written.closeForWriting();
            written.release();
            replacement.discard();
            throw e;
        }
    }

    /** An empty segment, in whose place is none: it takes its space before that of another is given up. */
    public static SegmentReplacement empty(LogFolder folder, long baseOffset) throws IOException {
        SegmentReplacement replacement = new SegmentReplacement(folder, baseOffset, baseOffset, baseOffset);
        Segment made = Segment.create(folder, baseOffset, replacement.swap.writtenSuffix());
        made.closeForWriting();
        made.release();
        return replacement;
    }

    /** The first offset that is another one's. */
    public long from() {
        return from;
    }

    /** The offset behind the last one. */
    public long to() {
        return to;
    }

    /** Finds the place between the batches before the range and those behind it. */
    private static final class Gap implements SegmentAudit.Visitor {
        private final long from;
        private final long to;
        private long position;
        private long offset;
        private long nextPosition;
        private long nextOffset;
        private boolean passed;

        private Gap(Segment segment, long endOffset, long from, long to) {
            this.from = from;
            this.to = to;
            this.offset = segment.baseOffset();
            this.nextPosition = segment.sizeInBytes();
            this.nextOffset = endOffset;
        }

        @Override
        public boolean intact(BatchScan batch) {
            if (batch.lastOffset() < from) {
                position = batch.position() + batch.sizeInBytes();
                offset = batch.lastOffset() + 1;
            } else if (batch.baseOffset() >= to && !passed) {
                nextPosition = batch.position();
                nextOffset = batch.baseOffset();
                passed = true;
            }
            return true;
        }

        private void check() {
            if (offset != from || nextOffset != to) {
                throw new IllegalStateException("batches of the offsets " + from + " to " + to + " do not fit: the intact"
                    + " ones around them end at " + offset + " and go on at " + nextOffset);
            }
        }
    }

    /** Notes what was written in the indexes, and does not take anything but intact batches in the range. */
    private record Indexing(Segment segment, long from, long to, int indexInterval) implements SegmentAudit.Visitor {
        @Override
        public boolean intact(BatchScan batch) throws IOException {
            segment.noteBatch(batch.lastOffset(), batch.position(), batch.sizeInBytes(), batch.maxTimestamp(),
                indexInterval);
            return true;
        }

        @Override
        public void damaged(long position, long first, long next) throws IOException {
            if (position >= from && position <= to && first < next) {
                throw new IOException("what was written to " + segment.file().path() + " is not what is read at byte "
                    + position);
            }
        }
    }

    /** The log writer: gives the new files the names of the old ones, which readers in flight keep. */
    public Segment install() throws IOException {
        swap.commit();
        swap.finish();
        folder.force();
        Segment segment = Segment.open(folder, baseOffset);
        segment.restoreMaxTimestamp();
        return segment;
    }

    /** Removes what was not installed. */
    public void discard() throws IOException {
        swap.discard();
    }
}
