package io.millrace.log.segment;

import java.io.IOException;

/** Reads every batch of a segment from the file and checks it, whatever the indexes say. */
public final class SegmentAudit {
    private static final int PIECE = 256 * 1024;

    /** Told of all that stands in the segment, in order. */
    public interface Visitor {
        /**
         * An intact batch, which the scan stands at and must be left at.
         *
         * @return whether to go on
         */
        default boolean intact(BatchScan batch) throws IOException {
            return true;
        }

        /**
         * No intact batch holds these offsets.
         *
         * @param position where the bytes begin that hold none
         * @param from     the first offset
         * @param to       exclusive
         */
        default void damaged(long position, long from, long to) throws IOException {
        }
    }

    private SegmentAudit() {
    }

    /**
     * @param readableBytes how far the segment can be read
     * @param endOffset     exclusive bound of its offsets
     * @return whether it was read to its end
     */
    public static boolean read(Segment segment, long readableBytes, long endOffset, Visitor visitor) throws IOException {
        BatchScan scan = new BatchScan(segment.file(), 0, readableBytes, PIECE);
        long expected = segment.baseOffset();
        while (!scan.atEnd()) {
            long position = scan.position();
            if (!(scan.header() && scan.baseOffset() == expected && scan.isIntactWithin(expected, endOffset))) {
                boolean found = scan.seekNextIntact(expected, endOffset);
                long next = found ? scan.baseOffset() : endOffset;
                visitor.damaged(position, expected, next);
                expected = next;
                if (!found) {
                    return true;
                }
            }
            if (!visitor.intact(scan)) {
                return false;
            }
            expected = scan.lastOffset() + 1;
            scan.skip();
        }
        if (expected < endOffset) {
            visitor.damaged(scan.position(), expected, endOffset);
        }
        return true;
    }
}
