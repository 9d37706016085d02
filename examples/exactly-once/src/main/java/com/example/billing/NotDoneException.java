package com.example.billing;

/** A request was refused, or what became of it is not known. */
final class NotDoneException extends Exception {
    private static final long serialVersionUID = 1;

    NotDoneException(String message) {
        super(message);
    }

    NotDoneException(String message, Throwable cause) {
        super(message, cause);
    }
}
