package io.millrace.log.producer;

import java.io.IOException;

/** A file is no snapshot of producers, or not the one that was written. */
final class CorruptSnapshotException extends IOException {
    private static final long serialVersionUID = 1L;

    CorruptSnapshotException(String message) {
        super(message);
    }
}
