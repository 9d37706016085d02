package io.millrace.transaction.state;

import java.util.Optional;

/**
 * Where a transactional id stands. Kafka's states with its names and ids, but for those that it never writes: an id that has
 * expired has no state here, and no record. {@link #PREPARED} is ours; Kafka's tools see a transaction that is ongoing and
 * has no time limit, as KIP-939 records one whose outcome another one decides.
 */
public enum TransactionState {
    /** There is a producer, and no transaction yet. */
    EMPTY(0, "Empty"),
    /** It has partitions, and may be written to until its time is up. */
    ONGOING(1, "Ongoing"),
    /** Waits for the decision of somebody else, however long that takes; nothing may be added. */
    PREPARED(1, "Prepared"),
    /** Decided: markers are being written. */
    PREPARE_COMMIT(2, "PrepareCommit"),
    /** Decided: markers are being written. */
    PREPARE_ABORT(3, "PrepareAbort"),
    /** The last one was committed, and all its markers are written. */
    COMPLETE_COMMIT(4, "CompleteCommit"),
    /** The last one was aborted, and all its markers are written. */
    COMPLETE_ABORT(5, "CompleteAbort");

    private final int id;
    private final String label;

    TransactionState(int id, String label) {
        this.id = id;
        this.label = label;
    }

    /** In Kafka's records. */
    public int id() {
        return id;
    }

    /** As Kafka's tools call it. */
    public String label() {
        return label;
    }

    /** Whether no transaction is under way: the next one may begin, and the transactional id may expire. */
    public boolean isResting() {
        return this == EMPTY || this == COMPLETE_COMMIT || this == COMPLETE_ABORT;
    }

    /** What was decided and is being carried out; empty in other states. */
    public Optional<TransactionResult> decided() {
        return this == PREPARE_COMMIT ? Optional.of(TransactionResult.COMMIT)
                : this == PREPARE_ABORT ? Optional.of(TransactionResult.ABORT) : Optional.empty();
    }

    /** How the last one ended, or is about to; empty in other states. */
    Optional<TransactionResult> result() {
        return this == COMPLETE_COMMIT ? Optional.of(TransactionResult.COMMIT)
                : this == COMPLETE_ABORT ? Optional.of(TransactionResult.ABORT) : decided();
    }
}
