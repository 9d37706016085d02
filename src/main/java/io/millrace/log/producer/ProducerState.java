package io.millrace.log.producer;

import io.millrace.record.EndTransactionMarker;
import io.millrace.record.Sequences;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a log knows of one idempotent producer: what a leader needs to answer a batch that is sent again as it was answered
 * the first time, and to refuse one before which others are missing (KIP-98). Immutable.
 *
 * @param epoch            of its last batch
 * @param written          its last batches in that epoch, the newest last: at most {@link #MAX_BATCHES}; none when the epoch
 *                         is known from a marker only
 * @param recordsBefore    records before the first of these that follow each other, and it, without a gap in sequences and
 *                         offsets, as far as is known: those of an append that has more batches
 * @param timestamp        the largest of its last batch, in ms since the epoch
 * @param seen             when it was last heard of here, or the log was opened, in ms since the epoch: only this counts for
 *                         its end, as the timestamps may be of any time
 * @param coordinatorEpoch of the transaction coordinator that sent the last marker, or -1
 * @param transactionStart first offset of an open transaction, or -1
 */
public record ProducerState(long producerId, short epoch, List<Written> written, int recordsBefore, long timestamp, long seen,
                            int coordinatorEpoch, long transactionStart) {
    /** As many as the field's producers have under way. */
    public static final int MAX_BATCHES = 5;
    /** There is none. */
    static final int NO_COORDINATOR = -1;
    /** There is none. */
    static final long NO_TRANSACTION = -1;
    private static final int MAX_RECORDS_BEFORE = 1 << 30;

    /**
     * A batch that is in the log, or was.
     *
     * @param lastSequence of its last record
     * @param lastOffset   of its last record
     * @param offsetDelta  from its first record to the last
     * @param timestamp    the largest of its records, in ms since the epoch
     */
    public record Written(int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
        private static Written of(SequencedBatch batch) {
            return new Written(batch.lastSequence(), batch.lastOffset(), (int) (batch.records() - 1), batch.timestamp());
        }

        private long records() {
            return offsetDelta + 1L;
        }

        private boolean follows(Written before) {
            return lastOffset - offsetDelta == before.lastOffset + 1
                && lastSequence == Sequences.after(before.lastSequence, records());
        }
    }

    public ProducerState {
        written = List.copyOf(written);
    }

    /** Of a producer that was not known. */
    static ProducerState first(SequencedBatch batch, long now) {
        return new ProducerState(batch.producerId(), batch.epoch(), List.of(), 0, batch.timestamp(), now, NO_COORDINATOR,
            NO_TRANSACTION).with(batch, now);
    }

    /** With a batch that is in the log now, whatever it says: what a leader has taken is so. */
    ProducerState with(SequencedBatch batch, long now) {
        boolean goesOn = batch.epoch() == epoch;
        List<Written> next = new ArrayList<>(goesOn ? written : List.of());
        int before = goesOn ? recordsBefore : 0;
        if (batch.isSequenced()) {
            next.add(Written.of(batch));
        }
        if (next.size() > MAX_BATCHES) {
            Written oldest = next.remove(0);
            before = next.get(0).follows(oldest) ? (int) Math.min(MAX_RECORDS_BEFORE, before + oldest.records()) : 0;
        }
        return new ProducerState(producerId, batch.epoch(), next, before, batch.timestamp(), now,
            batch.marker().map(EndTransactionMarker::coordinatorEpoch).orElse(coordinatorEpoch), transactionStartAfter(batch));
    }

    private long transactionStartAfter(SequencedBatch batch) {
        if (batch.marker().isPresent()) {
            return NO_TRANSACTION;
        }
        return batch.isInTransaction() && !isInTransaction() ? batch.baseOffset() : transactionStart;
    }

    /** With what headers tell of the batches before the last, where a snapshot told of that alone. */
    ProducerState recalled(ProducerState other) {
        boolean same = other.epoch == epoch && !written.isEmpty() && other.newest().equals(newest());
        return same ? new ProducerState(producerId, epoch, other.written, other.recordsBefore, timestamp, seen,
            coordinatorEpoch, transactionStart) : this;
    }

    /** The sequence that its next record must have. */
    int nextSequence() {
        return newest().map(last -> Sequences.after(last.lastSequence(), 1)).orElse(0);
    }

    Optional<Written> newest() {
        return written.isEmpty() ? Optional.empty() : Optional.of(written.get(written.size() - 1));
    }

    /**
     * The batch that ends so many records, when all of them are known to be in the log one after the other.
     *
     * @param lastSequence of the last of them
     */
    Optional<Written> ending(int lastSequence, long records) {
        for (int i = written.size() - 1; i >= 0; i--) {
            if (written.get(i).lastSequence() == lastSequence && recordsUpTo(i) >= records) {
                return Optional.of(written.get(i));
            }
        }
        return Optional.empty();
    }

    /** How many records, at least, end with a batch and follow each other. */
    private long recordsUpTo(int index) {
        long records = written.get(index).records();
        int i = index;
        while (i > 0 && written.get(i).follows(written.get(i - 1))) {
            records += written.get(--i).records();
        }
        return i == 0 ? records + recordsBefore : records;
    }

    /** Whether it has a transaction, or one of its transactions has ended. */
    boolean hadTransactions() {
        return isInTransaction() || coordinatorEpoch != NO_COORDINATOR;
    }

    /** Whether its transaction is not ended. */
    boolean isInTransaction() {
        return transactionStart != NO_TRANSACTION;
    }
}
