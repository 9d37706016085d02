/**
 * What becomes of a transaction: values, and pure functions from one to the next. No clock, no log and no thread is here.
 *
 * <p>Begin with {@link io.millrace.transaction.state.Transaction}, what is known of a transactional id, and {@link
 * io.millrace.transaction.state.TransactionState}; {@link io.millrace.transaction.state.Transitions} are the functions, of
 * which each answers with a {@link io.millrace.transaction.state.Step}. After KIP-98, KIP-360 and KIP-890: each end of a
 * transaction raises the producer's epoch, so that nothing of it can be written into the next one. The prepared state is
 * that of KIP-939.
 */
package io.millrace.transaction.state;
