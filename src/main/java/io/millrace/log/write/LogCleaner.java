package io.millrace.log.write;

import io.millrace.log.Compaction;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.compact.LogCleaning.DamagedSegmentException;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Compacts the logs of some directories that are to be, the dirtiest that is due first, one at a time and never faster than a
 * bound. One that cannot be compacted, because records in it are damaged or the disk is full, is tried again later, and does
 * not keep the others waiting. {@link #run()} holds a thread until {@link #close()}, and sleeps while nothing is due.
 */
public final class LogCleaner implements Runnable, AutoCloseable {
    private static final Logger LOG = System.getLogger(LogCleaner.class.getName());
    /** When a log that could not be compacted is tried again: at first, and at last, if it never can. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LONGEST_RETRY_NANOS = TimeUnit.HOURS.toNanos(1);
    /** When one is tried again that was changed meanwhile. */
    private static final long CHANGED_NANOS = TimeUnit.SECONDS.toNanos(1);

    /**
     * @param mapBytes       bound of the memory for the newest offset of each key, in bytes; a log with more keys takes
     *                       several passes
     * @param batchBytes     a batch that is larger after decompression stays as it is, in bytes
     * @param bytesPerSecond that are read and written at most: 1 and above
     * @param backoffMs      how often it is looked what is due, in ms: 1 and above
     */
    public record Options(long mapBytes, long batchBytes, long bytesPerSecond, long backoffMs) {
        /** @throws IllegalArgumentException when a value is below 1 */
        public Options {
            if (mapBytes < 1 || batchBytes < 1 || bytesPerSecond < 1 || backoffMs < 1) {
                throw new IllegalArgumentException("cleaner: found a map of " + mapBytes + " bytes, batches of " + batchBytes
                    + " bytes, " + bytesPerSecond + " bytes a second and a backoff of " + backoffMs + " ms, allowed 1 and above");
            }
        }
    }

    /**
     * A log that cannot be compacted.
     *
     * @param pause       until it is tried again, in ns
     * @param truncations how often it had been changed then: when it was since, it is tried at once
     */
    private record Failure(String reason, long retryAt, long pause, int truncations) {
    }

    private final List<LogDirectory> directories;
    private final Options options;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Pace.Pause pause;
    private final Pace pace;
    private final CleanerProgress progress = new CleanerProgress();
    /** The running thread's. */
    private final Map<PartitionLog, Failure> failures = new HashMap<>();

    public LogCleaner(List<LogDirectory> directories, Options options, Clock clock) {
        this(directories, options, clock, System::nanoTime);
    }

    LogCleaner(List<LogDirectory> directories, Options options, Clock clock, LongSupplier nanoTime) {
        this.directories = List.copyOf(directories);
        this.options = options;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.pause = nanos -> !closed.await(nanos, TimeUnit.NANOSECONDS);
        this.pace = new Pace(options.bytesPerSecond(), nanoTime, pause);
    }

    /** What it is at, and what it has done; any thread. */
    public CleanerProgress progress() {
        return progress;
    }

    /** Returns after {@link #close()}, or when the thread is interrupted. */
    @Override
    public void run() {
        try {
            while (closed.getCount() > 0) {
                if (!cleanNext() && !pause.pause(TimeUnit.MILLISECONDS.toNanos(options.backoffMs()))) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (closed.getCount() > 0) {
                progress.ended();
            }
        }
    }

    /**
     * Compacts one log on the calling thread, instead of {@link #run()}.
     *
     * @return false when nothing is due, or what is due waits
     */
    public boolean cleanNext() throws InterruptedException {
        List<CleanableLog> logs = cleanableLogs();
        List<CleanableLog> due = logs.stream().filter(CleanableLog::isDue).toList();
        progress.looked(logs, due.size(), failures.entrySet().stream()
            .collect(Collectors.toMap(each -> each.getKey().name().toString(), each -> each.getValue().reason(), (a, b) -> b)));
        Optional<CleanableLog> next = due.stream().filter(each -> !waits(each.log()))
            .max(Comparator.comparingDouble(CleanableLog::dirtyRatio));
        if (next.isEmpty()) {
            return false;
        }
        clean(next.get());
        return true;
    }

    private List<CleanableLog> cleanableLogs() {
        List<CleanableLog> found = new ArrayList<>();
        for (LogDirectory directory : directories) {
            if (directory.failure() != null) {
                continue;
            }
            for (PartitionLog log : directory.logs()) {
                Optional<Compaction> how = log.config().cleanup().compaction();
                if (how.isPresent()) {
                    look(log, how.get()).ifPresent(found::add);
                }
            }
        }
        failures.keySet().removeIf(log -> found.stream().noneMatch(each -> each.log() == log && each.isDue()));
        return found;
    }

    private Optional<CleanableLog> look(PartitionLog log, Compaction how) {
        try {
            return Optional.of(CleanableLog.of(log, how, clock.millis()));
        } catch (IllegalStateException deletedMeanwhile) {
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, () -> "how dirty " + log.name() + " is could not be seen now", e);
            return Optional.empty();
        }
    }

    private boolean waits(PartitionLog log) {
        Failure failure = failures.get(log);
        return failure != null && failure.retryAt() - nanoTime.getAsLong() > 0
            && failure.truncations() == log.lastView().truncations();
    }

    private void clean(CleanableLog what) throws InterruptedException {
        PartitionLog log = what.log();
        long begin = nanoTime.getAsLong();
        progress.begins(log.name().toString());
        try {
            CompactionPass.Outcome outcome = new CompactionPass(what,
                new CompactionPass.Limits(options.mapBytes(), options.batchBytes()), clock.millis(), this::passed,
                LogCleaner::await).run();
            failures.remove(log);
            progress.cleaned(outcome.removed(), nanoTime.getAsLong() - begin);
            LOG.log(Level.DEBUG, "{0} was compacted up to offset {1}: {2} records are gone", log.name(),
                Long.toString(outcome.cleanedTo()), Long.toString(outcome.removed()));
        } catch (DamagedSegmentException e) {
            failed(log, "records in it are damaged, and are to be replaced by another replica's first: "
                + e.damage().getMessage(), null);
            tell(log, e.segment());
        } catch (LogDirectoryOfflineException e) {
            failed(log, e.getMessage(), null);
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, () -> log.name() + " was changed while it was compacted, and is looked at again", e);
            failures.put(log, new Failure("it was changed meanwhile", nanoTime.getAsLong() + CHANGED_NANOS, 0,
                log.lastView().truncations()));
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            failed(log, e.toString(), e);
        } finally {
            progress.ends();
        }
    }

    /** So that it is mended where there is another replica. */
    private void tell(PartitionLog log, Segment damaged) {
        try {
            log.scrub(damaged.baseOffset(), pace);
        } catch (UncheckedIOException e) {
            LOG.log(Level.ERROR, () -> "a damaged segment of " + log.name() + " cannot be read", e);
        }
    }

    private void failed(PartitionLog log, String reason, Throwable cause) {
        Failure before = failures.get(log);
        long wait = before == null || before.pause() == 0 ? RETRY_NANOS : Math.min(2 * before.pause(), LONGEST_RETRY_NANOS);
        failures.put(log, new Failure(reason, nanoTime.getAsLong() + wait, wait, log.lastView().truncations()));
        if (before == null || !before.reason().equals(reason)) {
            LOG.log(Level.WARNING, () -> log.name() + " cannot be compacted now, which is tried again: " + reason, cause);
        }
    }

    private void passed(long bytes) throws InterruptedException {
        progress.passed(bytes);
        if (!pace.passed(bytes)) {
            throw new InterruptedException("the cleaner is closed");
        }
    }

    private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new UncheckedIOException("compaction failed", new IOException(e.getCause()));
        }
    }

    /** Ends the pass that is going on, at the next piece; does not wait for that. */
    @Override
    public void close() {
        closed.countDown();
    }
}
