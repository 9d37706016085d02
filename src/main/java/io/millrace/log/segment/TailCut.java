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

    /** Finds the end of the last batch that ends before an offset, and brings the segment's indexes back to there. */
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
