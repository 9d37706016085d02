package io.millrace.rest.guard;

import io.millrace.security.Throttle;
import jakarta.servlet.ServletRequest;
import java.util.function.LongSupplier;

/** Counts the bytes of one request for its caller's quota. Thread-safe. */
public final class Meter {
    static final String ATTRIBUTE = "io.millrace.meter";

    private final Throttle.Spent spent;
    private final Throttle.Traffic traffic;
    private final LongSupplier pauseMs;

    /** @param pauseMs see {@link #pauseMs} */
    Meter(Throttle.Spent spent, Throttle.Traffic traffic, LongSupplier pauseMs) {
        this.spent = spent;
        this.traffic = traffic;
        this.pauseMs = pauseMs;
    }

    /** @return null: nothing is to be counted */
    public static Meter of(ServletRequest request) {
        return (Meter) request.getAttribute(ATTRIBUTE);
    }

    /** What says how long to pause where a request goes on and on; one whose bytes are not counted never does. */
    public static LongSupplier pauses(ServletRequest request) {
        Meter meter = of(request);
        return meter == null ? () -> 0 : meter::pauseMs;
    }

    /** How long the caller is over its quota yet, in ms; 0: it is not. */
    public long pauseMs() {
        return pauseMs.getAsLong();
    }

    /** So many bytes of the body came. */
    public void received(long bytes) {
        if (traffic == Throttle.Traffic.PRODUCE) {
            spent.bytes(traffic, bytes);
        }
    }

    /** So many bytes of the answer went. */
    public void sent(long bytes) {
        if (traffic == Throttle.Traffic.FETCH) {
            spent.bytes(traffic, bytes);
        }
    }
}
