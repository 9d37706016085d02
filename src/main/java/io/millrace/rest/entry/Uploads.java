package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import java.util.HashMap;
import java.util.Map;

/**
 * The bodies whose next bytes are awaited now. Reading one blocks a thread, so whoever begins many and sends nothing would take all
 * threads; beyond a bound such a request is refused, with a lower bound for each caller, so that one leaves room for others. Bodies
 * whose bytes are known to be there are never counted.
 *
 * <p>Whether the first bytes of a body are there is not known before they are read, and with most requests they are, to the last one.
 * So a quarter of the room is kept for first bytes: bodies that came as a whole go through it, whatever has begun and stalls.
 * Thread-safe.
 */
public final class Uploads {
    private final UploadLimits limits;
    /** By caller; only those that have one. Guarded by this. */
    private final Map<String, Waiting> waiting = new HashMap<>();
    private Waiting allWaiting = Waiting.NONE;

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

    /** How many bodies are awaited. @param begun those of them of which something came already */
    private record Waiting(int all, int begun) {
        static final Waiting NONE = new Waiting(0, 0);

        Waiting more(boolean hasBegun) {
            return new Waiting(all + 1, hasBegun ? begun + 1 : begun);
        }

        Waiting less(boolean hadBegun) {
            return new Waiting(all - 1, hadBegun ? begun - 1 : begun);
        }
    }

    /**
     * @param caller the address that the request comes from
     * @param begun  whether something of the body was read already
     * @throws RequestException 503 when as many as may wait do
     */
    synchronized Wait begin(String caller, boolean begun) {
        Waiting own = waiting.getOrDefault(caller, Waiting.NONE);
        if (own.all >= limits.maxWaitingOfOne() || begun && own.begun >= limits.maxBegunOfOne()) {
            throw RequestException.overloaded(("%d requests of your address have not sent all of their body, which is as many as may"
                    + " be waited for (half of millrace.request.waiting.max, less what is kept for bodies that begin); try again in a"
                    + " moment").formatted(own.all));
        }
        if (allWaiting.all >= limits.maxWaiting() || begun && allWaiting.begun >= limits.maxBegun()) {
            throw RequestException.overloaded(("%d requests have not sent all of their body, which is as many as may be waited for"
                    + " (millrace.request.waiting.max, less what is kept for bodies that begin); try again in a moment")
                    .formatted(allWaiting.all));
        }
        waiting.put(caller, own.more(begun));
        allWaiting = allWaiting.more(begun);
        return () -> end(caller, begun);
    }

    private synchronized void end(String caller, boolean begun) {
        waiting.computeIfPresent(caller, (key, own) -> own.all == 1 ? null : own.less(begun));
        allWaiting = allWaiting.less(begun);
    }

    /** Requests whose body is awaited now. */
    public synchronized int waiting() {
        return allWaiting.all;
    }

    /** Callers that are kept in mind. */
    synchronized int callers() {
        return waiting.size();
    }
}
