package io.millrace.log.write;

import io.millrace.log.LogObserver;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Forces the segments of a group at the same time: the disk has many things under way at once, and the file system takes
 * forces that come together to the disk together, while one after the other each would wait for a round trip of its own.
 * The log writer takes part, and goes on without the others' help where no thread comes. Only the log writer calls it.
 */
final class GroupForce {
    private static final Logger LOG = System.getLogger(GroupForce.class.getName());
    /** Most files at a time, the log writer's one included. */
    static final int MOST_AT_ONCE = 64;
    /** Nobody helps. */
    static final Executor ALONE = task -> { };

    private final Executor helpers;
    private final LogObserver observer;

    /** @param helpers their threads wait for the disk; whether and when they run what they are given is their matter */
    GroupForce(Executor helpers, LogObserver observer) {
        this.helpers = helpers;
        this.observer = observer;
    }

    /**
     * Returns when all are forced.
     *
     * @throws IOException the first failure, with the others as suppressed ones; no force goes on then
     */
    void force(List<Segment> segments) throws IOException {
        Round round = new Round(segments);
        try {
            for (int i = 1; i < Math.min(MOST_AT_ONCE, segments.size()); i++) {
                helpers.execute(round);
            }
        } catch (RejectedExecutionException | IllegalStateException | OutOfMemoryError noMore) {
            // An application server's threads are refused by the second once it stops, and the error is that of a thread
            // that could not be made: then those that have come do it, and this thread.
            LOG.log(Level.DEBUG, "files are forced by fewer threads", noMore);
        }
        round.run();
        round.await();
    }

    /** Each thread takes a segment that nobody has taken yet, until there is none. */
    private final class Round implements Runnable {
        private final List<Segment> segments;
        private final AtomicInteger taken = new AtomicInteger();
        private final CountDownLatch left;
        /** Guarded by itself. */
        private final List<Throwable> failures = new ArrayList<>();

        private Round(List<Segment> segments) {
            this.segments = segments;
            this.left = new CountDownLatch(segments.size());
        }

        @Override
        public void run() {
            for (int next = taken.getAndIncrement(); next < segments.size(); next = taken.getAndIncrement()) {
                try {
                    long begin = System.nanoTime();
                    segments.get(next).force();
                    observer.forced(System.nanoTime() - begin);
                } catch (IOException | RuntimeException | Error e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                } finally {
                    left.countDown();
                }
            }
        }

        private void await() throws IOException {
            boolean interrupted = false;
            while (true) {
                try {
                    left.await();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            throwFailure();
        }

        private void throwFailure() throws IOException {
            synchronized (failures) {
                if (failures.isEmpty()) {
                    return;
                }
                Throwable first = failures.remove(0);
                failures.stream().filter(other -> other != first).forEach(first::addSuppressed);
                if (first instanceof IOException io) {
                    throw io;
                } else if (first instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) first;
            }
        }
    }
}
