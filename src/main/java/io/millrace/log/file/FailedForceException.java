package io.millrace.log.file;

import java.io.IOException;

/** A force that failed: the operating system may have dropped what was written, so it is never tried again. */
public final class FailedForceException extends IOException {
    private static final long serialVersionUID = 1L;

    public FailedForceException(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
