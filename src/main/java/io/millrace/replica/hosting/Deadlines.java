package io.millrace.replica.hosting;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The moments at which what waits gives up, behind a single timer. A timer for each would stay in the timers' queue, with
 * all that it refers to, long after its request was answered. Thread-safe.
 */
public final class Deadlines implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Deadlines.class.getName());
    /** Not at once, so that what fails again and again does not spin. */
    private static final long HURRIED_MS = 5;
    private static final long MAX_DELAY_MS = TimeUnit.DAYS.toMillis(365);
    /** After how long one that could not be told is told again, in ms. */
    private static final long AGAIN_MS = 100;

    private final ScheduledExecutorService timers;
    private final LongSupplier nanoTime;
    /** Guarded by this, as all below. */
    private final TreeSet<Deadline> waiting = new TreeSet<>();
    private long lastSequence;
    private ScheduledFuture<?> timer;
    private long timerAt;
    private boolean hurried;

    /** To be given back to {@link #remove}. */
    public static final class Deadline implements Comparable<Deadline> {
        private final long at;
        private final long sequence;
        private final Runnable expired;

        private Deadline(long at, long sequence, Runnable expired) {
            this.at = at;
            this.sequence = sequence;
            this.expired = expired;
        }

        @Override
        public int compareTo(Deadline other) {
            // By difference: nanoTime may pass through the largest long.
            int byTime = Long.signum(at - other.at);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    /** @param nanoTime a clock that never jumps, in ns */
    public Deadlines(ScheduledExecutorService timers, LongSupplier nanoTime) {
        this.timers = timers;
        this.nanoTime = nanoTime;
    }

    /**
     * @param delayMs how long from now, in ms; a year at most
     * @param expired runs on a timer's thread, once, unless removed before: must return at once. When it fails, as for want
     *                of memory, it runs again a little later: nobody who waits is forgotten
     */
    public synchronized Deadline add(long delayMs, Runnable expired) {
        long now = nanoTime.getAsLong();
        long at = now + TimeUnit.MILLISECONDS.toNanos(Math.min(delayMs, hurried ? HURRIED_MS : MAX_DELAY_MS));
        if (timer == null || at - timerAt < 0) {
            schedule(at, now);
        }
        Deadline deadline = new Deadline(at, ++lastSequence, expired);
        waiting.add(deadline);
        return deadline;
    }

    /** All that wait expire now, and those yet to come at once. */
    public synchronized void hurry() {
        hurried = true;
        long now = nanoTime.getAsLong();
        schedule(now, now);
    }

    /** Lets go of it, and of all that it refers to. */
    public synchronized void remove(Deadline deadline) {
        waiting.remove(deadline);
    }

    /** How many have not come, and were not removed. */
    public synchronized int size() {
        return waiting.size();
    }

    /** None of them comes any more. */
    @Override
    public synchronized void close() {
        waiting.clear();
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void fire() {
        List<Deadline> due = new ArrayList<>();
        try {
            synchronized (this) {
                timer = null;
                long now = nanoTime.getAsLong();
                while (!waiting.isEmpty() && (hurried || waiting.first().at - now <= 0)) {
                    due.add(waiting.first());
                    waiting.pollFirst();
                }
            }
            due.forEach(this::expire);
        } finally {
            synchronized (this) {
                if (timer == null && !waiting.isEmpty()) {
                    schedule(waiting.first().at, nanoTime.getAsLong());
                }
            }
        }
    }

    private void expire(Deadline deadline) {
        try {
            deadline.expired.run();
        } catch (RuntimeException | Error failure) {
            add(AGAIN_MS, deadline.expired);
            LOG.log(Level.ERROR, "what waited too long could not be told; it will be again", failure);
        }
    }

    private void schedule(long at, long now) {
        if (timer != null) {
            timer.cancel(false);
        }
        timer = timers.schedule(this::fire, at - now, TimeUnit.NANOSECONDS);
        timerAt = at;
    }
}
