/**
 * Transactions in one partition's log: which are open, so that their records are not stable yet, and which batches belong to
 * aborted ones.
 *
 * <p>Begin with {@link io.millrace.log.transaction.OpenTransactions}, which the log writer keeps;
 * {@link io.millrace.log.transaction.AbortedBatches} is what readers of committed records filter with. Nothing here does
 * input or output.
 */
package io.millrace.log.transaction;
