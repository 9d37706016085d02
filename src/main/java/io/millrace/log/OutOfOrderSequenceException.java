package io.millrace.log;

/**
 * An append of an idempotent producer was refused, because records of it between the last one and these would be missing,
 * or because it has several batches; nothing was written. See KIP-98.
 */
public final class OutOfOrderSequenceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message says which sequence was found, which was expected, and what to do */
    public OutOfOrderSequenceException(String message) {
        super(message);
    }
}
