package io.millrace.transaction.coordinator;

import io.millrace.transaction.state.Transaction;

/**
 * A transaction whose end is decided, and committed when this is handed out: its markers are to be written.
 *
 * @param partition        of the topic, in which it stands
 * @param coordinatorEpoch of this broker's leadership of that partition
 */
record Decided(int partition, int coordinatorEpoch, String transactionalId, Transaction transaction) {
    boolean isSameAs(Decided other) {
        return partition == other.partition && coordinatorEpoch == other.coordinatorEpoch
                && transaction.producer().equals(other.transaction.producer());
    }
}
