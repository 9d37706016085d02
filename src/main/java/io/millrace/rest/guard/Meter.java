package io.millrace.rest.guard;

import io.millrace.security.Throttle;
import jakarta.servlet.ServletRequest;

/** Counts the bytes of one request for its caller's quota. Thread-safe. */
public final class Meter {
    static final String ATTRIBUTE = "io.millrace.meter";

    private final Throttle.Spent spent;
    private final Throttle.Traffic traffic;

    Meter(Throttle.Spent spent, Throttle.Traffic traffic) {
        this.spent = spent;
        this.traffic = traffic;
    }

    /** @return null: nothing is to be counted */
    public static Meter of(ServletRequest request) {
        return (Meter) request.getAttribute(ATTRIBUTE);
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
