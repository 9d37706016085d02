package io.millrace.log;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

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

    private LogDirectory() {
    }

    /** Locks and reads the folder, creating it when it is not there; starts no thread. */
    public static LogDirectory open(Path root, Options options, Clock clock, LogObserver observer) {
        throw new UnsupportedOperationException();
    }

    /** The writer: returns when the directory is closed or has failed. */
    @Override
    public void run() {
        throw new UnsupportedOperationException();
    }

    /** Logs on disk, opened or not. */
    public List<Found> found() {
        throw new UnsupportedOperationException();
    }

    /** Opens and recovers a log, or creates it. Any thread; may take long. */
    public PartitionLog openLog(String topic, int partition, UUID topicId, LogConfig config) {
        throw new UnsupportedOperationException();
    }

    /**
     * Queues whole, valid batches for an atomic append: consecutive offsets, one segment write.
     * Completes when the log's flush policy holds, and on the writer's thread: do not linger there.
     *
     * @throws LogQueueFullException         at once, when the queue is at its bound
     * @throws LogDirectoryOfflineException  at once or through the future, when the directory has failed
     */
    public CompletableFuture<AppendResult> append(PartitionLog log, List<ByteBuffer> batches, int leaderEpoch) {
        throw new UnsupportedOperationException();
    }

    /** Moves the log start offset up; completes with the new one. */
    public CompletableFuture<Long> deleteRecordsBefore(PartitionLog log, long offset) {
        throw new UnsupportedOperationException();
    }

    /** Drops the log and its files; readers in flight finish. */
    public CompletableFuture<Void> delete(PartitionLog log) {
        throw new UnsupportedOperationException();
    }

    /** Applies retention, and rolls by time, to every open log. */
    public CompletableFuture<Void> applyRetention() {
        throw new UnsupportedOperationException();
    }

    public long queuedBytes() {
        throw new UnsupportedOperationException();
    }

    public int queuedAppends() {
        throw new UnsupportedOperationException();
    }

    /** Why the directory is offline, or null. */
    public LogDirectoryOfflineException failure() {
        throw new UnsupportedOperationException();
    }

    public Path root() {
        throw new UnsupportedOperationException();
    }

    /** Ends the writer after what is queued, forces everything, notes the clean shutdown, releases the lock. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
