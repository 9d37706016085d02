package io.millrace.log;

/** The writer's queue is at its bound: try again later. */
public final class LogQueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LogQueueFullException(String message) {
        super(message);
    }
}
