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
 * @param timestamp        the largest of its last batch, in ms since the epoch
 * @param seen             when it was last heard of here, or the log was opened, in ms since the epoch: only this counts for
 *                         its end, as the timestamps may be of any time
 * @param coordinatorEpoch of the transaction coordinator that sent the last marker, or -1
 * @param transactionStart first offset of an open transaction, or -1
 */
public record ProducerState(long producerId, short epoch, List<Written> written, long timestamp, long seen, int coordinatorEpoch,
                            long transactionStart) {
    /** As many as the field's producers have under way. */
    public static final int MAX_BATCHES = 5;
    /** There is none. */
    static final int NO_COORDINATOR = -1;
    /** There is none. */
    static final long NO_TRANSACTION = -1;

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

        private boolean holds(int firstSequence, int last) {
            return lastSequence == last && Sequences.after(firstSequence, offsetDelta) == last;
        }

        /** Of its first record. */
        long baseOffset() {
            return lastOffset - offsetDelta;
        }
    }

    public ProducerState {
        written = List.copyOf(written);
    }

    /** Of a producer that was not known. */
    static ProducerState first(SequencedBatch batch, long now) {
        return new ProducerState(batch.producerId(), batch.epoch(), List.of(), batch.timestamp(), now, NO_COORDINATOR,
            NO_TRANSACTION).with(batch, now);
    }

    /** With a batch that is in the log now, whatever it says: what a leader has taken is so. */
    ProducerState with(SequencedBatch batch, long now) {
        List<Written> next = new ArrayList<>(batch.epoch() == epoch ? written : List.of());
        if (batch.isSequenced()) {
            next.add(Written.of(batch));
        }
        if (next.size() > MAX_BATCHES) {
            next.remove(0);
        }
        return new ProducerState(producerId, batch.epoch(), next, batch.timestamp(), now,
            batch.marker().map(EndTransactionMarker::coordinatorEpoch).orElse(coordinatorEpoch), transactionStartAfter(batch));
    }

    private long transactionStartAfter(SequencedBatch batch) {
        if (batch.marker().isPresent()) {
            return NO_TRANSACTION;
        }
        return batch.isInTransaction() && !isInTransaction() ? batch.baseOffset() : transactionStart;
    }

    /** The sequence that its next record must have. */
    int nextSequence() {
        return newest().map(last -> Sequences.after(last.lastSequence(), 1)).orElse(0);
    }

    /** Of its batches in that epoch. */
    public Optional<Written> newest() {
        return written.isEmpty() ? Optional.empty() : Optional.of(written.get(written.size() - 1));
    }

    /** Its last batches without the newest. */
    List<Written> earlier() {
        return written.isEmpty() ? written : written.subList(0, written.size() - 1);
    }

    /** With the batches before the newest. */
    ProducerState withEarlier(List<Written> before) {
        List<Written> all = new ArrayList<>(before);
        all.addAll(written);
        return new ProducerState(producerId, epoch, all, timestamp, seen, coordinatorEpoch, transactionStart);
    }

    /** The batch that has the records of these sequences, and no others, when it is one of the last. */
    Optional<Written> find(int firstSequence, int lastSequence) {
        return written.stream().filter(each -> each.holds(firstSequence, lastSequence)).findFirst();
    }

    /** What became of its transaction is not known: where it goes on, that counts as another one. */
    ProducerState withoutTransaction() {
        return new ProducerState(producerId, epoch, written, timestamp, seen, coordinatorEpoch, NO_TRANSACTION);
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
