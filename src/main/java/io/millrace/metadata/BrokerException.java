package io.millrace.metadata;

/** An error that a client is told of, with a message that says what to do. */
public final class BrokerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorKind kind;

    public BrokerException(ErrorKind kind, String message) {
        this(kind, message, null);
    }

    public BrokerException(ErrorKind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public ErrorKind kind() {
        return kind;
    }
}
