package io.millrace.client;

/**
 * The answer to a commit, an abort or a prepare.
 *
 * @param state    by its label, such as {@code Prepared} or {@code CompleteCommit}
 * @param producer who goes on: with the next transaction, or with the decision of the prepared one
 */
public record EndedTransaction(String state, TransactionalProducer producer) {
    /** Whether somebody else is to decide of it now. */
    public boolean isPrepared() {
        return state.equals(KnownTransaction.PREPARED);
    }
}
