package io.millrace.broker;

import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A simulation's only thread: events in the order of a clock that nobody waits for, with delays from a seed. */
public final class SimulatedTime {
    private record Event(long at, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Random random;
    private long now = TimeUnit.SECONDS.toNanos(1);
    private long sequence;

    public SimulatedTime(Random random) {
        this.random = random;
    }

    public long nanoTime() {
        return now;
    }

    /** @param maxDelayMicros the delay is random up to this */
    public void soon(long maxDelayMicros, Runnable action) {
        at(now + TimeUnit.MICROSECONDS.toNanos((long) (random.nextDouble() * maxDelayMicros)), action);
    }

    public void after(long millis, Runnable action) {
        at(now + TimeUnit.MILLISECONDS.toNanos(millis), action);
    }

    public void at(long nanos, Runnable action) {
        events.add(new Event(Math.max(now, nanos), ++sequence, action));
    }

    /** Runs the next event; false when there is none up to this time, in ns, which it then is. */
    public boolean step(long until) {
        Event next = events.peek();
        if (next == null || next.at() > until) {
            now = Math.max(now, until);
            return false;
        }
        events.remove();
        now = next.at();
        next.action().run();
        return true;
    }
}
