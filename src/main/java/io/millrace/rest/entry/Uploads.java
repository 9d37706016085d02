package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import java.util.HashMap;
import java.util.Map;

/**
 * The bodies whose next bytes are awaited now. Reading one blocks a thread, so whoever begins many and sends nothing would take all
 * threads; beyond a bound such a request is refused, with a lower bound for each caller, so that one leaves room for others. Bodies
 * whose bytes are there are never counted. Thread-safe.
 */
public final class Uploads {
    private final UploadLimits limits;
    /** By caller; only those that have one. Guarded by this. */
    private final Map<String, Integer> waiting = new HashMap<>();
    private int allWaiting;

    public Uploads(UploadLimits limits) {
        this.limits = limits;
    }

    UploadLimits limits() {
        return limits;
    }

    /** To be closed when the bytes are there. */
    @FunctionalInterface
    interface Wait extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * @param caller the address that the request comes from
     * @throws RequestException 503 when as many as may wait do
     */
    synchronized Wait begin(String caller) {
        int own = waiting.getOrDefault(caller, 0);
        if (own >= limits.maxWaitingOfOne()) {
            throw RequestException.overloaded(("%d requests of your address have not sent all of their body, which is as many as may"
                    + " be waited for (half of millrace.request.waiting.max); try again in a moment").formatted(own));
        }
        if (allWaiting >= limits.maxWaiting()) {
            throw RequestException.overloaded(("%d requests have not sent all of their body, which is as many as may be waited for"
                    + " (millrace.request.waiting.max); try again in a moment").formatted(allWaiting));
        }
        waiting.merge(caller, 1, Integer::sum);
        allWaiting++;
        return () -> end(caller);
    }

    private synchronized void end(String caller) {
        waiting.computeIfPresent(caller, (key, count) -> count == 1 ? null : count - 1);
        allWaiting--;
    }

    /** Requests whose body is awaited now. */
    public synchronized int waiting() {
        return allWaiting;
    }

    /** Callers that are kept in mind. */
    synchronized int callers() {
        return waiting.size();
    }
}
