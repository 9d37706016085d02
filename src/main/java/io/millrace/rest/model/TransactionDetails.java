package io.millrace.rest.model;

import io.millrace.transaction.coordinator.TransactionDescription;
import io.millrace.transaction.coordinator.TransactionList;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import java.util.function.Predicate;

/**
 * A transactional id and its transaction.
 *
 * @param xid        what the transaction, the present or the last one, was prepared as; null: not
 * @param startedAt  when the transaction began, in ms since the epoch; null: there was none
 * @param updatedAt  when it last changed, in ms since the epoch
 * @param partitions that have records of it
 * @param unmarked   those that wait for their marker
 */
@JsonbPropertyOrder({"transactionalId", "state", "producerId", "producerEpoch", "timeoutMs", "xid", "startedAt", "updatedAt", "partitions",
    "unmarked"})
public record TransactionDetails(String transactionalId, String state, long producerId, int producerEpoch, int timeoutMs, String xid, Long startedAt,
                                 long updatedAt, List<GroupPartition> partitions, List<GroupPartition> unmarked) {
    /** A list of them. @param truncated whether there are more behind the last one */
    @JsonbPropertyOrder({"transactions", "truncated"})
    public record All(List<TransactionDetails> transactions, boolean truncated) {
        public static All of(TransactionList list) {
            return new All(all(list.transactions()), list.truncated());
        }

        /** Those of them that one may see. */
        public All of(Predicate<TransactionDetails> seen) {
            return new All(transactions.stream().filter(seen).toList(), truncated);
        }
    }

    static List<TransactionDetails> all(List<TransactionDescription> transactions) {
        return transactions.stream().map(TransactionDetails::of).toList();
    }

    public static TransactionDetails of(TransactionDescription transaction) {
        return new TransactionDetails(transaction.transactionalId(), transaction.state().label(), transaction.producer().producerId(),
                transaction.producer().epoch(), transaction.timeoutMs(), transaction.xid(),
                transaction.startedAtMs() < 0 ? null : transaction.startedAtMs(), transaction.updatedAtMs(),
                GroupPartition.all(transaction.partitions()), GroupPartition.all(transaction.unmarked()));
    }
}
