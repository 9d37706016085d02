package io.millrace.rest.model;

import io.millrace.transaction.coordinator.TransactionAnswer;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import jakarta.json.bind.annotation.JsonbPropertyOrder;

/**
 * Who goes on with a transactional id.
 *
 * @param state of the transaction that was asked about, as Kafka's tools call it
 */
@JsonbPropertyOrder({"transactionalId", "producerId", "producerEpoch", "state"})
public record ProducerInTransaction(String transactionalId, long producerId, int producerEpoch, String state) {
    public static ProducerInTransaction of(String transactionalId, TransactionAnswer answer) {
        ProducerIdAndEpoch producer = answer.producer();
        return new ProducerInTransaction(transactionalId, producer.producerId(), producer.epoch(), answer.state().label());
    }
}
