package io.millrace.broker;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The workers and timers of one run of a simulated server: all that they are given happens in simulated time. */
public class SimulatedTimers extends AbstractExecutorService implements ScheduledExecutorService {
    private static final long LONGEST_WAIT_MICROS = 300;

    private final SimulatedTime time;
    private final Consumer<Runnable> runner;
    private final BooleanSupplier over;

    /**
     * @param runner runs a task, or not when the server is down by then
     * @param over   whether this run is over
     */
    public SimulatedTimers(SimulatedTime time, Consumer<Runnable> runner, BooleanSupplier over) {
        this.time = time;
        this.runner = runner;
        this.over = over;
    }

    private static final class Timer<T> extends FutureTask<T> implements ScheduledFuture<T> {
        private Timer(Callable<T> task) {
            super(task);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }
    }

    @Override
    public void execute(Runnable task) {
        time.soon(LONGEST_WAIT_MICROS, () -> runner.accept(task));
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return schedule(Executors.callable(task), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return once(task, delay, unit);
    }

    private <V> ScheduledFuture<V> once(Callable<V> task, long delay, TimeUnit unit) {
        Timer<V> timer = new Timer<>(task);
        time.at(time.nanoTime() + unit.toNanos(delay), () -> runner.accept(timer));
        return timer;
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initial, long period, TimeUnit unit) {
        return scheduleWithFixedDelay(task, initial, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long delay, TimeUnit unit) {
        return once(() -> {
            task.run();
            return scheduleWithFixedDelay(task, delay, delay, unit);
        }, initial, unit);
    }

    @Override
    public void shutdown() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Runnable> shutdownNow() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isShutdown() {
        return over.getAsBoolean();
    }

    @Override
    public boolean isTerminated() {
        return over.getAsBoolean();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return over.getAsBoolean();
    }
}
