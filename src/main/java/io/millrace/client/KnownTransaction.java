package io.millrace.client;

/**
 * A transaction as the servers list it.
 *
 * @param state by its label, such as {@code Prepared} or {@code CompleteCommit}
 * @param xid   what its branch was called when it was prepared; null: not prepared under a name
 */
public record KnownTransaction(TransactionalProducer producer, String state, String xid) {
    static final String PREPARED = "Prepared";

    public boolean isPrepared() {
        return state.equals(PREPARED);
    }

    /** Whether it is decided so, carried out or not. */
    public boolean isCommitted() {
        return state.equals("PrepareCommit") || state.equals("CompleteCommit");
    }

    /** Whether it is decided so, carried out or not. */
    public boolean isAborted() {
        return state.equals("PrepareAbort") || state.equals("CompleteAbort");
    }
}
