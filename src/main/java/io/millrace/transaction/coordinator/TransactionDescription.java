package io.millrace.transaction.coordinator;

import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionState;
import java.util.SortedSet;

/**
 * What operators are told of a transactional id.
 *
 * @param producer    whose requests are taken, or will be once the markers are written
 * @param startedAtMs when its transaction began, since the epoch; -1: there was none
 * @param updatedAtMs when it last came into a state or got a partition, since the epoch
 * @param partitions  of the transaction that is under way
 * @param unmarked    those of them that wait for their marker, and hold back their readers: empty before it is decided
 * @param xid         what its transaction, the present or the last one, was called when it was prepared; or null
 * @param coordinator the partition of the topic that its record is in
 */
public record TransactionDescription(String transactionalId, TransactionState state, ProducerIdAndEpoch producer, int timeoutMs,
                                     long startedAtMs, long updatedAtMs, SortedSet<TopicPartition> partitions,
                                     SortedSet<TopicPartition> unmarked, String xid, int coordinator) {
    /**
     * For how long it has held back readers of committed records beyond what is usual, in ms: since it is prepared, or decided
     * and not marked everywhere; or, while it goes on, since its time is up.
     *
     * @return -1: it does not
     */
    public long hangsMs(long nowMs) {
        return hangsMs(state, timeoutMs, startedAtMs, updatedAtMs, nowMs);
    }

    static long hangsMs(Transaction transaction, long nowMs) {
        return hangsMs(transaction.state(), transaction.timeoutMs(), transaction.startedAtMs(), transaction.updatedAtMs(), nowMs);
    }

    private static long hangsMs(TransactionState state, int timeoutMs, long startedAtMs, long updatedAtMs, long nowMs) {
        if (state.isResting() || state == TransactionState.ONGOING && nowMs - startedAtMs < timeoutMs) {
            return -1;
        }
        return Math.max(0, nowMs - (state == TransactionState.ONGOING ? startedAtMs + timeoutMs : updatedAtMs));
    }

    static TransactionDescription of(String transactionalId, Transaction transaction, SortedSet<TopicPartition> unmarked,
                                     int coordinator) {
        return new TransactionDescription(transactionalId, transaction.state(), transaction.successor(), transaction.timeoutMs(),
                transaction.startedAtMs(), transaction.updatedAtMs(), transaction.partitions(), unmarked, transaction.xid(), coordinator);
    }
}
