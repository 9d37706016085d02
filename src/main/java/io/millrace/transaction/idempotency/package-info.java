/**
 * Requests that a client names by a key of its own, so that it may repeat them: records are appended once, and the answer is
 * the same, at every server, and after every failover, until the key expires.
 *
 * <p>Begin with {@link io.millrace.transaction.idempotency.IdempotencyKeys}. {@code IdempotencyMachine} is what is known of the
 * keys of one partition of {@code __idempotency_keys}, and decides; {@code ProducerPool} has the producer ids in whose name
 * requests are carried out; {@code IdempotentProduce} is the way of one request. {@code StoredKey} and {@code StoredValue} are
 * what is in the records, {@code IdempotencyCodec} how; {@code Layout} is where the records of a request go.
 */
package io.millrace.transaction.idempotency;
