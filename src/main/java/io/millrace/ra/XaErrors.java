package io.millrace.ra;

import javax.transaction.xa.XAException;

/** Exceptions with a code for the transaction manager, and a message for people. */
final class XaErrors {
    private XaErrors() {
    }

    /** @param cause null: none */
    static XAException of(int code, String message, Throwable cause) {
        XAException exception = new XAException(cause == null ? message : message + ": " + cause.getMessage());
        exception.errorCode = code;
        exception.initCause(cause);
        return exception;
    }
}
