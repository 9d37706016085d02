package io.millrace.rest.internal;

/** Bytes that are no message of another broker, or one of a version that is not known here. */
public final class InvalidMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InvalidMessageException(String message) {
        super(message);
    }
}
