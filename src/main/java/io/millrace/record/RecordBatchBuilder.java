package io.millrace.record;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes records straight into the bytes of one batch; base offset 0 and no leader epoch, to be set at the append.
 * Timestamps are the producer's (create time). Not thread-safe.
 */
public final class RecordBatchBuilder {
    private static final int INITIAL_CAPACITY = 1024;
    private static final byte[][] NO_KEYS = {};

    private final Codec codec;
    /** The header's room, then the records; null after {@link #build()}. */
    private VarintBytes bytes = new VarintBytes(INITIAL_CAPACITY, RecordBatch.HEADER_BYTES);
    private int flags;
    private long producerId = RecordBatch.NO_PRODUCER_ID;
    private short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
    private int baseSequence = RecordBatch.NO_SEQUENCE;
    private int recordCount;
    private long baseTimestamp = RecordBatch.NO_TIMESTAMP;
    private long maxTimestamp = RecordBatch.NO_TIMESTAMP;

    public RecordBatchBuilder(Codec codec) {
        this.codec = codec;
    }

    /** Marks the batch as an idempotent producer's; the sequence is that of the first record. */
    public RecordBatchBuilder producer(long id, short epoch, int firstSequence) {
        this.producerId = id;
        this.producerEpoch = epoch;
        this.baseSequence = firstSequence;
        return this;
    }

    /** Marks the records as part of their producer's open transaction. */
    public RecordBatchBuilder transactional() {
        flags |= RecordBatch.TRANSACTIONAL_BIT;
        return this;
    }

    /** Marks the records as markers for readers and not data. */
    public RecordBatchBuilder control() {
        flags |= RecordBatch.CONTROL_BIT;
        return this;
    }

    /**
     * Copies key and value (position to limit, either may be null).
     *
     * @param timestamp ms since the epoch, or -1 for none
     * @throws IllegalArgumentException when the timestamp is below -1
     * @throws BatchTooLargeException   when the batch would not fit into an array
     */
    public void append(long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        byte[][] headerKeys = encodeKeys(headers);
        int bodySize = bodySize(timestamp, key, value, headers, headerKeys);
        bytes.ensureRoom(VarintBytes.sizeOfVarint(bodySize) + (long) bodySize);

        bytes.writeVarint(bodySize);
        bytes.write(0); // attributes of a record: none are defined
        bytes.writeVarlong(timestampDelta(timestamp));
        bytes.writeVarint(recordCount);
        writeNullable(key);
        writeNullable(value);
        bytes.writeVarint(headerKeys.length);
        for (int i = 0; i < headerKeys.length; i++) {
            bytes.writeVarint(headerKeys[i].length);
            bytes.write(headerKeys[i], 0, headerKeys[i].length);
            writeNullable(headers.get(i).value());
        }

        if (recordCount == 0) {
            baseTimestamp = timestamp;
        }
        maxTimestamp = Math.max(maxTimestamp, timestamp);
        recordCount++;
    }

    public int recordCount() {
        return recordCount;
    }

    /** Bytes of the batch if it were built now without compression. */
    public int sizeInBytes() {
        return bytes.size();
    }

    /**
     * What {@link #sizeInBytes()} would be after this record: to find out whether it fits before it is appended.
     *
     * @throws IllegalArgumentException when the timestamp is below -1
     */
    public long sizeInBytesWith(long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        int bodySize = bodySize(timestamp, key, value, headers, encodeKeys(headers));
        return (long) bytes.size() + VarintBytes.sizeOfVarint(bodySize) + bodySize;
    }

    /**
     * Ends the batch; the builder cannot be used afterwards.
     *
     * @return the batch, position 0 to limit, in a heap buffer
     * @throws IllegalStateException when there is no record
     */
    public ByteBuffer build() {
        if (recordCount == 0) {
            throw new IllegalStateException("a batch needs at least one record");
        }
        VarintBytes whole = codec == Codec.NONE ? bytes : compress();
        bytes = null;
        ByteBuffer batch = whole.asBuffer();
        new BatchHeader(0, RecordBatch.NO_LEADER_EPOCH, codec.id() | flags, recordCount - 1, baseTimestamp, maxTimestamp,
            producerId, producerEpoch, baseSequence, recordCount).write(batch);
        return batch;
    }

    private VarintBytes compress() {
        VarintBytes out = new VarintBytes(Math.max(INITIAL_CAPACITY, bytes.size() / 2), RecordBatch.HEADER_BYTES);
        try (OutputStream compressor = codec.compress(out)) {
            compressor.write(bytes.array(), RecordBatch.HEADER_BYTES, bytes.size() - RecordBatch.HEADER_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException("compression with " + codec.codecName() + " failed", e);
        }
        return out;
    }

    private int bodySize(long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers, byte[][] headerKeys) {
        if (timestamp < RecordBatch.NO_TIMESTAMP) {
            throw new IllegalArgumentException("timestamp: found " + timestamp + ", allowed -1 (none) and above");
        }
        long size = 1 + VarintBytes.sizeOfVarlong(timestampDelta(timestamp)) + VarintBytes.sizeOfVarint(recordCount)
            + sizeOf(key) + sizeOf(value) + VarintBytes.sizeOfVarint(headerKeys.length);
        for (int i = 0; i < headerKeys.length; i++) {
            size += VarintBytes.sizeOfVarint(headerKeys[i].length) + headerKeys[i].length
                + sizeOf(headers.get(i).value());
        }
        if (size > VarintBytes.MAX_SIZE) {
            throw new BatchTooLargeException("a record of " + size + " bytes: allowed at most "
                + VarintBytes.MAX_SIZE);
        }
        return (int) size;
    }

    private long timestampDelta(long timestamp) {
        return recordCount == 0 ? 0 : timestamp - baseTimestamp;
    }

    private void writeNullable(ByteBuffer source) {
        if (source == null) {
            bytes.writeVarint(-1);
        } else {
            bytes.writeVarint(source.remaining());
            bytes.write(source);
        }
    }

    private static long sizeOf(ByteBuffer source) {
        return source == null ? 1 : (long) VarintBytes.sizeOfVarint(source.remaining()) + source.remaining();
    }

    private static byte[][] encodeKeys(List<Header> headers) {
        if (headers.isEmpty()) {
            return NO_KEYS;
        }
        byte[][] keys = new byte[headers.size()][];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = headers.get(i).key().getBytes(StandardCharsets.UTF_8);
        }
        return keys;
    }
}
