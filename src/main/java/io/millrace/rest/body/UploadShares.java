package io.millrace.rest.body;

import io.millrace.rest.dialect.RequestException;
import java.util.HashMap;
import java.util.Map;

/**
 * Bounds the bytes that one caller's unfinished bodies hold in memory, so that whoever begins many large ones leaves room for the
 * others. What has come as a whole is no part of it. Thread-safe.
 */
public final class UploadShares {
    private final long limit;
    /** By caller; only those that have a share. Guarded by this. */
    private final Map<String, Long> held = new HashMap<>();

    /** @param limit of one caller, in bytes; at least the largest body */
    public UploadShares(long limit) {
        this.limit = limit;
    }

    /** @param caller the address that a request comes from */
    public Share of(String caller) {
        return new Share(caller);
    }

    private synchronized void take(String caller, long bytes) {
        long now = held.getOrDefault(caller, 0L) + bytes;
        if (now > limit) {
            throw RequestException.overloaded("the unfinished requests of your address hold as many bytes as they may (" + limit
                    + ", half of millrace.request.memory.bytes); try again in a moment");
        }
        held.put(caller, now);
    }

    private synchronized void give(String caller, long bytes) {
        held.computeIfPresent(caller, (key, now) -> now == bytes ? null : Long.valueOf(now - bytes));
    }

    /** Callers that are kept in mind. */
    synchronized int callers() {
        return held.size();
    }

    /** Of one body, until it has come. Used by one thread. */
    public final class Share implements AutoCloseable {
        private final String caller;
        private long bytes;

        private Share(String caller) {
            this.caller = caller;
        }

        /** @throws RequestException 503 when the caller would hold more than it may */
        public void growTo(long wanted) {
            if (wanted > bytes) {
                take(caller, wanted - bytes);
                bytes = wanted;
            }
        }

        @Override
        public void close() {
            if (bytes > 0) {
                give(caller, bytes);
                bytes = 0;
            }
        }
    }
}
