package io.millrace.log.write;

import io.millrace.log.segment.Segment;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Reads every segment of some log directories once in an interval and checks each batch, so that damage is told while
 * other replicas have good copies. One segment at a time, at the pace that spreads them over the interval, and never
 * faster than a bound. The order is another one in each pass, so that a server which is restarted often gets to all of
 * them in time. {@link #run()} holds a thread until {@link #close()}, and sleeps for most of it.
 */
public final class LogScrub implements Runnable, AutoCloseable {
    private static final Logger LOG = System.getLogger(LogScrub.class.getName());
    /** Read at once, before the pace is looked at, in bytes. */
    private static final long PIECE = 1 << 20;
    /** How often it is looked whether there is anything to read, where there was nothing. */
    private static final long LOOK_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** Waits, or is told to end. */
    interface Pause {
        /** @return false when the scrub ends */
        boolean pause(long nanos) throws InterruptedException;
    }

    private record Place(PartitionLog log, long baseOffset) {
    }

    private final List<LogDirectory> directories;
    private final long intervalNanos;
    private final long bytesPerSecond;
    private final LongSupplier nanoTime;
    private final Random random;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Pause pause;

    /**
     * @param intervalMs     in ms: 1 and above
     * @param bytesPerSecond 1 and above
     */
    public LogScrub(List<LogDirectory> directories, long intervalMs, long bytesPerSecond) {
        this(directories, intervalMs, bytesPerSecond, System::nanoTime, new Random(), null);
    }

    /** @param pause null: a real one, which ends with {@link #close()} */
    LogScrub(List<LogDirectory> directories, long intervalMs, long bytesPerSecond, LongSupplier nanoTime, Random random,
             Pause pause) {
        if (intervalMs < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("scrub: found an interval of " + intervalMs + " ms and a bound of "
                + bytesPerSecond + " bytes a second, allowed 1 and above");
        }
        this.directories = List.copyOf(directories);
        this.intervalNanos = TimeUnit.MILLISECONDS.toNanos(intervalMs);
        this.bytesPerSecond = bytesPerSecond;
        this.nanoTime = nanoTime;
        this.random = random;
        this.pause = pause == null ? nanos -> !closed.await(nanos, TimeUnit.NANOSECONDS) : pause;
    }

    /** Returns after {@link #close()}, or when the thread is interrupted. */
    @Override
    public void run() {
        try {
            boolean more = true;
            while (more) {
                more = pass();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Reads all segments that there are now, which takes the interval, or longer where the bound is in the way.
     *
     * @return false when the scrub ends
     */
    boolean pass() throws InterruptedException {
        List<Place> places = places();
        if (places.isEmpty()) {
            return pause.pause(Math.min(LOOK_NANOS, intervalNanos));
        }
        long begin = nanoTime.getAsLong();
        for (int i = 0; i < places.size(); i++) {
            Place place = places.get(i);
            if (!scrub(place) || !pauseUntil(begin + (long) ((i + 1.0) / places.size() * intervalNanos))) {
                return false;
            }
        }
        return true;
    }

    private List<Place> places() {
        List<Place> places = new ArrayList<>();
        for (LogDirectory directory : directories) {
            for (PartitionLog log : directory.logs()) {
                for (Segment segment : log.lastView().segments()) {
                    places.add(new Place(log, segment.baseOffset()));
                }
            }
        }
        Collections.shuffle(places, random);
        return places;
    }

    private boolean scrub(Place place) {
        try {
            return place.log().scrub(place.baseOffset(), new Pace());
        } catch (UncheckedIOException e) {
            LOG.log(Level.ERROR, "a segment could not be read by the scrub, which goes on with the next one", e);
            return !Thread.currentThread().isInterrupted();
        }
    }

    private boolean pauseUntil(long nanos) throws InterruptedException {
        return pause.pause(Math.max(0, nanos - nanoTime.getAsLong()));
    }

    /** Holds the reading of one segment to the bound. For one thread. */
    final class Pace {
        private final long begin = nanoTime.getAsLong();
        private long bytes;
        private long paused;

        /** @return false when the scrub ends */
        boolean read(long count) {
            bytes += count;
            if (bytes - paused < PIECE) {
                return true;
            }
            paused = bytes;
            try {
                return pauseUntil(begin + (long) ((double) bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    /** Does not wait for what is being read just now, which nobody else does either. */
    @Override
    public void close() {
        closed.countDown();
    }
}
