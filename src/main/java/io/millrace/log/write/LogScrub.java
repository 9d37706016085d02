package io.millrace.log.write;

import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Reads every segment of some log directories once in an interval and checks each batch, so that damage is told while
 * other replicas have good copies. One segment at a time, at the pace that spreads them over the interval, and never
 * faster than a bound, also where it is late because the server was down. {@link #run()} holds a thread until
 * {@link #close()}, and sleeps for most of it.
 */
public final class LogScrub implements Runnable, AutoCloseable {
    private static final Logger LOG = System.getLogger(LogScrub.class.getName());

    private final List<ScrubPass> passes;
    private final LongSupplier nanoTime;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Pace.Pause pause;
    private final Pace pace;

    /**
     * @param directories    at least one
     * @param intervalMs     in ms: 1 and above
     * @param bytesPerSecond 1 and above
     * @param clock          tells how long the server was down
     */
    public LogScrub(List<LogDirectory> directories, long intervalMs, long bytesPerSecond, Clock clock) {
        this(directories, intervalMs, bytesPerSecond, clock, System::nanoTime, null);
    }

    /** @param pause null: a real one, which ends with {@link #close()} */
    LogScrub(List<LogDirectory> directories, long intervalMs, long bytesPerSecond, Clock clock, LongSupplier nanoTime,
             Pace.Pause pause) {
        if (intervalMs < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("scrub: found an interval of " + intervalMs + " ms and a bound of "
                + bytesPerSecond + " bytes a second, allowed 1 and above");
        }
        this.passes = directories.stream().map(directory -> new ScrubPass(directory, intervalMs, clock, nanoTime)).toList();
        this.nanoTime = nanoTime;
        this.pause = pause == null ? nanos -> !closed.await(nanos, TimeUnit.NANOSECONDS) : pause;
        this.pace = new Pace(bytesPerSecond, nanoTime, this.pause);
    }

    /** Returns after {@link #close()}, or when the thread is interrupted. */
    @Override
    public void run() {
        try {
            boolean more = true;
            while (more) {
                more = step();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for what is due next, and does it: a segment is read, or a pass begun.
     *
     * @return false when the scrub ends
     */
    boolean step() throws InterruptedException {
        long now = nanoTime.getAsLong();
        ScrubPass next = passes.stream().min(Comparator.comparingLong(pass -> pass.due() - now)).orElseThrow();
        return pause.pause(Math.max(0, next.due() - now)) && next.advance(this::scrub);
    }

    private boolean scrub(ScrubPass.Place place) {
        boolean ended = false;
        try {
            ended = !place.log().scrub(place.baseOffset(), pace);
        } catch (UncheckedIOException e) {
            LOG.log(Level.ERROR, "a segment could not be read by the scrub, which goes on with the next one", e);
        }
        return !ended && closed.getCount() > 0 && !Thread.currentThread().isInterrupted();
    }

    /** Does not wait for what is being read just now, which nobody else does either. */
    @Override
    public void close() {
        closed.countDown();
    }
}
