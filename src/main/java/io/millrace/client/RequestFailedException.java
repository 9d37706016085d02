package io.millrace.client;

/** A request that was not answered as it should have been. The message says why, and at which server. */
public final class RequestFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What is known of a request that failed. */
    public enum Outcome {
        /** A server refused it, for a reason that stays: nothing was done. */
        REFUSED,
        /** No server could be reached, or none could do it now: nothing was done. */
        NOT_DONE,
        /** It was sent, and its answer did not come: it may have been done or not. */
        UNKNOWN
    }

    private final Outcome outcome;
    private final String error;

    RequestFailedException(Outcome outcome, String error, String message, Throwable cause) {
        super(message, cause);
        this.outcome = outcome;
        this.error = error;
    }

    public Outcome outcome() {
        return outcome;
    }

    /** The kind of error by the name that the API gives it, such as {@code PRODUCER_FENCED}; empty where there is none. */
    public String error() {
        return error;
    }
}
