/**
 * Exactly once: who an idempotent producer is, by which a log tells records that are sent again from new ones.
 *
 * <p>Begin with {@link io.millrace.transaction.ProducerIds}.
 */
package io.millrace.transaction;
