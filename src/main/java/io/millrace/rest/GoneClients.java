package io.millrace.rest;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Finds out clients that closed their connection while their request waited. The container does not tell, and the first
 * bytes that are written to such a connection seem to go out well; they make the client's system answer that nobody is there,
 * so that the next ones fail.
 */
final class GoneClients {
    /** About the way to a client in the same data centre and back; spent only on requests that waited. */
    private static final long WAY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private GoneClients() {
    }

    /** Writes the answer's head, so that writing its body fails when the client is gone. */
    static void expose(OutputStream out) throws IOException {
        out.flush();
        LockSupport.parkNanos(WAY_NANOS);
    }
}
