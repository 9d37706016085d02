/**
 * Compaction: of the records of a log only the newest of each key is kept, as in the field's log cleaner.
 *
 * <p>Begin with {@link io.millrace.log.compact.LogCleaning}, one pass over a log: an {@link io.millrace.log.compact.OffsetMap}
 * learns the newest offset of each key in the part that was not cleaned yet, then all segments are written anew, some as one,
 * without the records that a newer one replaces. Every offset stays in a batch: where nothing is left, an empty one keeps the
 * place, so that a reader who finds no batch knows of damage. What takes the new segments in, and decides when a pass is due,
 * is in {@code log.write}.
 *
 * <p>Transactions and their markers are those of KIP-98. What was aborted goes at once; when a marker may go is as KIP-534
 * says, and {@code CleanedTransactions} finds out. {@code ProducerTails} says what stays so that a producer is known.
 */
package io.millrace.log.compact;
