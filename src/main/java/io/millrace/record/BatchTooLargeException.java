package io.millrace.record;

/** A batch, or a record in it, is larger than the topic allows. */
public final class BatchTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BatchTooLargeException(String message) {
        super(message);
    }
}
