package io.millrace.broker;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The moments at which parked fetches give up, behind a single timer. A timer for each would stay in the timers' queue,
 * with all that it refers to, long after its fetch was answered. Thread-safe.
 */
final class Deadlines {
    private static final long MAX_DELAY_MS = TimeUnit.DAYS.toMillis(365);

    private final ScheduledExecutorService timers;
    private final LongSupplier nanoTime;
    /** Guarded by this, as all below. */
    private final TreeSet<Deadline> waiting = new TreeSet<>();
    private long lastSequence;
    private ScheduledFuture<?> timer;
    private long timerAt;

    /** To be given back to {@link #remove}. */
    static final class Deadline implements Comparable<Deadline> {
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
    Deadlines(ScheduledExecutorService timers, LongSupplier nanoTime) {
        this.timers = timers;
        this.nanoTime = nanoTime;
    }

    /** @param expired runs on a timer's thread, once, unless removed before: must return at once */
    synchronized Deadline add(long delayMs, Runnable expired) {
        long now = nanoTime.getAsLong();
        long at = now + TimeUnit.MILLISECONDS.toNanos(Math.min(delayMs, MAX_DELAY_MS));
        if (timer == null || at - timerAt < 0) {
            schedule(at, now);
        }
        Deadline deadline = new Deadline(at, ++lastSequence, expired);
        waiting.add(deadline);
        return deadline;
    }

    synchronized void remove(Deadline deadline) {
        waiting.remove(deadline);
    }

    synchronized int size() {
        return waiting.size();
    }

    synchronized void close() {
        waiting.clear();
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void fire() {
        List<Deadline> due = new ArrayList<>();
        synchronized (this) {
            long now = nanoTime.getAsLong();
            while (!waiting.isEmpty() && waiting.first().at - now <= 0) {
                due.add(waiting.pollFirst());
            }
            timer = null;
            if (!waiting.isEmpty()) {
                schedule(waiting.first().at, now);
            }
        }
        due.forEach(deadline -> deadline.expired.run());
    }

    private void schedule(long at, long now) {
        if (timer != null) {
            timer.cancel(false);
        }
        timer = timers.schedule(this::fire, at - now, TimeUnit.NANOSECONDS);
        timerAt = at;
    }
}
