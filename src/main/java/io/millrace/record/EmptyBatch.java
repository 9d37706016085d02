package io.millrace.record;

import java.nio.ByteBuffer;

/**
 * Makes batches without records: what compaction leaves where all records of a batch, or of several, are gone. They keep
 * the place of the offsets, so that every offset of a log is in exactly one of its batches, and a reader who finds none at
 * an offset knows of damage.
 */
public final class EmptyBatch {
    private EmptyBatch() {
    }

    /**
     * Takes the place of batches that were nobody's in particular.
     *
     * @param lastOffset   inclusive; at most 2^31 - 1 beyond the first
     * @param maxTimestamp of the records that were there: a segment is as old as what was written to it
     */
    public static RecordBatch of(long baseOffset, long lastOffset, int leaderEpoch, long maxTimestamp) {
        return write(new BatchHeader(baseOffset, leaderEpoch, Codec.NONE.id(), Math.toIntExact(lastOffset - baseOffset),
            RecordBatch.NO_TIMESTAMP, maxTimestamp, RecordBatch.NO_PRODUCER_ID,
            RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, 0));
    }

    /** What is left of a batch whose producer's last sequence must not be forgotten: all of its header but the records. */
    public static RecordBatch emptied(RecordBatch batch) {
        int attributes = batch.attributes() & ~(RecordBatch.CODEC_MASK | RecordBatch.DELETE_HORIZON_BIT);
        return write(new BatchHeader(batch.baseOffset(), batch.leaderEpoch(), attributes, batch.lastOffsetDelta(),
            RecordBatch.NO_TIMESTAMP, batch.maxTimestamp(), batch.producerId(), batch.producerEpoch(),
            batch.baseSequence(), 0));
    }

    /**
     * The part of an empty batch from one offset to before another; it must have offsets there.
     *
     * @param to exclusive
     */
    public static RecordBatch within(RecordBatch empty, long from, long to) {
        if (empty.recordCount() != 0) {
            throw new IllegalArgumentException(empty + " has records and cannot be made shorter");
        }
        if (empty.baseOffset() >= from && empty.lastOffset() < to) {
            return empty;
        }
        return of(Math.max(empty.baseOffset(), from), Math.min(empty.lastOffset(), to - 1), empty.leaderEpoch(),
            empty.maxTimestamp());
    }

    private static RecordBatch write(BatchHeader header) {
        ByteBuffer bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
        header.write(bytes);
        return RecordBatch.at(bytes);
    }
}
