package io.millrace.security;

/**
 * Lets through so much a second, and after a rest at once what a second gives. What is taken may be more than there is: then nothing
 * gets through until that is made up for. Thread-safe.
 */
final class TokenBucket {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Guarded by this, as the other; below 0 owed. */
    private double left = Double.NaN;
    private long seenNanos;

    /**
     * @param perSecond from 1
     * @return how long to wait, in ms; 0: not at all
     */
    synchronized long waitMs(long perSecond, long nowNanos) {
        if (Double.isNaN(left)) {
            left = perSecond;
        } else {
            double gained = Math.max(0, nowNanos - seenNanos) / NANOS_PER_SECOND * perSecond;
            left = Math.min(perSecond, left + gained);
        }
        seenNanos = nowNanos;
        return left > 0 ? 0 : (long) (-left / perSecond * 1000) + 1;
    }

    synchronized void take(long amount) {
        left = (Double.isNaN(left) ? 0 : left) - amount;
    }
}
