/**
 * Transactional ids as records of the internal topic {@code __transaction_state}, which is compacted: the newest value of each
 * counts. In Kafka's format (its TransactionLogKey and TransactionLogValue), so that its tools read them.
 *
 * <p>Begin with {@link io.millrace.transaction.records.TransactionKey}; {@code TransactionRecordCodec} turns keys and values
 * into bytes and back, {@code TransactionFormat} is the format of the values.
 */
package io.millrace.transaction.records;
