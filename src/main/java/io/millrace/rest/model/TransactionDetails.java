package io.millrace.rest.model;

import io.millrace.transaction.coordinator.TransactionDescription;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/**
 * A transactional id and its transaction.
 *
 * @param startedAt  when the transaction began, in ms since the epoch; null: there was none
 * @param updatedAt  when it last changed, in ms since the epoch
 * @param partitions that have records of it
 * @param unmarked   those that wait for their marker
 */
@JsonbPropertyOrder({"transactionalId", "state", "producerId", "producerEpoch", "timeoutMs", "startedAt", "updatedAt", "partitions",
    "unmarked"})
public record TransactionDetails(String transactionalId, String state, long producerId, int producerEpoch, int timeoutMs, Long startedAt,
                                 long updatedAt, List<GroupPartition> partitions, List<GroupPartition> unmarked) {
    /** A list of them. */
    public record All(List<TransactionDetails> transactions) {
    }

    public static TransactionDetails of(TransactionDescription transaction) {
        return new TransactionDetails(transaction.transactionalId(), transaction.state().label(), transaction.producer().producerId(),
                transaction.producer().epoch(), transaction.timeoutMs(),
                transaction.startedAtMs() < 0 ? null : transaction.startedAtMs(), transaction.updatedAtMs(),
                GroupPartition.all(transaction.partitions()), GroupPartition.all(transaction.unmarked()));
    }
}
