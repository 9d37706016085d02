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
    static TransactionDescription of(String transactionalId, Transaction transaction, SortedSet<TopicPartition> unmarked,
                                     int coordinator) {
        return new TransactionDescription(transactionalId, transaction.state(), transaction.successor(), transaction.timeoutMs(),
                transaction.startedAtMs(), transaction.updatedAtMs(), transaction.partitions(), unmarked, transaction.xid(), coordinator);
    }
}
