package io.millrace.rest.body;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.rest.dialect.RequestException;

/** A request's share of the {@link MemoryBudget}, as the broker takes of it while it reads. Thread-safe. */
public final class ReservedReadMemory implements ReadMemory {
    private final MemoryBudget.Reservation reservation;
    private final ReservedReadMemory whole;
    /** By this one and its parts; guarded by this. */
    private long taken;

    public ReservedReadMemory(MemoryBudget.Reservation reservation) {
        this(reservation, null);
    }

    private ReservedReadMemory(MemoryBudget.Reservation reservation, ReservedReadMemory whole) {
        this.reservation = reservation;
        this.whole = whole;
    }

    @Override
    public void take(long bytes) {
        try {
            reservation.add(bytes);
        } catch (RequestException refused) {
            throw new BrokerException(refused.status() == 503 ? ErrorKind.OVERLOADED : ErrorKind.RECORD_TOO_LARGE,
                    refused.getMessage(), refused);
        }
        count(bytes);
    }

    private void count(long bytes) {
        synchronized (this) {
            taken += bytes;
        }
        if (whole != null) {
            whole.count(bytes);
        }
    }

    @Override
    public void release() {
        long free;
        synchronized (this) {
            free = taken;
            taken = 0;
        }
        reservation.add(-(whole == null ? free : whole.uncount(free)));
    }

    /** @return how much of it was still counted: a whole that was released has given back what its parts took */
    private long uncount(long bytes) {
        long counted;
        synchronized (this) {
            counted = Math.min(bytes, taken);
            taken -= counted;
        }
        return whole == null ? counted : whole.uncount(counted);
    }

    /** The read is over: whatever was taken, it is this much that is held, and it is not for readers to release. */
    public void settle(long bytes) {
        synchronized (this) {
            taken = 0;
        }
        reservation.resize(bytes);
    }

    @Override
    public ReadMemory part() {
        return new ReservedReadMemory(reservation, this);
    }
}
