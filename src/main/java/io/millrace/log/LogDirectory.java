package io.millrace.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A folder of partition logs with one writer. Every change to any of its logs is queued here and carried out by the one
 * thread that executes {@link #run()}; reads come from any thread.
 */
public final class LogDirectory implements AutoCloseable, Runnable {
    /**
     * @param maxQueuedBytes    bound of the bytes that wait for the writer
     * @param maxQueuedAppends  bound of the appends that wait for the writer
     * @param flushInterval     in ms, for {@link FlushPolicy#INTERVAL}
     */
    public record Options(long maxQueuedBytes, int maxQueuedAppends, long flushInterval) {
    }

    /** A log that was found on disk. */
    public record Found(String topic, int partition, UUID topicId) {
    }

    private static final System.Logger LOGGER = System.getLogger(LogDirectory.class.getName());
    private static final String LOCK = ".lock";
    private static final int WRITE_BUFFER_BYTES = 1 << 20;

    private final Path root;
    private final FileAccess files;
    private final Options options;
    private final Clock clock;
    private final LogObserver observer;
    private final FileChannel lockFile;
    private final WriteQueue queue;
    private final Set<PartitionLog> logs = ConcurrentHashMap.newKeySet();
    private final CountDownLatch writerEnded = new CountDownLatch(1);
    private volatile boolean writerStarted;
    private volatile LogDirectoryOfflineException failure;

    /** The writer's own: what INTERVAL has not forced yet, and since when. */
    private final Set<PartitionLog> unforced = new LinkedHashSet<>();
    private long unforcedSince;

    private LogDirectory(Path root, FileAccess files, Options options, Clock clock, LogObserver observer)
            throws IOException {
        this.root = root;
        this.files = files;
        this.options = options;
        this.clock = clock;
        this.observer = observer;
        this.queue = new WriteQueue(options.maxQueuedBytes(), options.maxQueuedAppends());
        Files.createDirectories(root);
        this.lockFile = FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock();
        finishDeletions();
    }

    /**
     * Locks and reads the folder, creating it when it is not there; starts no thread.
     *
     * @throws LogDirectoryOfflineException when another server has it, or it cannot be written
     */
    public static LogDirectory open(Path root, Options options, Clock clock, LogObserver observer) {
        return open(root, FileAccess.DISK, options, clock, observer);
    }

    static LogDirectory open(Path root, FileAccess files, Options options, Clock clock, LogObserver observer) {
        try {
            return new LogDirectory(root, files, options, clock, observer);
        } catch (IOException e) {
            throw new LogDirectoryOfflineException("cannot open the log directory %s: %s".formatted(root, e.getMessage()), e);
        }
    }

    private void lock() throws IOException {
        FileLock lock;
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            lockFile.close();
            throw new IOException("another server uses it; give each server its own millrace.log.dirs");
        }
    }

    private void finishDeletions() throws IOException {
        try (Stream<Path> list = Files.list(root)) {
            for (Path doomed : list.filter(path -> path.toString().endsWith(PartitionFolder.DELETED_ENDING)).toList()) {
                PartitionFolder.remove(doomed);
            }
        }
    }

    /** The writer: returns when the directory is closed or has failed. */
    @Override
    public void run() {
        writerStarted = true;
        WriteBuffer out = new WriteBuffer(WRITE_BUFFER_BYTES);
        try {
            while (!queue.isEnded()) {
                drain(queue.take(millisToNextForce()), out);
                forceWhatIsDue();
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        } finally {
            writerEnded.countDown();
        }
    }

    private long millisToNextForce() {
        return unforced.isEmpty() ? Long.MAX_VALUE
                : Math.max(0, unforcedSince + options.flushInterval() - clock.millis());
    }

    private void drain(List<WriteQueue.Task> tasks, WriteBuffer out) throws IOException {
        List<WriteQueue.Append> appends = new ArrayList<>();
        try {
            for (WriteQueue.Task task : tasks) {
                if (task instanceof WriteQueue.Append append) {
                    appends.add(append);
                } else {
                    // a change of another kind sees all that was queued before it
                    commit(appends, out);
                    appends.clear();
                    ((WriteQueue.Change) task).run();
                }
            }
            commit(appends, out);
        } catch (IOException | RuntimeException e) {
            fail(e);
            tasks.forEach(task -> task.future().completeExceptionally(failure));
        }
    }

    /** Writes all, forces each log once, then tells all: nobody is told of what is not forced. */
    private void commit(List<WriteQueue.Append> appends, WriteBuffer out) throws IOException {
        if (appends.isEmpty()) {
            return;
        }
        Set<PartitionLog> touched = new LinkedHashSet<>();
        List<Runnable> answers = new ArrayList<>(appends.size());
        long bytes = 0;
        long now = clock.millis();
        for (WriteQueue.Append append : byLog(appends)) {
            if (append.log().isClosed()) {
                answers.add(() -> append.future().completeExceptionally(new LogDirectoryOfflineException(
                        "the log %s-%d is closed".formatted(append.log().topic(), append.log().partition()), null)));
                continue;
            }
            AppendResult result = append.log().append(append.batches(), append.leaderEpoch(), now, out);
            touched.add(append.log());
            bytes += append.bytes();
            answers.add(() -> append.future().complete(result));
        }
        out.flush();
        for (PartitionLog log : touched) {
            switch (log.config().flush()) {
                case COMMIT -> force(log);
                case INTERVAL -> {
                    if (unforced.isEmpty()) {
                        unforcedSince = now;
                    }
                    unforced.add(log);
                }
                case OS -> { }
            }
            log.publish();
        }
        observer.drained(appends.size(), bytes);
        answers.forEach(Runnable::run);
    }

    /** The appends of one log one after the other, so that they are gathered into one write; within a log in order. */
    private static List<WriteQueue.Append> byLog(List<WriteQueue.Append> appends) {
        java.util.Map<PartitionLog, List<WriteQueue.Append>> grouped = new java.util.LinkedHashMap<>();
        for (WriteQueue.Append append : appends) {
            grouped.computeIfAbsent(append.log(), log -> new ArrayList<>()).add(append);
        }
        return grouped.values().stream().flatMap(List::stream).toList();
    }

    private void force(PartitionLog log) throws IOException {
        long start = System.nanoTime();
        log.force();
        observer.forced(System.nanoTime() - start);
    }

    private void forceWhatIsDue() throws IOException {
        if (!unforced.isEmpty() && millisToNextForce() == 0) {
            for (PartitionLog log : unforced) {
                if (!log.isClosed()) {
                    force(log);
                }
            }
            unforced.clear();
        }
    }

    /** Never tried again: after a failed force the operating system may have dropped the bytes. */
    private void fail(Exception cause) {
        failure = new LogDirectoryOfflineException(("the log directory %s is offline: %s; check the disk's space and health, "
                + "then restart the server").formatted(root, cause.getMessage()), cause);
        LOGGER.log(System.Logger.Level.ERROR, failure.getMessage(), cause);
        queue.end(failure);
    }

    /** Logs on disk, opened or not. */
    public List<Found> found() {
        try (Stream<Path> list = Files.list(root)) {
            List<Found> found = new ArrayList<>();
            for (Path path : list.sorted().toList()) {
                PartitionFolder folder = PartitionFolder.named(path).orElse(null);
                if (folder != null) {
                    folder.topicId().ifPresent(id -> found.add(new Found(folder.topic(), folder.partition(), id)));
                }
            }
            return found;
        } catch (IOException e) {
            throw new LogDirectoryOfflineException("cannot list the log directory %s: %s".formatted(root, e.getMessage()), e);
        }
    }

    /**
     * Opens and recovers a log, or creates it. Any thread; may take long.
     *
     * @throws LogDirectoryOfflineException when the disk does not answer, or the folder is another topic's
     */
    public PartitionLog openLog(String topic, int partition, UUID topicId, LogConfig config) {
        try {
            PartitionLog log = new PartitionLog(this, files, PartitionFolder.in(root, topic, partition), topicId, config,
                    clock.millis(), observer);
            logs.add(log);
            return log;
        } catch (IOException e) {
            throw new LogDirectoryOfflineException("cannot open the log %s-%d in %s: %s"
                    .formatted(topic, partition, root, e.getMessage()), e);
        }
    }

    /**
     * Queues whole, valid batches for an atomic append: consecutive offsets. Completes when the log's flush policy holds,
     * and on the writer's thread: do not linger there.
     *
     * @throws LogQueueFullException         at once, when the queue is at its bound
     * @throws LogDirectoryOfflineException  at once or through the future, when the directory has failed
     */
    public CompletableFuture<AppendResult> append(PartitionLog log, List<ByteBuffer> batches, int leaderEpoch) {
        return queue.add(new WriteQueue.Append(log, batches, leaderEpoch, new CompletableFuture<>()));
    }

    /**
     * Moves the log start offset up; completes with the new one, or with an {@link OffsetOutOfRangeException} when the offset is
     * above the log end offset.
     */
    public CompletableFuture<Long> deleteRecordsBefore(PartitionLog log, long offset) {
        return change(() -> log.deleteRecordsBefore(offset));
    }

    /** Drops the log and its files; readers in flight finish. */
    public CompletableFuture<Void> delete(PartitionLog log) {
        return change(() -> {
            logs.remove(log);
            unforced.remove(log);
            log.delete();
            return null;
        });
    }

    /** Applies retention, and rolls by time, to every open log. */
    public CompletableFuture<Void> applyRetention() {
        return change(() -> {
            for (PartitionLog log : logs) {
                if (!log.isClosed()) {
                    log.applyRetention(clock.millis());
                }
            }
            return null;
        });
    }

    private <T> CompletableFuture<T> change(WriteQueue.Work<T> work) {
        return queue.add(new WriteQueue.Change<>(work, new CompletableFuture<>()));
    }

    public long queuedBytes() {
        return queue.bytes();
    }

    public int queuedAppends() {
        return queue.appends();
    }

    /** Why the directory is offline, or null. */
    public LogDirectoryOfflineException failure() {
        return failure;
    }

    public Path root() {
        return root;
    }

    /** Ends the writer after what is queued, forces everything, notes the clean shutdown, releases the lock. */
    @Override
    public void close() {
        queue.end(new LogDirectoryOfflineException("the log directory %s is closed".formatted(root), null));
        if (writerStarted) {
            awaitWriter();
        }
        for (PartitionLog log : logs) {
            close(log);
        }
        logs.clear();
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException("releasing " + root.resolve(LOCK), e);
        }
    }

    private void awaitWriter() {
        boolean interrupted = false;
        while (true) {
            try {
                writerEnded.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void close(PartitionLog log) {
        try {
            if (failure == null) {
                log.close();
            } else {
                log.abandon();
            }
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.ERROR, "closing %s-%d in %s: its end is checked at the next start"
                    .formatted(log.topic(), log.partition(), root), e);
        }
    }
}
