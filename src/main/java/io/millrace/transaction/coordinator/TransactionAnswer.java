package io.millrace.transaction.coordinator;

import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionState;

/**
 * What a producer is told.
 *
 * @param producer as which it goes on
 * @param state    of its transaction
 */
public record TransactionAnswer(ProducerIdAndEpoch producer, TransactionState state) {
}
