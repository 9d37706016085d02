package io.millrace.log;

/** A log is to know an idempotent producer that it does not know, and there is no room for it. Nothing was written. */
public final class TooManyProducersException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TooManyProducersException(String message) {
        super(message);
    }
}
