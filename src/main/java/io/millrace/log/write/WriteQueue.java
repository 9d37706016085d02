package io.millrace.log.write;

import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogQueueFullException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits for the log writer, in order. Appends count against the bounds from here until their outcome is known, so
 * the bounds hold for all the memory that they take. Thread-safe.
 */
final class WriteQueue {
    private final long maxBytes;
    private final int maxAppends;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private List<WriteTask> tasks = new ArrayList<>();
    private long bytes;
    private int appends;
    /** Why nothing more is taken, or null. */
    private LogDirectoryOfflineException refusal;
    /** Why only what frees space is taken for now, or null. */
    private LogDirectoryOfflineException suspension;

    WriteQueue(long maxBytes, int maxAppends) {
        this.maxBytes = maxBytes;
        this.maxAppends = maxAppends;
    }

    /**
     * Adds an append, to which the log's epoch floor of this moment holds: what is queued after a change that was queued
     * after the floor rose knows the new one. One that is larger than the bound is taken when there is no other.
     *
     * @throws LogQueueFullException        when it would pass a bound
     * @throws LogDirectoryOfflineException after {@link #refuse}, or while suspended
     */
    void add(PendingAppend append) {
        lock.lock();
        try {
            ensureWritable();
            if (appends > 0 && (appends >= maxAppends || bytes + append.bytes() > maxBytes)) {
                throw new LogQueueFullException(("%d appends of %d bytes wait to be written, and the bounds are"
                    + " %d and %d: try again later").formatted(appends, bytes, maxAppends, maxBytes));
            }
            appends++;
            bytes += append.bytes();
            append.queued();
            tasks.add(append);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds another task, whatever the bounds.
     *
     * @throws LogDirectoryOfflineException after {@link #refuse}, or while suspended when it frees no space
     */
    void add(LogTask<?> task) {
        lock.lock();
        try {
            if (task.freesSpace()) {
                ensureOpen();
            } else {
                ensureWritable();
            }
            tasks.add(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Adds another task, unless nothing is written at the moment. */
    void addIfWritable(LogTask<?> task) {
        lock.lock();
        try {
            if (refusal == null && suspension == null) {
                tasks.add(task);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes all that waits; waits for it when there is nothing.
     *
     * @param maxWaitNanos longest wait
     * @return empty when the time was up, or when nothing more comes
     */
    List<WriteTask> take(long maxWaitNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = maxWaitNanos;
            while (tasks.isEmpty() && refusal == null && left > 0) {
                left = changed.awaitNanos(left);
            }
            return drain();
        } finally {
            lock.unlock();
        }
    }

    /** Appends are done with and no longer count. */
    void release(int count, long releasedBytes) {
        lock.lock();
        try {
            appends -= count;
            bytes -= releasedBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing more, for the first reason that was given; what waits can still be taken. */
    void refuse(LogDirectoryOfflineException reason) {
        lock.lock();
        try {
            if (refusal == null) {
                refusal = reason;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes only what frees space, until {@link #resume()}; what waits can still be taken. */
    void suspend(LogDirectoryOfflineException reason) {
        lock.lock();
        try {
            suspension = reason;
        } finally {
            lock.unlock();
        }
    }

    void resume() {
        lock.lock();
        try {
            suspension = null;
        } finally {
            lock.unlock();
        }
    }

    /** Takes all that waits, without waiting for more. */
    List<WriteTask> drain() {
        lock.lock();
        try {
            List<WriteTask> taken = tasks;
            tasks = new ArrayList<>();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** @throws LogDirectoryOfflineException after {@link #refuse}, or while suspended */
    void ensureWritable() {
        lock.lock();
        try {
            ensureOpen();
            if (suspension != null) {
                throw suspension;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private void ensureOpen() {
        if (refusal != null) {
            throw refusal;
        }
    }

    boolean isRefusing() {
        lock.lock();
        try {
            return refusal != null;
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
