package io.millrace.rest.body;

import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import java.util.HashMap;
import java.util.Map;

/**
 * Bounds the bytes that all requests together hold in memory. A request reserves before it allocates and gives back
 * when its answer is out; what does not fit is refused with 503, which is better than the whole server running out of
 * memory. Thread-safe.
 *
 * <p>The requests of one caller together hold at most half of it, so that a few large ones leave room for everybody else's. Only one
 * that is large alone, as a list of large records is while it is rendered, may take them further: while the caller's others are small,
 * and up to seven eighths. Else it could never be answered.
 */
public final class MemoryBudget {
    private static final String NOBODY = null;

    private final long limit;
    /** Bytes by caller; only those that hold some. Guarded by this, as the sum. */
    private final Map<String, Long> shares = new HashMap<>();
    private long inUse;

    /** @param limit in bytes */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /**
     * For what counts for no caller, as other brokers' requests do.
     *
     * @throws RequestException 503 when this many bytes are not free now, 422 when they never will be
     */
    public Reservation reserve(long bytes) {
        return reserve(NOBODY, bytes);
    }

    /**
     * For a client's request.
     *
     * @param caller see {@link io.millrace.rest.cluster.CallerAddress}
     * @throws RequestException as above, and 503 when the caller's requests hold their share
     */
    public Reservation reserve(String caller, long bytes) {
        Reservation reservation = new Reservation(caller);
        reservation.resize(bytes);
        return reservation;
    }

    public synchronized long bytesInUse() {
        return inUse;
    }

    public long limit() {
        return limit;
    }

    /** Callers that are kept in mind. */
    synchronized int callers() {
        return shares.size();
    }

    private long most(String caller) {
        return caller == NOBODY ? limit : limit - limit / 8;
    }

    /** What can never be is not refused with "try again". */
    private void checkPossible(String caller, long bytes) {
        if (bytes > most(caller)) {
            throw RequestException.unprocessable("this request alone takes " + bytes + " bytes of memory, more than one"
                    + " request may have (" + most(caller) + ", seven eighths of millrace.request.memory.bytes): raise that, ask for"
                    + " less, or read large records as they are stored, Accept: " + MediaTypes.BATCH);
        }
    }

    /**
     * Changes what one request holds.
     *
     * @throws RequestException 503 when it may not become more now; nothing has changed
     */
    private synchronized void change(String caller, long from, long to) {
        long more = to - from;
        if (more > 0 && more > limit - inUse) {
            throw RequestException.overloaded("the server holds as many bytes of requests as it may ("
                    + limit + ", millrace.request.memory.bytes); try again in a moment");
        }
        if (caller != NOBODY) {
            long share = shares.getOrDefault(caller, 0L) + more;
            if (more > 0 && (share > most(caller) || share > limit / 2 && share - to > limit / 8)) {
                throw RequestException.overloaded("the requests of your address hold as many bytes as they may (" + limit / 2
                        + ", half of millrace.request.memory.bytes); try again in a moment");
            }
            if (share == 0) {
                shares.remove(caller);
            } else {
                shares.put(caller, share);
            }
        }
        inUse += more;
    }

    /** One request's share. Used by one thread after the other; may be closed from any, more than once. */
    public final class Reservation implements AutoCloseable {
        private final String caller;
        private long held;
        private boolean closed;

        private Reservation(String caller) {
            this.caller = caller;
        }

        /** Holds this many bytes from now on; a closed reservation holds none and stays so. */
        public synchronized void resize(long bytes) {
            if (closed) {
                return;
            }
            if (bytes > held) {
                checkPossible(caller, bytes);
            }
            change(caller, held, bytes);
            held = bytes;
        }

        /** Holds so many bytes more from now on, or less. */
        public synchronized void add(long bytes) {
            resize(Math.max(0, held + bytes));
        }

        /** Holds at least this many bytes from now on. */
        public synchronized void growTo(long bytes) {
            if (bytes > held) {
                resize(bytes);
            }
        }

        public synchronized long held() {
            return held;
        }

        @Override
        public synchronized void close() {
            change(caller, held, 0);
            held = 0;
            closed = true;
        }
    }
}
