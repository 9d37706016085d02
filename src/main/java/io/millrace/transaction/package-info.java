/**
 * Exactly once: who an idempotent producer is, by which a log tells records that are sent again from new ones.
 *
 * <p>Begin with {@link io.millrace.transaction.ProducerIds}; for transactions with {@link
 * io.millrace.transaction.routing.Transactions}, for requests that clients name with {@link
 * io.millrace.transaction.idempotency.IdempotencyKeys}.
 */
package io.millrace.transaction;
