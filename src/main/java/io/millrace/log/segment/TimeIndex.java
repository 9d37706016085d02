package io.millrace.log.segment;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The largest timestamps of a segment as they came up: entries of a timestamp (long, ms since the epoch) and the last
 * offset of the batch that holds it, relative to the segment's base offset (int), as in Kafka's {@code .timeindex}
 * files.
 * Every record before that batch is older than the entry.
 */
public final class TimeIndex extends SparseIndex {
    static final int ENTRY_BYTES = 12;

    /** The batch that ends with {@code offset} brought the timestamp. */
    public record Entry(long timestamp, long offset) {
    }

    /** The log writer's. */
    private long lastTimestamp;

    TimeIndex(SegmentFile file, long baseOffset) throws IOException {
        super(file, baseOffset, ENTRY_BYTES);
        restoreLastTimestamp();
    }

    @Override
    protected long key(ByteBuffer buffer, int index) {
        return buffer.getLong(index);
    }

    /**
     * The last entry that is not newer than the timestamp; null when the search has to begin at the segment's begin.
     */
    Entry lookup(long timestamp) throws IOException {
        return entry(floor(timestamp));
    }

    public Entry lastEntry() throws IOException {
        return entry(last());
    }

    private Entry entry(ByteBuffer bytes) {
        return bytes == null ? null : new Entry(bytes.getLong(0), baseOffset + bytes.getInt(8));
    }

    /**
     * Adds an entry when the timestamp is larger than the last one's; there is none for records without a timestamp.
     */
    void append(long timestamp, long offset) throws IOException {
        if (timestamp > lastTimestamp) {
            newEntry().putLong(timestamp).putInt((int) (offset - baseOffset));
            lastTimestamp = timestamp;
        }
    }

    /** Keeps the entries of batches that end at or before the offset. */
    void truncateTo(long offset) throws IOException {
        int low = 0;
        int high = entries();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (baseOffset + read(middle, 1).getInt(8) <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        keep(low);
        restoreLastTimestamp();
    }

    void reset() throws IOException {
        clear();
        restoreLastTimestamp();
    }

    private void restoreLastTimestamp() throws IOException {
        Entry last = lastEntry();
        lastTimestamp = last == null ? -1 : last.timestamp();
    }
}
