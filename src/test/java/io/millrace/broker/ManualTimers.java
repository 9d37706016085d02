package io.millrace.broker;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Timers whose time passes only when a test says so; tasks run in the thread that lets it pass. */
public final class ManualTimers extends AbstractExecutorService implements ScheduledExecutorService {
    private final PriorityQueue<Timer<?>> timers = new PriorityQueue<>();
    private long now;
    private boolean shutdown;

    private final class Timer<T> extends FutureTask<T> implements ScheduledFuture<T> {
        private final long at;

        private Timer(Callable<T> task, long at) {
            super(task);
            this.at = at;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(at - nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(at, ((Timer<?>) other).at);
        }
    }

    /** To be given to what is tested. */
    public synchronized long nanoTime() {
        return now;
    }

    public void advanceMillis(long millis) {
        long end = nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (Timer<?> due = next(end); due != null; due = next(end)) {
            due.run();
        }
    }

    /** Timers that were set, cancelled ones left out. */
    public synchronized long pending() {
        return timers.stream().filter(timer -> !timer.isCancelled()).count();
    }

    private synchronized Timer<?> next(long end) {
        Timer<?> first = timers.peek();
        if (first == null || first.at > end) {
            now = end;
            return null;
        }
        now = Math.max(now, first.at);
        return timers.poll();
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return schedule(() -> {
            command.run();
            return null;
        }, delay, unit);
    }

    @Override
    public synchronized <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        Timer<V> timer = new Timer<>(callable, now + unit.toNanos(delay));
        timers.add(timer);
        return timer;
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return scheduleWithFixedDelay(command, initialDelay, period, unit);
    }

    /** Cancelling stops it only before its first run. */
    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return schedule(() -> {
            command.run();
            scheduleWithFixedDelay(command, delay, delay, unit);
        }, initialDelay, unit);
    }

    @Override
    public void execute(Runnable command) {
        command.run();
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        return new ArrayList<>();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
