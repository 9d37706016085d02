package io.millrace.transaction.state;

/** How a transaction ends. */
public enum TransactionResult {
    COMMIT, ABORT;

    /** While its markers are being written. */
    public TransactionState prepare() {
        return this == COMMIT ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT;
    }

    /** Once they all are. */
    public TransactionState complete() {
        return this == COMMIT ? TransactionState.COMPLETE_COMMIT : TransactionState.COMPLETE_ABORT;
    }
}
