package io.millrace.log.segment;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Goes over the batches of a segment file without holding a whole batch, and finds the next one behind damaged bytes.
 * Trusts nothing that it reads. Not thread-safe.
 */
public final class BatchScan {
    private final SegmentFile file;
    private final long limit;
    private final ByteBuffer buffer;
    private final CRC32C crc = new CRC32C();
    /** File position of the buffer's first byte. */
    private long bufferStart;
    private long position;
    /** Where the file ends, if that is known to be before the limit. */
    private long fileEnd = Long.MAX_VALUE;
    private int sizeInBytes;
    private long baseOffset;
    private long lastOffset;
    private long maxTimestamp;
    private int leaderEpoch;
    private int recordCount;
    private long checksum;
    private long producerId;
    private short producerEpoch;
    private int baseSequence;
    private boolean transactional;
    private boolean control;

    /**
     * @param from  file position to begin at
     * @param limit file position to end at
     * @param piece bytes to read at once, more than a batch's header
     */
    public BatchScan(SegmentFile file, long from, long limit, int piece) {
        this.file = file;
        this.limit = limit;
        this.buffer = ByteBuffer.allocate((int) Math.max(RecordBatch.HEADER_BYTES, Math.min(piece, limit - from)));
        this.buffer.limit(0);
        this.position = from;
    }

    public long position() {
        return position;
    }

    public boolean atEnd() {
        return position >= limit;
    }

    public void seek(long newPosition) {
        position = newPosition;
    }

    /** Whether a batch can begin at the position and end within the limit, as far as its header tells. */
    public boolean header() throws IOException {
        if (limit - position < RecordBatch.HEADER_BYTES || !load(position, RecordBatch.HEADER_BYTES)) {
            return false;
        }
        int header = (int) (position - bufferStart);
        if (!RecordBatch.isPlausibleAt(buffer, header)) {
            return false;
        }
        sizeInBytes = RecordBatch.sizeInBytesAt(buffer, header);
        baseOffset = RecordBatch.baseOffsetAt(buffer, header);
        lastOffset = RecordBatch.lastOffsetAt(buffer, header);
        maxTimestamp = RecordBatch.maxTimestampAt(buffer, header);
        leaderEpoch = RecordBatch.leaderEpochAt(buffer, header);
        recordCount = RecordBatch.recordCountAt(buffer, header);
        checksum = RecordBatch.checksumAt(buffer, header);
        producerId = RecordBatch.producerIdAt(buffer, header);
        producerEpoch = RecordBatch.producerEpochAt(buffer, header);
        baseSequence = RecordBatch.baseSequenceAt(buffer, header);
        transactional = RecordBatch.isTransactionalAt(buffer, header);
        control = RecordBatch.isControlAt(buffer, header);
        return sizeInBytes <= limit - position;
    }

    /** Of the batch at the position, after {@link #header()} was true; so are the next ones. */
    public int sizeInBytes() {
        return sizeInBytes;
    }

    public long baseOffset() {
        return baseOffset;
    }

    public long lastOffset() {
        return lastOffset;
    }

    public long maxTimestamp() {
        return maxTimestamp;
    }

    public int leaderEpoch() {
        return leaderEpoch;
    }

    public int recordCount() {
        return recordCount;
    }

    public long producerId() {
        return producerId;
    }

    public short producerEpoch() {
        return producerEpoch;
    }

    public int baseSequence() {
        return baseSequence;
    }

    public boolean isTransactional() {
        return transactional;
    }

    public boolean isControl() {
        return control;
    }

    /** The whole batch at the position; empty when it is not intact. */
    public Optional<RecordBatch> read() throws IOException {
        if (!isIntact()) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.allocate(sizeInBytes);
        return file.read(bytes, position) < sizeInBytes ? Optional.empty() : Optional.of(RecordBatch.at(bytes.flip()));
    }

    /** Goes on behind the batch at the position. */
    public void skip() {
        position += sizeInBytes;
    }

    /** Whether a batch stands at the position and its checksum is right. */
    public boolean isIntact() throws IOException {
        if (!header()) {
            return false;
        }
        long end = position + sizeInBytes;
        long at = position + RecordBatch.CHECKSUMMED_FROM;
        crc.reset();
        while (at < end) {
            if (!load(at, 1)) {
                return false;
            }
            int from = (int) (at - bufferStart);
            int count = (int) Math.min(end - at, buffer.limit() - from);
            crc.update(buffer.array(), from, count);
            at += count;
        }
        return crc.getValue() == checksum;
    }

    /** Whether an intact batch stands at the position whose offsets are within bounds, the upper one exclusive. */
    public boolean isIntactWithin(long minOffset, long maxOffset) throws IOException {
        return header() && baseOffset >= minOffset && lastOffset < maxOffset && isIntact();
    }

    /**
     * Moves from damaged bytes to the next intact batch: where the damaged one says that it ends, or else wherever one
     * is found. Stays at the end when there is none.
     *
     * @param minOffset lowest base offset that the batch can have
     * @param maxOffset exclusive bound of its last offset
     */
    public boolean seekNextIntact(long minOffset, long maxOffset) throws IOException {
        long damaged = position;
        if (header()) {
            skip();
            if (isIntactWithin(minOffset, maxOffset)) {
                return true;
            }
        }
        for (position = damaged + 1; Math.min(limit, fileEnd) - position >= RecordBatch.HEADER_BYTES; position++) {
            if (isIntactWithin(minOffset, maxOffset)) {
                return true;
            }
        }
        position = limit;
        return false;
    }

    /** Whether the bytes are in the buffer, read from the file when they were not. */
    private boolean load(long from, int count) throws IOException {
        if (from >= bufferStart && from + count <= bufferStart + buffer.limit()) {
            return true;
        }
        buffer.clear().limit((int) Math.min(buffer.capacity(), limit - from));
        int wanted = buffer.limit();
        file.read(buffer, from);
        buffer.flip();
        bufferStart = from;
        if (buffer.limit() < wanted) {
            fileEnd = from + buffer.limit();
        }
        return buffer.limit() >= count;
    }
}
