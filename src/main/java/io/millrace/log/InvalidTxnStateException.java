package io.millrace.log;

/**
 * An append does not go with the transaction that its producer has open in the log: it is of a later epoch, or in no
 * transaction. Nothing was written. See KIP-890.
 */
public final class InvalidTxnStateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InvalidTxnStateException(String message) {
        super(message);
    }
}
