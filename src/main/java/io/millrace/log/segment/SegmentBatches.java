package io.millrace.log.segment;

import io.millrace.record.RecordBatch;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The batches of a segment from a place on, one after the other, each read once and checked against its checksum. Ends at
 * damage with an error, and never passes over it. For one reader, who holds the segment.
 */
public final class SegmentBatches {
    private static final int PIECE = 1 << 20;

    private final Segment segment;
    private final long readableBytes;
    private final long endOffset;
    /** Position to limit are the bytes that were read and not handed out yet. */
    private ByteBuffer buffer;
    private long position;
    private long expected;

    /**
     * @param readableBytes how far the segment can be read
     * @param endOffset     exclusive bound of its offsets
     */
    public SegmentBatches(Segment segment, long readableBytes, long endOffset) {
        this.segment = segment;
        this.readableBytes = readableBytes;
        this.endOffset = endOffset;
        this.expected = segment.baseOffset();
        this.buffer = ByteBuffer.allocate((int) Math.max(RecordBatch.HEADER_BYTES, Math.min(PIECE, readableBytes)))
            .limit(0);
    }

    /** Begins with the batch that holds an offset, or before it. */
    public SegmentBatches towards(long offset) throws IOException {
        SegmentWalk walk = SegmentWalk.towards(offset, segment, readableBytes, endOffset);
        if (walk.next()) {
            position = walk.batch().position();
            expected = walk.batch().baseOffset();
        }
        return this;
    }

    /**
     * @return a view that is good until the next call; null at the segment's end
     * @throws SegmentDamage when there is none before the end
     */
    public RecordBatch next() throws IOException, SegmentDamage {
        if (position >= readableBytes) {
            if (expected < endOffset) {
                throw damage("records are missing");
            }
            return null;
        }
        if (readableBytes - position < RecordBatch.HEADER_BYTES) {
            throw damage("bytes are missing");
        }
        require(RecordBatch.HEADER_BYTES);
        if (!RecordBatch.isPlausibleAt(buffer, buffer.position())) {
            throw damage("the header is wrong");
        }
        int size = RecordBatch.sizeInBytesAt(buffer, buffer.position());
        long lastOffset = RecordBatch.lastOffsetAt(buffer, buffer.position());
        if (size > readableBytes - position || RecordBatch.baseOffsetAt(buffer, buffer.position()) != expected
                || lastOffset >= endOffset) {
            throw damage("the header is wrong");
        }
        if (size > buffer.capacity() && !new BatchScan(segment.file(), position, readableBytes, PIECE).isIntact()) {
            throw damage("the checksum is wrong"); // no memory is given away on the word of a length that may be damaged
        }
        require(size);
        RecordBatch batch = RecordBatch.at(buffer);
        if (!batch.checksumMatches()) {
            throw damage("the checksum is wrong");
        }
        buffer.position(buffer.position() + size);
        position += size;
        expected = lastOffset + 1;
        return batch;
    }

    private SegmentDamage damage(String reason) {
        return new SegmentDamage(reason, position, expected + 1);
    }

    private void require(int count) throws IOException {
        if (buffer.remaining() >= count) {
            return;
        }
        ByteBuffer target = count > buffer.capacity() ? ByteBuffer.allocate(count) : buffer;
        long from = position + buffer.remaining();
        if (target == buffer) {
            target.compact();
        } else {
            target.put(buffer);
        }
        target.limit((int) Math.min(target.capacity(), target.position() + readableBytes - from));
        segment.file().read(target, from);
        buffer = target.flip();
        if (buffer.remaining() < count) {
            throw new EOFException(segment.file().path() + " ends before byte " + (position + count));
        }
    }
}
