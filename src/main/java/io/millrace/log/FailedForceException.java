package io.millrace.log;

import java.io.IOException;

/** A force that failed: the operating system may have dropped what was written, so it is never tried again. */
final class FailedForceException extends IOException {
    private static final long serialVersionUID = 1L;

    FailedForceException(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
