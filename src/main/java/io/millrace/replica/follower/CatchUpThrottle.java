package io.millrace.replica.follower;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Bounds what replicas that are not in sync fetch all together, so that a partition that moves, or a broker that comes
 * back, does not take the disks and the network from the producers. Thread-safe.
 */
public final class CatchUpThrottle {
    private final long bytesPerSecond;
    private final LongSupplier nanoTime;
    /** Until when what was taken so far is paid for, in ns. */
    private long paidUntil;

    /** @param bytesPerSecond 0: no bound */
    public CatchUpThrottle(long bytesPerSecond, LongSupplier nanoTime) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanoTime = nanoTime;
        this.paidUntil = nanoTime.getAsLong();
    }

    /** @return how long to wait before more is taken, in ns */
    synchronized long taken(int bytes) {
        if (bytesPerSecond == 0 || bytes == 0) {
            return 0;
        }
        long now = nanoTime.getAsLong();
        long from = Math.max(0, paidUntil - now);
        paidUntil = now + from + (long) ((double) bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
        return paidUntil - now;
    }
}
