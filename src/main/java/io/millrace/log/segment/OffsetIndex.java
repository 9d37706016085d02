package io.millrace.log.segment;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where in a segment some of its batches begin: entries of a batch's last offset, relative to the segment's base offset
 * (int), and its position in bytes (int), as in Kafka's {@code .index} files.
 */
public final class OffsetIndex extends SparseIndex {
    static final int ENTRY_BYTES = 8;

    /** The batch at {@code position} ends with {@code lastOffset}. */
    public record Entry(long lastOffset, int position) {
    }

    OffsetIndex(SegmentFile file, long baseOffset) throws IOException {
        super(file, baseOffset, ENTRY_BYTES);
    }

    @Override
    protected long key(ByteBuffer buffer, int index) {
        return buffer.getInt(index);
    }

    /**
     * The last entry whose batch ends at or before the offset; null when the search has to begin at the segment's
     * begin.
     */
    Entry lookup(long offset) throws IOException {
        return entry(floor(offset - baseOffset));
    }

    public Entry lastEntry() throws IOException {
        return entry(last());
    }

    private Entry entry(ByteBuffer bytes) {
        return bytes == null ? null : new Entry(baseOffset + bytes.getInt(0), bytes.getInt(4));
    }

    void append(long lastOffset, int position) throws IOException {
        newEntry().putInt((int) (lastOffset - baseOffset)).putInt(position);
    }

    /** Keeps the entries of batches that end before the offset. */
    void truncateTo(long offset) throws IOException {
        int low = 0;
        int high = entries();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (baseOffset + read(middle, 1).getInt(0) < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        keep(low);
    }
}
