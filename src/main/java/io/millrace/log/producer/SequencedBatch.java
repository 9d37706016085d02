package io.millrace.log.producer;

import io.millrace.log.segment.BatchScan;
import io.millrace.record.RecordBatch;
import io.millrace.record.Sequences;
import java.util.List;

/**
 * What a batch's header says of the idempotent producer that made it, and where in the log it is.
 *
 * @param baseSequence of the first record, or {@link RecordBatch#NO_SEQUENCE}: whoever wrote it counts nothing
 * @param isControl    whether it is a marker, which is not counted either
 * @param timestamp    the largest of its records, in ms since the epoch
 */
public record SequencedBatch(long producerId, short epoch, int baseSequence, boolean isControl, long baseOffset,
                             long lastOffset, long timestamp) {
    /** Of a batch {@linkplain #hasProducer with a producer}. */
    public static SequencedBatch of(RecordBatch batch) {
        return new SequencedBatch(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.isControl(),
            batch.baseOffset(), batch.lastOffset(), batch.maxTimestamp());
    }

    /** Of the batch that a scan stands at. */
    public static SequencedBatch of(BatchScan batch) {
        return new SequencedBatch(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.isControl(),
            batch.baseOffset(), batch.lastOffset(), batch.maxTimestamp());
    }

    public static boolean hasProducer(RecordBatch batch) {
        return batch.producerId() != RecordBatch.NO_PRODUCER_ID;
    }

    public static boolean anyHasProducer(List<RecordBatch> batches) {
        for (RecordBatch batch : batches) {
            if (hasProducer(batch)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a batch's records are counted. */
    static boolean isSequenced(RecordBatch batch) {
        return !batch.isControl() && batch.baseSequence() != RecordBatch.NO_SEQUENCE;
    }

    /** Whether its records are counted. */
    boolean isSequenced() {
        return !isControl && baseSequence != RecordBatch.NO_SEQUENCE;
    }

    /** As many as there were when it was written; compaction may have taken some. */
    long records() {
        return lastOffset - baseOffset + 1;
    }

    /** Of its last record. */
    int lastSequence() {
        return Sequences.after(baseSequence, records() - 1);
    }
}
