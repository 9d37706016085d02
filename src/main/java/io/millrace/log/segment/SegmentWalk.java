package io.millrace.log.segment;

import java.io.IOException;
import java.util.OptionalLong;

/**
 * From batch to batch by their headers, from a place that the index names, in the order of offsets and over damaged
 * places. Checksums are looked at only where headers contradict each other. For one reader.
 */
public final class SegmentWalk {
    private static final int PIECE = 8 * 1024;
    private static final long NONE = -1;

    private final Segment segment;
    private final BatchScan scan;
    private final long endOffset;
    private boolean standing;
    private boolean distrusted;
    private long expectedOffset;
    private long previousPosition = NONE;
    private long previousOffset;
    private long damagedAt = NONE;

    private SegmentWalk(Segment segment, long from, long readableBytes, long endOffset) {
        this.segment = segment;
        this.scan = new BatchScan(segment.file(), from, readableBytes, PIECE);
        this.endOffset = endOffset;
        this.expectedOffset = segment.baseOffset();
    }

    /**
     * @param offset        where to begin: at the batch that holds it, or before
     * @param readableBytes end of what has been published
     * @param endOffset     exclusive bound of the segment's offsets
     */
    public static SegmentWalk towards(long offset, Segment segment, long readableBytes, long endOffset) throws IOException {
        OffsetIndex.Entry entry = segment.offsetIndex().lookup(offset);
        if (entry != null && entry.position() >= 0 && entry.position() < readableBytes) {
            SegmentWalk walk = new SegmentWalk(segment, entry.position(), readableBytes, endOffset);
            if (walk.scan.header() && walk.scan.lastOffset() == entry.lastOffset()
                    && walk.scan.baseOffset() >= segment.baseOffset()) {
                walk.expectedOffset = walk.scan.baseOffset();
                return walk;
            }
        }
        // No entry, or one that does not fit what is there: the index is no more than a short cut.
        return new SegmentWalk(segment, 0, readableBytes, endOffset);
    }

    /** Moves to the next batch whose header stands to reason; false at the end. */
    public boolean next() throws IOException {
        if (standing) {
            previousPosition = scan.position();
            previousOffset = scan.baseOffset();
            expectedOffset = scan.lastOffset() + 1;
            scan.skip();
        }
        if (scan.atEnd()) {
            return standing = false;
        }
        if (!distrusted && scan.header() && scan.baseOffset() == expectedOffset && scan.lastOffset() < endOffset) {
            return standing = true;
        }
        distrusted = false;
        return standing = passDamage();
    }

    /** Declares the batch that the walk stands at to be damaged, whatever its header says. */
    void distrust() {
        expectedOffset = scan.baseOffset() + 1;
        previousPosition = NONE;
        standing = false;
        distrusted = true;
    }

    private boolean passDamage() throws IOException {
        long suspect = scan.position();
        damagedAt = suspect;
        boolean found = false;
        if (previousPosition != NONE) {
            scan.seek(previousPosition);
            if (!scan.isIntact()) {
                // Then it was the previous batch that told a wrong end, and this one may be as it should be.
                damagedAt = previousPosition;
                expectedOffset = previousOffset + 1;
                scan.seek(suspect);
                found = scan.isIntactWithin(expectedOffset, endOffset);
            }
        }
        OptionalLong known = segment.damage().nextIntactAfter(damagedAt);
        if (!found && known.isPresent()) {
            scan.seek(known.getAsLong());
            found = scan.isIntactWithin(expectedOffset, endOffset); // it was noted by a reader who may not have seen a cut
        }
        if (!found) {
            scan.seek(suspect);
            found = scan.seekNextIntact(expectedOffset, endOffset);
        }
        if (found) {
            segment.damage().noteNextIntact(damagedAt, scan.position());
        }
        return found;
    }

    /** The batch that the walk stands at. */
    public BatchScan batch() {
        return scan;
    }

    /** Position of the last damaged place that was passed, else where the walk stands. */
    long damagedAt() {
        return damagedAt == NONE ? scan.position() : damagedAt;
    }
}
