package io.millrace.log.producer;

import io.millrace.log.segment.BatchScan;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.InvalidBatchException;
import io.millrace.record.RecordBatch;
import io.millrace.record.Sequences;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What a batch's header says of the producer that made it, and where in the log it is; of a control batch also what its record
 * says.
 *
 * @param baseSequence    of the first record, or {@link RecordBatch#NO_SEQUENCE}: whoever wrote it counts nothing
 * @param isTransactional whether it is part of a transaction
 * @param isControl       whether it is a marker, which is not counted either
 * @param marker          how it ends the producer's transaction; empty where it does not
 * @param timestamp       the largest of its records, in ms since the epoch
 */
public record SequencedBatch(long producerId, short epoch, int baseSequence, boolean isTransactional, boolean isControl,
                             Optional<EndTransactionMarker> marker, long baseOffset, long lastOffset, long timestamp) {
    /**
     * Of a batch {@linkplain #hasProducer with a producer}.
     *
     * @throws InvalidBatchException when it is a control batch with a record that nobody can read
     */
    public static SequencedBatch of(RecordBatch batch) {
        return new SequencedBatch(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.isTransactional(),
            batch.isControl(), EndTransactionMarker.of(batch), batch.baseOffset(), batch.lastOffset(), batch.maxTimestamp());
    }

    /** Of the batch that a scan stands at; a marker that is damaged ends nothing. */
    public static SequencedBatch of(BatchScan batch) throws IOException {
        Optional<EndTransactionMarker> marker = batch.isControl() ? batch.read().flatMap(EndTransactionMarker::of)
            : Optional.empty();
        return new SequencedBatch(batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.isTransactional(),
            batch.isControl(), marker, batch.baseOffset(), batch.lastOffset(), batch.maxTimestamp());
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

    /** Whether the log is to count its records, as its producer does not. */
    static boolean isToBeCounted(RecordBatch batch) {
        return hasProducer(batch) && batch.isTransactional() && !batch.isControl()
            && batch.baseSequence() == RecordBatch.NO_SEQUENCE;
    }

    /** Whether its records are counted. */
    boolean isSequenced() {
        return !isControl && baseSequence != RecordBatch.NO_SEQUENCE;
    }

    /** Whether its records are part of a transaction, which it begins if there is none. */
    public boolean isInTransaction() {
        return isTransactional && !isControl;
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
