package io.millrace.log;

import java.io.IOException;
import java.util.function.LongFunction;

/**
 * Brings one segment to a state that can be trusted when its log is opened: rebuilds indexes, cuts a torn tail, finds
 * damage. Runs before the log is shared, in the thread that opens it.
 */
final class SegmentRecovery {
    private final Segment segment;
    private final int indexIntervalBytes;
    private final long now;

    /** Where the segment's valid batches end, and the offset after the last of them. */
    record End(long position, long nextOffset) {
    }

    SegmentRecovery(Segment segment, int indexIntervalBytes, long now) {
        this.segment = segment;
        this.indexIntervalBytes = indexIntervalBytes;
        this.now = now;
    }

    /**
     * Trusts what was forced and checked before: looks at the indexes and at the batches after the last index entry only.
     *
     * @return null when the indexes are missing or wrong, or when the file does not end with a whole batch
     */
    End trust() throws IOException {
        if (!segment.indexesAreSane()) {
            return null;
        }
        segment.adoptIndexes(now);
        long position = segment.lastIndexedPosition();
        long nextOffset = segment.baseOffset();
        long size = segment.size();
        boolean first = true;
        while (position < size) {
            SegmentReader.Place place = segment.reader().header(position, size);
            if (place == null || place.baseOffset() < nextOffset) {
                return null;
            }
            if (!first || position == 0) {
                // the entry's own batch is in the indexes already
                segment.index(position, place.size(), place.lastOffset(), place.maxTimestamp(), Integer.MAX_VALUE, now);
            }
            first = false;
            nextOffset = place.lastOffset() + 1;
            position = place.end();
        }
        return new End(position, nextOffset);
    }

    /**
     * Reads and checks every batch, and builds the indexes anew.
     *
     * @param damage made from the byte position of each damaged range and passed to the log's observer; a range is
     *               damaged when valid batches follow it, and is left as it is
     */
    End scan(LongFunction<CorruptLogException> damage) throws IOException {
        segment.clearIndexes();
        long size = segment.size();
        long position = 0;
        long nextOffset = segment.baseOffset();
        while (position < size) {
            SegmentReader.Place place = segment.reader().valid(position, size);
            if (place == null || place.baseOffset() < nextOffset) {
                place = segment.reader().nextValid(position + 1, size, nextOffset);
                if (place == null) {
                    break;
                }
                damage.apply(position);
                segment.indexHere(place.position(), place.lastOffset());
            } else if (place.baseOffset() > nextOffset) {
                damage.apply(position);
            }
            segment.index(place.position(), place.size(), place.lastOffset(), place.maxTimestamp(), indexIntervalBytes, now);
            nextOffset = place.lastOffset() + 1;
            position = place.end();
        }
        return new End(position, nextOffset);
    }
}
