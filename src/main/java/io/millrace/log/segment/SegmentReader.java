package io.millrace.log.segment;

import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads checked batches from one segment, for the length of one call.
 *
 * @param segment       acquired by the caller
 * @param readableBytes how far the segment may be read
 * @param endOffset     exclusive bound of its offsets
 */
public record SegmentReader(Segment segment, long readableBytes, long endOffset) {

    private static final int SCAN_PIECE = 64 * 1024;

    /** Where the bytes go that are read: gives an empty buffer of so many bytes. */
    public interface Buffers {
        ByteBuffer allocate(int bytes);
    }

    /** See {@link PartitionLog#read}; the offset is below {@link #endOffset()}. */
    public ByteBuffer read(long offset, long maxOffset, int maxBytes, Buffers buffers) throws IOException, SegmentDamage {
        long hint = segment.hint(offset);
        if (hint >= 0 && hint < readableBytes) {
            ByteBuffer batches = readAt(hint, offset, maxOffset, maxBytes, buffers);
            if (batches != null) {
                return batches;
            }
        }
        SegmentWalk walk = SegmentWalk.towards(offset, segment, readableBytes, endOffset);
        while (walk.next()) {
            BatchScan batch = walk.batch();
            if (batch.baseOffset() > offset) {
                throw damage(walk, batch.baseOffset());
            }
            if (batch.lastOffset() >= offset) {
                ByteBuffer batches = readAt(batch.position(), offset, maxOffset, maxBytes, buffers);
                if (batches != null) {
                    return batches;
                }
                walk.distrust();
            }
        }
        throw damage(walk, endOffset);
    }

    private static SegmentDamage damage(SegmentWalk walk, long nextOffset) {
        return new SegmentDamage("the header or the checksum is wrong, or bytes are missing", walk.damagedAt(),
            nextOffset);
    }

    /** Null when no intact batch that holds the offset stands at the position. */
    private ByteBuffer readAt(long position, long offset, long maxOffset, int maxBytes, Buffers buffers)
            throws IOException {
        long readable = readableBytes - position;
        int window = (int) Math.min(readable, Math.max(maxBytes, RecordBatch.HEADER_BYTES));
        ByteBuffer bytes = load(position, buffers.allocate(window));
        if (bytes.limit() < RecordBatch.HEADER_BYTES || !RecordBatch.isPlausibleAt(bytes, 0)) {
            return null;
        }
        int size = RecordBatch.sizeInBytesAt(bytes, 0);
        long lastOffset = RecordBatch.lastOffsetAt(bytes, 0);
        if (size > readable || RecordBatch.baseOffsetAt(bytes, 0) > offset || lastOffset < offset
                || lastOffset >= endOffset) {
            return null;
        }
        if (lastOffset >= maxOffset) {
            return bytes.limit(0);
        }
        if (size > bytes.limit()) {
            // No memory is given away on the word of a length that may be damaged.
            if (!new BatchScan(segment.file(), position, readableBytes, SCAN_PIECE).isIntact()) {
                return null;
            }
            bytes = load(position, buffers.allocate(size));
        }
        if (bytes.limit() < size || !RecordBatch.checksumMatchesAt(bytes, 0, size)) {
            return null;
        }
        return untilDamage(bytes, position, size, lastOffset + 1, maxOffset);
    }

    /**
     * Limits the buffer to the whole, intact batches that follow each other in it, and notes where the next one begins.
     */
    private ByteBuffer untilDamage(ByteBuffer bytes, long position, int firstSize, long secondOffset, long maxOffset) {
        int end = firstSize;
        long expected = secondOffset;
        while (bytes.limit() - end >= RecordBatch.HEADER_BYTES && RecordBatch.isPlausibleAt(bytes, end)) {
            int size = RecordBatch.sizeInBytesAt(bytes, end);
            long lastOffset = RecordBatch.lastOffsetAt(bytes, end);
            if (size > bytes.limit() - end || RecordBatch.baseOffsetAt(bytes, end) != expected
                    || lastOffset >= maxOffset || lastOffset >= endOffset
                    || !RecordBatch.checksumMatchesAt(bytes, end, size)) {
                break;
            }
            end += size;
            expected = lastOffset + 1;
        }
        segment.remember(expected, position + end);
        return bytes.limit(end);
    }

    /** Bytes that are not there, as after a truncation, are missing at the buffer's end. */
    private ByteBuffer load(long position, ByteBuffer target) throws IOException {
        segment.file().read(target, position);
        return target.flip();
    }

    /**
     * Goes over batches without records, whose checksums are right.
     *
     * @return the offset itself where its batch has records, or may be damaged; the segment's end when no record follows
     */
    public long passEmpty(long offset) throws IOException {
        long at = offset;
        SegmentWalk walk = SegmentWalk.towards(offset, segment, readableBytes, endOffset);
        while (walk.next()) {
            BatchScan batch = walk.batch();
            if (batch.lastOffset() >= at) {
                if (batch.baseOffset() > at || batch.recordCount() != 0 || !batch.isIntact()) {
                    return at;
                }
                at = batch.lastOffset() + 1;
            }
        }
        return at;
    }

    /**
     * The first record at or after an offset whose timestamp is at or after the given one; damaged batches are passed
     * over.
     */
    public Optional<OffsetAndTimestamp> firstAtOrAfter(long timestamp, long startOffset) throws IOException {
        TimeIndex.Entry before = segment.timeIndex().lookup(timestamp);
        long from = before == null ? startOffset : Math.max(before.offset(), startOffset);
        SegmentWalk walk = SegmentWalk.towards(from, segment, readableBytes, endOffset);
        while (walk.next()) {
            BatchScan batch = walk.batch();
            if (batch.lastOffset() < startOffset || batch.maxTimestamp() < timestamp) {
                continue;
            }
            if (!batch.isIntact()) {
                walk.distrust();
                continue;
            }
            Optional<OffsetAndTimestamp> found = firstIn(
                load(batch.position(), ByteBuffer.allocate(batch.sizeInBytes())), timestamp, startOffset);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<OffsetAndTimestamp> firstIn(ByteBuffer batch, long timestamp, long startOffset) {
        try (RecordIterator records = RecordBatch.at(batch).records()) {
            while (records.hasNext()) {
                Record record = records.next();
                if (record.timestamp() >= timestamp && record.offset() >= startOffset) {
                    return Optional.of(new OffsetAndTimestamp(record.offset(), record.timestamp()));
                }
            }
        }
        return Optional.empty();
    }
}
