package io.millrace.log;

/** The directory met an input/output error and takes no more writes: until there is space, or the server is restarted. */
public final class LogDirectoryOfflineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LogDirectoryOfflineException(String message, Throwable cause) {
        super(message, cause);
    }
}
