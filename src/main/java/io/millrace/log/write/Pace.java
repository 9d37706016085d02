package io.millrace.log.write;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Holds what goes on in the background to so many bytes a second, over all segments. For one thread. */
final class Pace {
    /** Waits, or is told to end. */
    interface Pause {
        /** @return false when it is to end */
        boolean pause(long nanos) throws InterruptedException;
    }

    /** Gone through at once, before the pace is looked at, in bytes. */
    private static final long PIECE = 1 << 20;

    private final long bytesPerSecond;
    private final LongSupplier nanoTime;
    private final Pause pause;
    /** When all by now would have been gone through at this pace. */
    private long due;
    private long sincePause;

    /** @param nanoTime measures intervals, in ns */
    Pace(long bytesPerSecond, LongSupplier nanoTime, Pause pause) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanoTime = nanoTime;
        this.pause = pause;
        this.due = nanoTime.getAsLong();
    }

    /**
     * So many bytes were gone through: waits where that was too fast.
     *
     * @return false when it is to end
     */
    boolean passed(long bytes) {
        long now = nanoTime.getAsLong();
        due = now + Math.max(0, due - now) + (long) ((double) bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
        sincePause += bytes;
        if (sincePause < PIECE) {
            return true;
        }
        sincePause = 0;
        try {
            return pause.pause(due - now);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
