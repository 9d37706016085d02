package io.millrace.rest.body;

import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bytes that all requests together hold in memory. A request reserves before it allocates and gives back
 * when its answer is out; what does not fit is refused with 503, which is better than the whole server running out of
 * memory. Thread-safe.
 */
public final class MemoryBudget {
    private final long limit;
    private final AtomicLong inUse = new AtomicLong();

    /** @param limit in bytes */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** @throws RequestException 503 when this many bytes are not free now, 422 when they never will be */
    public Reservation reserve(long bytes) {
        Reservation reservation = new Reservation();
        reservation.resize(bytes);
        return reservation;
    }

    public long bytesInUse() {
        return inUse.get();
    }

    public long limit() {
        return limit;
    }

    /** What can never be is not refused with "try again". */
    private void checkPossible(long bytes) {
        if (bytes > limit) {
            throw RequestException.unprocessable("this request alone takes " + bytes + " bytes of memory, more than all"
                    + " requests together may have (" + limit + ", millrace.request.memory.bytes): raise that, ask for less,"
                    + " or read large records as they are stored, Accept: " + MediaTypes.BATCH);
        }
    }

    private void take(long bytes) {
        long used;
        do {
            used = inUse.get();
            if (bytes > limit - used) {
                throw RequestException.overloaded("the server holds as many bytes of requests as it may ("
                        + limit + ", millrace.request.memory.bytes); try again in a moment");
            }
        } while (!inUse.compareAndSet(used, used + bytes));
    }

    /** One request's share. Used by one thread after the other; may be closed from any, more than once. */
    public final class Reservation implements AutoCloseable {
        private long held;
        private boolean closed;

        private Reservation() {
        }

        /** Holds this many bytes from now on; a closed reservation holds none and stays so. */
        public synchronized void resize(long bytes) {
            if (closed) {
                return;
            }
            if (bytes > held) {
                checkPossible(bytes);
                take(bytes - held);
            } else {
                inUse.addAndGet(bytes - held);
            }
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
            inUse.addAndGet(-held);
            held = 0;
            closed = true;
        }
    }
}
