package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The incarnation that this broker believes to be active. A CP that was reset answers as if there had never been a
 * register: so no answer counts unless the incarnation, read after it, is still the one known before, and no later one
 * was promised. Thread-safe.
 */
public final class ActiveIncarnation {
    private final CpOperations cp;
    private final BooleanSupplier majorityInTouch;
    private final LongSupplier promised;
    private volatile Incarnation known;

    /**
     * @param majorityInTouch without a majority, the others may have begun a new incarnation already
     * @param promised        the incarnation that this broker's journal has promised: what is below it is over, whatever
     *                        the agreement says
     */
    public ActiveIncarnation(CpOperations cp, BooleanSupplier majorityInTouch, LongSupplier promised) {
        this.cp = cp;
        this.majorityInTouch = majorityInTouch;
        this.promised = promised;
    }

    /** @throws RegisterUnavailableException when none is active */
    Incarnation require() {
        if (!majorityInTouch.getAsBoolean()) {
            throw new RegisterUnavailableException("fewer than a majority of the brokers are in touch", null);
        }
        Incarnation incarnation = known;
        if (incarnation == null || incarnation.number() < promised.getAsLong()) {
            incarnation = refresh();
        }
        if (incarnation == null) {
            throw new RegisterUnavailableException("the registers are not restored yet: see the status of the cluster",
                null);
        }
        return requirePromise(incarnation);
    }

    /** A CP group that lost its majority elsewhere may still answer here. */
    private Incarnation requirePromise(Incarnation incarnation) {
        long promise = promised.getAsLong();
        if (incarnation.number() < promise) {
            throw new RegisterUnavailableException("this broker's journal has promised incarnation " + promise
                + ": incarnation " + incarnation.number() + " of the agreement is over", null);
        }
        return incarnation;
    }

    /** @throws RegisterUnavailableException when another one is active by now, or none */
    void requireStill(Incarnation expected) {
        if (!expected.equals(refresh())) {
            throw new RegisterUnavailableException("the agreement was lost and is built anew: read again", null);
        }
        requirePromise(expected);
    }

    /** Reads it anew; null when none is active. */
    private Incarnation refresh() {
        return learn(Incarnation.decode(cp.get(Incarnation.NAME)));
    }

    /** Takes note of what was just read; null when none is active. */
    public Incarnation learn(Incarnation read) {
        Incarnation active = read != null && read.active() ? read : null;
        known = active;
        return active;
    }
}
