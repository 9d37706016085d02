package io.millrace.transaction.coordinator;

/**
 * What transactions are configured with.
 *
 * @param maxTimeoutMs        how long a producer may want its transactions to take, from 1; Kafka's transaction.max.timeout.ms
 * @param expirationMs        after how long a transactional id is forgotten that nobody used; Kafka's
 *                            transactional.id.expiration.ms
 * @param maxTransactionalIds how many a partition of the topic may have; a new one is refused then
 */
public record TransactionOptions(int maxTimeoutMs, long expirationMs, int maxTransactionalIds) {
    /** How many partitions a transaction may have: with the longest names they fit into one record. */
    public static final int MAX_PARTITIONS = 10_000;
    /** Characters of a transactional id. */
    public static final int MAX_ID_LENGTH = 255;
}
