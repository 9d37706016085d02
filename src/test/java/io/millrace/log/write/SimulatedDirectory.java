package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.Compaction;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogObserver;
import io.millrace.log.ProducerLimits;
import io.millrace.log.Truncation;
import io.millrace.log.compact.LogCleaning.DamagedSegmentException;
import io.millrace.log.file.BootId;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** A real log directory on a simulated disk, whose writer works in simulated time, a moment after it was given work. */
public final class SimulatedDirectory extends LogDirectory {
    /** A fault that is built into the log on purpose. */
    public enum PlantedBug {
        NONE,
        /** What is committed is not known: all that is written counts. */
        FORGET_HIGH_WATERMARK,
        /** An append is of the epoch that has begun when it is queued, not of the one whose leader decided to append. */
        TAKE_EPOCH_LATE,
        /** What is not committed counts as newer when the log is compacted. */
        COMPACT_ABOVE_HIGH_WATERMARK,
        /** What was known of producers behind a cut stays on the disk. */
        KEEP_SNAPSHOTS_AT_CUT,
        /** The indexes of aborted transactions are gone at a start. */
        LOSE_TRANSACTION_INDEXES
    }

    /** What the simulation does for the directory, and is told by it. */
    public interface Surroundings {
        /** Runs the writer after the time that a disk takes, unless the server is gone by then. */
        void later(Runnable writer);

        /** A log is open. */
        void opened(PartitionLog log);

        /** A log was closed for good: its replica was moved away, or its topic deleted. */
        void closed(PartitionLog log);

        /** Somebody has decided to append, and queues that now: what other threads could do is done. */
        void betweenCheckAndQueue(PartitionLog log);

        /** Of what the log finds. */
        LogObserver observer();
    }

    /** So few that files are closed and opened again all the time. */
    private static final int OPEN_FILES = 12;

    private static final Logger LOG = System.getLogger(SimulatedDirectory.class.getName());

    private final Surroundings surroundings;
    private final Clock clock;
    private final PlantedBug bug;
    private boolean awaited;
    private boolean working;

    private SimulatedDirectory(LockedFolders locked, Clock clock, LongSupplier nanoTime, Surroundings surroundings,
                               ProducerLimits producers, PlantedBug bug) {
        super(locked, new Options(1 << 20, 1_000, 500, 0, 2_000, producers), clock, nanoTime, surroundings.observer());
        this.surroundings = surroundings;
        this.clock = clock;
        this.bug = bug;
    }

    /**
     * @param bootId   of this run of the operating system
     * @param nanoTime of the simulation
     * @throws LogDirectoryOfflineException when the disk lets nothing be written
     */
    public static SimulatedDirectory open(SimulatedDisk disk, String bootId, Clock clock, LongSupplier nanoTime,
                                          Surroundings surroundings, PlantedBug bug) {
        return open(disk, bootId, clock, nanoTime, surroundings, ProducerLimits.DEFAULT, bug);
    }

    /** As above. @param producers that each log keeps in mind */
    public static SimulatedDirectory open(SimulatedDisk disk, String bootId, Clock clock, LongSupplier nanoTime,
                                          Surroundings surroundings, ProducerLimits producers, PlantedBug bug) {
        BootId boot = () -> Optional.of(bootId);
        return new SimulatedDirectory(LockedFolders.of(disk.root(), new OpenFiles(disk, OPEN_FILES), boot), clock, nanoTime,
            surroundings, producers, bug);
    }

    @Override
    public PartitionLog openReplicated(String topic, int partition, UUID topicId, LogConfig config, int maxEpoch) {
        if (bug == PlantedBug.LOSE_TRANSACTION_INDEXES) {
            files(topic + "-" + partition, ".txnindex").forEach(SimulatedDirectory::delete);
        }
        PartitionLog log = bug == PlantedBug.FORGET_HIGH_WATERMARK ? openLog(topic, partition, topicId, config, maxEpoch)
            : super.openReplicated(topic, partition, topicId, config, maxEpoch);
        surroundings.opened(log);
        return log;
    }

    @Override
    public CompletableFuture<Long> truncateTo(PartitionLog log, long offset, Truncation truncation) {
        Map<Path, byte[]> before = new HashMap<>();
        if (bug == PlantedBug.KEEP_SNAPSHOTS_AT_CUT) {
            files(log.name().folder(), ".snapshot").forEach(file -> before.put(file, read(file)));
        }
        CompletableFuture<Long> cut = super.truncateTo(log, offset, truncation);
        before.forEach(SimulatedDirectory::putBack);
        return cut;
    }

    private List<Path> files(String folder, String suffix) {
        try (Stream<Path> all = Files.exists(root().resolve(folder)) ? Files.list(root().resolve(folder)) : Stream.empty()) {
            return all.filter(file -> file.toString().endsWith(suffix)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void putBack(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public CompletableFuture<Void> delete(PartitionLog log) {
        CompletableFuture<Void> deleted = super.delete(log).whenComplete((done, failure) -> surroundings.closed(log));
        work(); // a server that starts waits for that
        return deleted;
    }

    @Override
    public CompletableFuture<Path> setAside(PartitionLog log) {
        CompletableFuture<Path> path = super.setAside(log).whenComplete((done, failure) -> surroundings.closed(log));
        work();
        return path;
    }

    @Override
    <T> CompletableFuture<T> queue(LogTask<T> task) {
        CompletableFuture<T> done = super.queue(task);
        wakeWriter();
        return done;
    }

    @Override
    CompletableFuture<AppendResult> queue(PendingAppend append) {
        surroundings.betweenCheckAndQueue(append.log());
        boolean late = bug == PlantedBug.TAKE_EPOCH_LATE && !append.isReplicated();
        CompletableFuture<AppendResult> done = super.queue(late ? new PendingAppend(append.log(), append.batches(),
            Math.max(append.leaderEpoch(), append.log().epochFloor()), append.bytes()) : append);
        wakeWriter();
        return done;
    }

    private void wakeWriter() {
        if (!awaited) {
            awaited = true;
            surroundings.later(() -> {
                awaited = false;
                work();
            });
        }
    }

    /** The writer does what waits, and what is due, unless it is in the middle of that: then it does so soon. */
    public void work() {
        if (working) {
            wakeWriter();
            return;
        }
        working = true;
        try {
            carryOutWaiting();
        } finally {
            working = false;
        }
    }

    /** Whether the writer is in the middle of something, and others do things meanwhile. */
    public boolean isWorking() {
        return working;
    }

    /** The background pass over all records of a log. */
    public void scrub(PartitionLog log) {
        Pace pace = new Pace(Long.MAX_VALUE, () -> 0, nanos -> true);
        for (Segment segment : log.lastView().segments()) {
            log.scrub(segment.baseOffset(), pace);
        }
    }

    /**
     * What a cleaner does with a log that is due, or not at all where something is in the way.
     *
     * @return up to where the log is cleaned
     */
    public long compact(PartitionLog log, long mapBytes) {
        if (!working && failure() == null) {
            try {
                Compaction how = log.config().cleanup().compaction().orElseThrow();
                LogView view = log.openView();
                long mark = bug == PlantedBug.COMPACT_ABOVE_HIGH_WATERMARK ? view.logEndOffset()
                    : log.transactions().lastStableOffset();
                new CompactionPass(CleanableLog.of(log, view, mark, how, clock.millis()),
                    new CompactionPass.Limits(mapBytes, 1 << 20), clock.millis(), bytes -> { },
                    this::awaited).run();
            } catch (DamagedSegmentException damaged) {
                scrub(log);
            } catch (IOException | RuntimeException notNow) {
                LOG.log(Level.DEBUG, "a log is not compacted now", notNow);
            } catch (InterruptedException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        return log.writable().compaction().cleanedOffset();
    }

    private <T> T awaited(CompletableFuture<T> future) {
        work();
        if (!future.isDone()) {
            throw new IllegalStateException("the writer cannot do it now");
        }
        return future.join();
    }

    /** One byte goes bad, of a committed batch that no recovery would read again; false when there is none. */
    public boolean rot(PartitionLog log, SimulatedDisk disk, Random random) {
        List<Segment> sealed = log.lastView().segments().stream()
            .filter(segment -> endOf(log, segment) <= log.highWatermark()).toList();
        if (sealed.isEmpty()) {
            return false;
        }
        Segment segment = sealed.get(random.nextInt(sealed.size()));
        if (segment.sizeInBytes() == 0) {
            return false;
        }
        disk.rot(segment.file().path(), random.nextInt((int) segment.sizeInBytes()));
        return true;
    }

    /** Of a segment before the active one; of that one, no end. */
    private static long endOf(PartitionLog log, Segment segment) {
        List<Segment> all = log.lastView().segments();
        int index = all.indexOf(segment);
        return index == all.size() - 1 ? Long.MAX_VALUE : all.get(index + 1).baseOffset();
    }
}
