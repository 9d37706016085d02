package io.millrace.log;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/** One partition's log: reads from any thread; changed only through its {@link LogDirectory}'s writer. */
public final class PartitionLog {
    PartitionLog() {
    }

    public String topic() {
        throw new UnsupportedOperationException();
    }

    public int partition() {
        throw new UnsupportedOperationException();
    }

    public UUID topicId() {
        throw new UnsupportedOperationException();
    }

    public LogDirectory directory() {
        throw new UnsupportedOperationException();
    }

    public LogConfig config() {
        throw new UnsupportedOperationException();
    }

    public void reconfigure(LogConfig config) {
        throw new UnsupportedOperationException();
    }

    /** The first offset that can be read. */
    public long logStartOffset() {
        throw new UnsupportedOperationException();
    }

    /** The offset the next record gets; records below it are written, and forced where the flush policy says so. */
    public long logEndOffset() {
        throw new UnsupportedOperationException();
    }

    public long sizeInBytes() {
        throw new UnsupportedOperationException();
    }

    public int segmentCount() {
        throw new UnsupportedOperationException();
    }

    /**
     * Whole batches, each checked against its CRC, beginning with the one that holds {@code offset}: a heap buffer of at
     * most {@code maxBytes}, but always at least one batch when there is one; empty when there is none below
     * {@code maxOffset}. Ends at a segment's end.
     *
     * @param maxOffset exclusive: batches whose last offset is at or above it are not handed out
     * @throws OffsetOutOfRangeException when the offset is below the log start offset or above the log end offset
     * @throws CorruptLogException       when the very batch that holds the offset is damaged
     */
    public ByteBuffer read(long offset, long maxOffset, int maxBytes) {
        throw new UnsupportedOperationException();
    }

    /** The first record, in offset order, whose timestamp is at or after the given one (ms since the epoch). */
    public Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        throw new UnsupportedOperationException();
    }
}
