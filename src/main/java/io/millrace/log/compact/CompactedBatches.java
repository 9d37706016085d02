package io.millrace.log.compact;

import io.millrace.log.segment.SegmentRewrite;
import io.millrace.record.EmptyBatch;
import io.millrace.record.RecordBatch;
import java.io.IOException;

/**
 * The batches of a segment that is written anew, in order, without a gap: batches of which nothing is left become an empty
 * one, those of a leader epoch together. For one thread.
 */
final class CompactedBatches {
    private final SegmentRewrite target;
    private final ProducerTails producers;
    /** How many bytes more may be written than were read. */
    private long spare;
    /** The empty batch that is not written yet: its first and last offset, none when the first is -1. */
    private long emptyFrom = -1;
    private long emptyTo;
    private int emptyEpoch;
    private long emptyMaxTimestamp;
    private boolean changed;

    /** @param spare how many bytes larger than the old segments the new one may become */
    CompactedBatches(SegmentRewrite target, ProducerTails producers, long spare) {
        this.target = target;
        this.spare = spare;
        this.producers = producers;
    }

    /** Whether what is written is not byte by byte what was there. */
    boolean changed() {
        return changed;
    }

    /**
     * @param left what is left of the batch, or null
     * @return whether something of it stays, its header at least
     */
    boolean add(RecordBatch batch, RecordBatch left) throws IOException {
        spare += batch.sizeInBytes();
        if (left != null) {
            finish();
            // Timestamps that count from a delete horizon take more bytes.
            RecordBatch fitting = left.sizeInBytes() > spare ? batch : left;
            spare -= fitting.sizeInBytes();
            target.add(fitting);
            changed |= fitting != batch;
        } else if (producers.mustStay(batch)) {
            finish();
            target.add(batch.recordCount() == 0 ? batch : EmptyBatch.emptied(batch));
            changed |= batch.recordCount() != 0;
        } else {
            addEmpty(batch);
            return false;
        }
        return true;
    }

    private void addEmpty(RecordBatch batch) throws IOException {
        boolean goesOn = emptyFrom >= 0 && emptyEpoch == batch.leaderEpoch()
            && batch.lastOffset() - emptyFrom <= Integer.MAX_VALUE;
        if (!goesOn) {
            finish();
            emptyFrom = batch.baseOffset();
            emptyEpoch = batch.leaderEpoch();
            emptyMaxTimestamp = RecordBatch.NO_TIMESTAMP;
        }
        emptyTo = batch.lastOffset();
        emptyMaxTimestamp = Math.max(emptyMaxTimestamp, batch.maxTimestamp());
        changed |= goesOn || batch.recordCount() != 0 || ProducerTails.hasProducer(batch);
    }

    /** Nothing more comes, or something else. */
    void finish() throws IOException {
        if (emptyFrom >= 0) {
            target.add(EmptyBatch.of(emptyFrom, emptyTo, emptyEpoch, emptyMaxTimestamp));
            emptyFrom = -1;
        }
    }
}
