package io.millrace.log.segment;

import java.io.IOException;

/**
 * Where a segment is to be cut off.
 *
 * @param position   file position of the first byte to go
 * @param nextOffset offset behind the last batch that stays
 */
public record TailCut(long position, long nextOffset) {
    private static final int PIECE = 64 * 1024;

    /**
     * Where a cut at an offset would end the log by what can be believed, with nothing changed: at the offset, when that is
     * a batch's, or within an intact one, and else behind the last batch before the first damage.
     */
    public static long endBefore(long offset, Segment segment) throws IOException {
        OffsetIndex.Entry entry = segment.offsetIndex().lookup(offset - 1);
        BatchScan scan = new BatchScan(segment.file(), 0, segment.sizeInBytes(), PIECE);
        long expected = segment.baseOffset();
        if (entry != null) {
            scan.seek(entry.position());
            if (scan.header() && scan.lastOffset() == entry.lastOffset()) {
                expected = scan.baseOffset();
            } else {
                scan.seek(0);
            }
        }
        while (expected < offset && scan.header() && scan.baseOffset() == expected && scan.lastOffset() < offset) {
            expected = scan.lastOffset() + 1;
            scan.skip();
        }
        return expected < offset && scan.header() && scan.baseOffset() == expected && scan.isIntact() ? offset : expected;
    }

    /**
     * Finds the end of the last batch that ends before an offset, and brings the segment's indexes of offsets and times back to
     * there; that of aborted transactions stays, as recovery believes it up to the recovery point.
     */
    public static TailCut before(long offset, Segment segment, int indexInterval) throws IOException {
        long from = segment.truncateIndexes(offset);
        BatchScan scan = new BatchScan(segment.file(), from, segment.sizeInBytes(), PIECE);
        long nextOffset = segment.baseOffset();
        while (scan.header() && scan.lastOffset() < offset) {
            segment.noteBatch(scan.lastOffset(), scan.position(), scan.sizeInBytes(), scan.maxTimestamp(),
                indexInterval);
            nextOffset = scan.lastOffset() + 1;
            scan.skip();
        }
        segment.flushIndexes();
        return new TailCut(scan.position(), nextOffset);
    }
}
