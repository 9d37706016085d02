package io.millrace.group;

/**
 * The producer in whose transaction offsets are committed.
 *
 * @param epoch that the transaction is in
 */
public record TransactionalProducer(String transactionalId, long id, short epoch) {
}
