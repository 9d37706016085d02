package io.millrace.log.write;

import io.millrace.log.DirectoryIdentity;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import io.millrace.log.ProducerLimits;
import io.millrace.log.Stray;
import io.millrace.log.file.BootId;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.SpaceWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * A folder of partition logs with one writer. Every change to any of its logs is queued here and carried out by the one
 * thread that executes {@link #run()}; reads come from any thread.
 *
 * <p>After an input/output error, or an interrupt in the middle of a write, nothing more is written until the folder is
 * opened anew: what was published can still be read, and every append fails. When there was only no space (or no file
 * descriptor), what frees some is still done, and the directory comes back by itself: what was half written is cut off
 * first, so that every log ends where it was last published.
 *
 * <p>A simulation makes one of its own, whose thread is the writer whenever it calls {@link #carryOutWaiting()}.
 */
public class LogDirectory extends LogChanges implements AutoCloseable, Runnable {
    /** Open at a time, where nothing else is said. */
    private static final int FILES_OF_ITS_OWN = 500;

    /**
     * @param maxQueuedBytes    bound of the bytes that wait for the writer or are being written
     * @param maxQueuedAppends  bound of the appends that wait for the writer or are being written
     * @param flushInterval     in ms, for {@link FlushPolicy#INTERVAL}
     * @param reserveBytes      space that is kept back for the day when the disk is full; 0: none
     * @param highWatermarkInterval in ms: how often the high watermarks of replicated logs are noted on disk
     * @param producers         how many idempotent producers each log keeps in mind, and for how long
     */
    public record Options(long maxQueuedBytes, int maxQueuedAppends, long flushInterval, long reserveBytes,
                          long highWatermarkInterval, ProducerLimits producers) {
        private static final long HIGH_WATERMARK_INTERVAL = 5000;

        /** Notes high watermarks every 5 s. */
        public Options(long maxQueuedBytes, int maxQueuedAppends, long flushInterval, long reserveBytes) {
            this(maxQueuedBytes, maxQueuedAppends, flushInterval, reserveBytes, HIGH_WATERMARK_INTERVAL, ProducerLimits.DEFAULT);
        }

        /** Keeps no space back, and notes high watermarks every 5 s. */
        public Options(long maxQueuedBytes, int maxQueuedAppends, long flushInterval) {
            this(maxQueuedBytes, maxQueuedAppends, flushInterval, 0);
        }

        /** @throws IllegalArgumentException when a value is below 1, or the reserve is below 0 */
        public Options {
            if (maxQueuedBytes < 1 || maxQueuedAppends < 1 || flushInterval < 1 || reserveBytes < 0
                    || highWatermarkInterval < 1) {
                throw new IllegalArgumentException("log directory options: found " + maxQueuedBytes + " queued bytes, "
                    + maxQueuedAppends + " queued appends, flush interval " + flushInterval + " ms, high watermark interval "
                    + highWatermarkInterval + " ms: use 1 and above; reserve " + reserveBytes + " bytes: use 0 and above");
            }
        }
    }

    /**
     * A log that was found on disk.
     *
     * @param topicId null when its metadata file is missing or damaged
     */
    public record Found(String topic, int partition, UUID topicId) {
    }

    private final DirectoryParts parts;
    private final LogOpener opener;

    /** @param nanoTime measures intervals, in ns */
    LogDirectory(LockedFolders locked, Options options, Clock clock, LongSupplier nanoTime, LogObserver observer) {
        this(DirectoryParts.of(locked, options, nanoTime, observer, GroupForce.ALONE), clock, observer);
    }

    private LogDirectory(DirectoryParts parts, Clock clock, LogObserver observer) {
        super(parts);
        this.parts = parts;
        this.opener = new LogOpener(this, parts, clock, observer);
    }

    /**
     * Locks and reads the folder, creating it when it is not there; starts no thread.
     *
     * @throws IllegalStateException        when another process, or this one, has it open already
     * @throws LogDirectoryOfflineException when it cannot be read or written
     */
    public static LogDirectory open(Path root, Options options, Clock clock, LogObserver observer) {
        return open(root, options, clock, observer, new OpenFiles(FILES_OF_ITS_OWN));
    }

    /** As {@link #open(Path, Options, Clock, LogObserver)}, with a bound of open files that others may share. */
    public static LogDirectory open(Path root, Options options, Clock clock, LogObserver observer, OpenFiles files) {
        return open(root, options, clock, observer, files, BootId.SYSTEM);
    }

    /**
     * As {@link #open(Path, Options, Clock, LogObserver, OpenFiles)}.
     *
     * @param bootId tells whether the operating system was started anew since the last run
     */
    public static LogDirectory open(Path root, Options options, Clock clock, LogObserver observer, OpenFiles files,
                                    BootId bootId) {
        return new LogDirectory(LockedFolders.of(root, files, bootId), options, clock, System::nanoTime, observer);
    }

    /**
     * As {@link #open(Path, Options, Clock, LogObserver, OpenFiles)}.
     *
     * @param forces its threads help the writer to force many files at the same time, and wait for the disk; where none
     *               runs what it is given, the writer does it alone
     */
    public static LogDirectory open(Path root, Options options, Clock clock, LogObserver observer, OpenFiles files,
                                    Executor forces) {
        return new LogDirectory(DirectoryParts.of(LockedFolders.of(root, files, BootId.SYSTEM), options, System::nanoTime,
            observer, forces), clock, observer);
    }

    // ---- the directory itself

    /**
     * What the directory says it is; empty when it does not, or its file is damaged.
     *
     * @throws LogDirectoryOfflineException when it cannot be read
     */
    public Optional<DirectoryIdentity> identity() {
        return onDisk(() -> parts.folders().identity().read().flatMap(DirectoryIdentity::of));
    }

    /**
     * Makes the directory say what it is; durable when it returns.
     *
     * @throws LogDirectoryOfflineException when it cannot be written
     */
    public void mark(DirectoryIdentity identity) {
        onDisk(() -> {
            parts.folders().identity().write(identity.lines());
            return null;
        });
    }

    /** Whether there is any log in it, opened or not. */
    public boolean holdsLogs() {
        return !found().isEmpty();
    }

    // ---- logs

    /**
     * Logs on disk, opened or not.
     *
     * @throws LogDirectoryOfflineException when the folder cannot be read
     */
    public List<Found> found() {
        return onDisk(() -> parts.folders().found());
    }

    /**
     * Marks the folder of a log that is not open, when there is one, with its topic's id, whatever stands there.
     *
     * @throws LogDirectoryOfflineException when it cannot be written
     */
    public void identify(String topic, int partition, UUID topicId) {
        onDisk(() -> {
            parts.folders().identify(new LogName(topic, partition), topicId);
            return null;
        });
    }

    /**
     * Gives the folder of a log that is not open a name that is no log's, and leaves it so.
     *
     * @return its new path
     * @throws LogDirectoryOfflineException when it cannot be renamed
     */
    public Path setAside(String topic, int partition) {
        return onDisk(() -> parts.folders().setAside(new LogName(topic, partition)));
    }

    /**
     * The logs that were set aside, now or earlier.
     *
     * @throws LogDirectoryOfflineException when the folder cannot be read
     */
    public List<Stray> strays() {
        return onDisk(() -> parts.folders().strays());
    }

    /**
     * Gives a log that was set aside its name back.
     *
     * @return false when another folder has it
     * @throws LogDirectoryOfflineException when it cannot be renamed
     */
    public boolean takeBack(Stray stray) {
        parts.checkpoints().forget(new LogName(stray.topic(), stray.partition()));
        return onDisk(() -> parts.folders().takeBack(stray));
    }

    /**
     * The newest leader epoch of the batches of a log that is not open, or -1; reads all headers.
     *
     * @throws LogDirectoryOfflineException when this log cannot be read; the other logs go on
     */
    public int newestEpoch(String topic, int partition) {
        LogName name = new LogName(topic, partition);
        try {
            return parts.folders().newestEpoch(name);
        } catch (IOException e) {
            throw new LogDirectoryOfflineException("the log of " + name + " in " + root() + " cannot be read (" + e
                + "): check the disk and the access rights, then restart the server", e);
        }
    }

    /**
     * Opens and recovers a log, or creates it. Any thread; may take long.
     *
     * @throws IllegalArgumentException     when topic or partition cannot be the name of a log
     * @throws IllegalStateException        when it is open already, or belongs to a topic with another id
     * @throws LogDirectoryOfflineException when the directory is closed or has failed, or this log cannot be read or
     *                                      written; the other logs go on
     */
    public PartitionLog openLog(String topic, int partition, UUID topicId, LogConfig config) {
        return openLog(topic, partition, topicId, config, Integer.MAX_VALUE);
    }

    /**
     * As {@link #openLog(String, int, UUID, LogConfig)}.
     *
     * @param maxEpoch newest leader epoch that the partition has had: a newer one in a file or a batch is damage, and
     *                 is corrected, and leaders of older ones append nothing; Integer.MAX_VALUE: not known
     */
    public PartitionLog openLog(String topic, int partition, UUID topicId, LogConfig config, int maxEpoch) {
        return opener.open(new LogName(topic, partition), topicId, config, maxEpoch, false);
    }

    /**
     * As {@link #openLog(String, int, UUID, LogConfig, int)}, for a log that is one of several replicas: committed is
     * what {@link PartitionLog#raiseHighWatermark} says, now or in an earlier run, and not all that is written.
     * Retention deletes nothing above that, nor is it cut off without a word.
     */
    public PartitionLog openReplicated(String topic, int partition, UUID topicId, LogConfig config, int maxEpoch) {
        return opener.open(new LogName(topic, partition), topicId, config, maxEpoch, true);
    }

    /**
     * Whether a log, opened or not, may lack what was written and not forced; see {@link PartitionLog#mayHaveLost}. Of one
     * that is not open the flush policy is not known, and not counted with.
     */
    public boolean mayHaveLost(String topic, int partition) {
        return parts.checkpoints().mayHaveLost(new LogName(topic, partition));
    }

    /** Those that are open at one moment. */
    List<PartitionLog> logs() {
        return List.copyOf(parts.logs().all());
    }

    /**
     * Drops the folder of a log that is not open, when there is one of this very topic, or a half-made one.
     *
     * @throws IllegalStateException        when the log is open
     * @throws LogDirectoryOfflineException when the directory is closed or has failed for good, or the folder cannot be
     *                                      renamed; the other logs go on
     */
    public void delete(String topic, int partition, UUID topicId) {
        if (parts.queue().isRefusing()) {
            throw new LogDirectoryOfflineException("the log directory " + root() + " is offline or closed", failure());
        }
        parts.removal().deleteClosed(new LogName(topic, partition), topicId);
    }

    /** Whether a log that is not open has a file of records. */
    public boolean hasSegments(String topic, int partition) {
        LogName name = new LogName(topic, partition);
        try {
            return parts.folders().exists(name) && !parts.folders().of(name).segments().isEmpty();
        } catch (IOException e) {
            throw new LogDirectoryOfflineException("the log of " + name + " in " + root() + " cannot be read (" + e + ")",
                e);
        }
    }

    /**
     * Applies retention, and rolls by time, to every open log; also moves their recovery points up, so that less is to
     * be verified after a crash. While there is no space it does what it can.
     */
    public CompletableFuture<Void> applyRetention() {
        return new RetentionPass(this, parts.removal()).start();
    }

    /** What it keeps of its logs beside them. */
    DirectoryCheckpoints checkpoints() {
        return parts.checkpoints();
    }

    /** The space that there is for it. */
    SpaceWatch space() {
        return parts.space();
    }

    // ---- the writer

    /**
     * The writer: returns when the directory is closed or has failed for good. An interrupt while it waits does not end
     * it; one in the middle of a write is an input/output error.
     *
     * @throws IllegalStateException when another thread is the writer already
     */
    @Override
    public void run() {
        parts.loop().run();
    }

    /**
     * Carries out what waits, and what is due, in the place of {@link #run()}: then whoever calls this is the writer.
     *
     * @return whether the writer can go on
     */
    final boolean carryOutWaiting() {
        return parts.loop().carryOut(parts.queue().drain());
    }

    // ---- state

    /** Bytes that wait for the writer or are being written. */
    public long queuedBytes() {
        return parts.queue().bytes();
    }

    /** Appends that wait for the writer or are being written. */
    public int queuedAppends() {
        return parts.queue().appends();
    }

    /** Whether the directory is offline until there is space, and then comes back by itself. */
    public boolean waitsForSpace() {
        return parts.availability().waitsForSpace();
    }

    /** Whether there is too little space to keep some back, where that was asked for. */
    public boolean lacksReserve() {
        return parts.space().lacksReserve();
    }

    /** Why the directory is offline, for good or until there is space; or null. */
    public LogDirectoryOfflineException failure() {
        return parts.availability().failure();
    }

    public Path root() {
        return parts.root();
    }

    /**
     * Ends the writer after what is queued, forces everything, notes the high watermarks and the clean stop, releases the
     * lock. Where there is no writer, the calling thread does what is queued. Reads fail afterwards.
     *
     * @throws IllegalStateException on the writer's own thread
     */
    @Override
    public void close() {
        if (!parts.loop().end()) {
            return;
        }
        CleanStop stop = new CleanStop(parts);
        boolean interrupted = Thread.interrupted();
        try {
            parts.loop().run(); // For a directory that has no writer; returns at once when there is one.
            interrupted |= parts.loop().awaitEnd();
            stop.closeLogs();
        } finally {
            stop.releaseLock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What is wrong with the disk is wrong with the directory. */
    private <T> T onDisk(LogState.Operation<T> operation) {
        try {
            return operation.carryOut();
        } catch (IOException e) {
            throw Availability.offline(parts.root(), e);
        }
    }
}
