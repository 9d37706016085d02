package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What waits for a directory's writer, bounded in bytes and in number. Filled by any thread, drained by the writer. */
final class WriteQueue {
    /** Something for the writer to do. */
    sealed interface Task {
        CompletableFuture<?> future();
    }

    record Append(PartitionLog log, List<ByteBuffer> batches, int leaderEpoch, CompletableFuture<AppendResult> future)
            implements Task {
        long bytes() {
            return batches.stream().mapToLong(ByteBuffer::remaining).sum();
        }
    }

    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException;
    }

    record Change<T>(Work<T> work, CompletableFuture<T> future) implements Task {
        /** What the caller did wrong is told to the caller; what the disk did goes up to the writer. */
        void run() throws IOException {
            try {
                future.complete(work.run());
            } catch (OffsetOutOfRangeException e) {
                future.completeExceptionally(e);
            }
        }
    }

    private final long maxBytes;
    private final int maxAppends;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private List<Task> waiting = new ArrayList<>();
    private long bytes;
    private int appends;
    private LogDirectoryOfflineException end;

    WriteQueue(long maxBytes, int maxAppends) {
        this.maxBytes = maxBytes;
        this.maxAppends = maxAppends;
    }

    /** @throws LogQueueFullException when there is no room; one append of any size fits when nothing waits */
    CompletableFuture<AppendResult> add(Append append) {
        lock.lock();
        try {
            refuseAfterEnd();
            long more = append.bytes();
            if (appends > 0 && (appends >= maxAppends || bytes + more > maxBytes)) {
                throw new LogQueueFullException("%d appends of %d bytes wait for the disk: try again later"
                        .formatted(appends, bytes));
            }
            bytes += more;
            appends++;
            add((Task) append);
            return append.future();
        } finally {
            lock.unlock();
        }
    }

    <T> CompletableFuture<T> add(Change<T> change) {
        lock.lock();
        try {
            refuseAfterEnd();
            add((Task) change);
            return change.future();
        } finally {
            lock.unlock();
        }
    }

    private void add(Task task) {
        waiting.add(task);
        if (waiting.size() == 1) {
            filled.signal();
        }
    }

    private void refuseAfterEnd() {
        if (end != null) {
            throw end;
        }
    }

    /** All that waits; after at most {@code maxWaitMillis}, or when the queue has ended, maybe nothing. */
    List<Task> take(long maxWaitMillis) {
        lock.lock();
        try {
            long nanos = TimeUnit.MILLISECONDS.toNanos(maxWaitMillis);
            while (waiting.isEmpty() && end == null && nanos > 0) {
                nanos = filled.awaitNanos(nanos);
            }
            List<Task> taken = waiting;
            waiting = new ArrayList<>();
            bytes = 0;
            appends = 0;
            return taken;
        } catch (InterruptedException e) {
            throw new IllegalStateException("the writer was interrupted: it ends only when its directory is closed", e);
        } finally {
            lock.unlock();
        }
    }

    /** Refuses what comes from now on with this reason; the first reason stays. */
    void end(LogDirectoryOfflineException reason) {
        lock.lock();
        try {
            if (end == null) {
                end = reason;
            }
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Whether nothing waits and nothing more will come. */
    boolean isEnded() {
        lock.lock();
        try {
            return end != null && waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    int appends() {
        lock.lock();
        try {
            return appends;
        } finally {
            lock.unlock();
        }
    }
}
