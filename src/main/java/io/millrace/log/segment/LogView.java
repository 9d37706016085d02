package io.millrace.log.segment;

import java.util.List;

/**
 * What readers see of a log at one moment: published by the log writer as a whole, never changed.
 *
 * @param segments       ascending, never empty; the last one is the active one
 * @param logStartOffset first offset that can be read
 * @param logEndOffset   offset of the next record
 * @param durableEndOffset end of what is as safe as the flush policy wants it, at most the log end offset
 * @param activeBytes    how far the active segment can be read
 * @param sealedBytes    size of all other segments
 * @param truncations    how often the log's end was cut off or a segment replaced: what was read before is then not what
 *                       stands there now; -1 once the log is closed
 * @param epochs         of the records up to the log end offset
 */
public record LogView(List<Segment> segments, long logStartOffset, long logEndOffset, long durableEndOffset,
                      long activeBytes, long sealedBytes, int truncations, LeaderEpochs epochs) {
    private static final int CLOSED = -1;

    public long sizeInBytes() {
        return sealedBytes + activeBytes;
    }

    /**
     * Whether damage that was found in an earlier view stands still: nothing was cut off, replaced or closed since then,
     * nor deleted up to there.
     *
     * @param nextOffset first offset behind the damage
     */
    public boolean stillHas(LogView earlier, long nextOffset) {
        return truncations != CLOSED && truncations == earlier.truncations && nextOffset > logStartOffset;
    }

    /** What is kept of it, for the offsets, when the log is closed. */
    public LogView closed() {
        return new LogView(segments, logStartOffset, logEndOffset, durableEndOffset, activeBytes, sealedBytes, CLOSED,
            epochs);
    }

    /** Index of the segment that would hold the offset. */
    public int indexOf(long offset) {
        int low = 0;
        int high = segments.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments.get(middle).baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    boolean isActive(int index) {
        return index == segments.size() - 1;
    }

    /** How far a segment can be read, in bytes. */
    public long readableBytes(int index) {
        return isActive(index) ? activeBytes : segments.get(index).sizeInBytes();
    }

    /** Exclusive bound of a segment's offsets. */
    public long endOffset(int index) {
        return isActive(index) ? logEndOffset : segments.get(index + 1).baseOffset();
    }
}
