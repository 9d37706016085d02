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

    /**
     * An earlier transaction of the producer is open in a partition. Its marker is lost, as no later one begins before each
     * partition has that.
     */
    public static InvalidTxnStateException ofEarlier(String partition, long producerId, short open, short epoch) {
        return new InvalidTxnStateException(("a transaction of producer %d, epoch %d, is open in %s, and its marker was lost, so that none"
            + " of epoch %d can begin there: nothing was written; abort this one, and have an operator abort that one there"
            + " (GET /admin/transactions/hanging, POST /admin/transactions/abort)").formatted(producerId, open, partition, epoch));
    }
}
