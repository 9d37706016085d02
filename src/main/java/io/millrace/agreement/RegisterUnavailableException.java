package io.millrace.agreement;

/** Agreement could not be reached, or its outcome is unknown. */
public final class RegisterUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RegisterUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
