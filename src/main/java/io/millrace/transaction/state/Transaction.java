package io.millrace.transaction.state;

import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What is known of a transactional id: its producer, and its transaction, the present or the last one. A value; the fields are
 * those of Kafka's record.
 *
 * @param producer           whose requests are taken. While markers are written: one epoch above that of the records, or two
 * @param previousProducerId whose last epoch the transaction used up that ended last, when it was its producer that asked for
 *                           that; the producer's own, when its epoch was raised by two to fence it; or -1
 * @param nextProducerId     who follows with epoch 0 once the markers are written, because the epochs are used up; or -1
 * @param timeoutMs          how long a transaction may take, from 1
 * @param partitions         that have records of it, or may have; empty unless it is under way
 * @param updatedAtMs        when this was decided, since the epoch
 * @param startedAtMs        when the transaction began, since the epoch; -1 before the first one
 * @param xid                what whoever is to decide of it calls it: kept from when it is prepared until the next one begins; or null
 */
public record Transaction(ProducerIdAndEpoch producer, long previousProducerId, long nextProducerId, int timeoutMs,
                          TransactionState state, SortedSet<TopicPartition> partitions, long updatedAtMs, long startedAtMs, String xid) {
    static final long NONE = ProducerIdAndEpoch.NO_PRODUCER_ID;
    private static final SortedSet<TopicPartition> NO_PARTITIONS = Collections.unmodifiableSortedSet(new TreeSet<>());

    public Transaction {
        partitions = partitions.isEmpty() ? NO_PARTITIONS : Collections.unmodifiableSortedSet(new TreeSet<>(partitions));
    }

    /** One without a name. */
    public Transaction(ProducerIdAndEpoch producer, long previousProducerId, long nextProducerId, int timeoutMs, TransactionState state,
                       SortedSet<TopicPartition> partitions, long updatedAtMs, long startedAtMs) {
        this(producer, previousProducerId, nextProducerId, timeoutMs, state, partitions, updatedAtMs, startedAtMs, null);
    }

    static Transaction empty(ProducerIdAndEpoch producer, int timeoutMs, long nowMs) {
        return new Transaction(producer, NONE, NONE, timeoutMs, TransactionState.EMPTY, NO_PARTITIONS, nowMs, NONE);
    }

    Transaction ongoing(Collection<TopicPartition> all, long nowMs) {
        return new Transaction(producer, NONE, NONE, timeoutMs, TransactionState.ONGOING, new TreeSet<>(all), nowMs,
                state.isResting() ? nowMs : startedAtMs);
    }

    /** @param name null: none */
    Transaction prepared(String name, long nowMs) {
        return new Transaction(producer, NONE, NONE, timeoutMs, TransactionState.PREPARED, partitions, nowMs, startedAtMs, name);
    }

    /** @param raised above the epoch of the records */
    Transaction decided(TransactionResult result, ProducerIdAndEpoch raised, long previous, long next, long nowMs) {
        String name = state.isResting() ? null : xid; // an empty one ends: that of the transaction before it is not its own
        return new Transaction(raised, previous, next, timeoutMs, result.prepare(), partitions, nowMs, startedAtMs, name);
    }

    Transaction completed(TransactionResult result, long nowMs) {
        return new Transaction(successor(), previousProducerId, NONE, timeoutMs, result.complete(), NO_PARTITIONS, nowMs,
                startedAtMs, xid);
    }

    /** Who goes on once what was decided is done. */
    public ProducerIdAndEpoch successor() {
        return nextProducerId == NONE ? producer : ProducerIdAndEpoch.first(nextProducerId);
    }

    /**
     * Whether a producer speaks of the transaction that it had ended, or that was ended in its place: it was not told, and may
     * ask again. Not so when another incarnation had it ended: that raises the epoch by more.
     */
    boolean isEndedOf(ProducerIdAndEpoch named) {
        if (state.result().isEmpty()) {
            return false;
        } else if (previousProducerId != NONE && nextProducerId == NONE) {
            return producer.epoch() == 0 && named.epoch() == ProducerIdAndEpoch.LAST_EPOCH
                    && ProducerIdAndEpoch.first(previousProducerId).isProducerOf(named);
        }
        boolean givenOut = producer.epoch() <= ProducerIdAndEpoch.LAST_EPOCH || nextProducerId != NONE;
        return givenOut && named.epoch() + 1 == producer.epoch() && producer.isProducerOf(named);
    }

    /** Whether its time is up, and it is still to be decided. */
    public boolean isOverdue(long nowMs) {
        return state == TransactionState.ONGOING && nowMs - startedAtMs >= timeoutMs;
    }

    /** Whether nothing was heard of it for so long that it may be forgotten. */
    public boolean isExpired(long nowMs, long expirationMs) {
        return state.isResting() && nowMs - updatedAtMs >= expirationMs;
    }

    /** What the partitions are to be told; nothing unless it is decided. */
    public List<TransactionMarker> markers(int coordinatorEpoch) {
        return state.decided().map(result -> partitions.stream()
                .map(partition -> new TransactionMarker(partition, marked(), coordinatorEpoch, result)).toList()).orElse(List.of());
    }

    /** What the markers carry: one epoch above that of the records, also where two were raised at once. */
    private ProducerIdAndEpoch marked() {
        boolean fenced = previousProducerId == producer.producerId() && nextProducerId == NONE;
        return fenced ? new ProducerIdAndEpoch(producer.producerId(), (short) (producer.epoch() - 1)) : producer;
    }

    /** Whether an epoch is that of its records, while it is under way. */
    public boolean isOfEpoch(short epoch) {
        return epoch == (state.decided().isPresent() ? marked().epoch() - 1 : producer.epoch());
    }
}
