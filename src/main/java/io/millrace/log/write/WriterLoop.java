package io.millrace.log.write;

import io.millrace.log.LogDirectoryOfflineException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The writer of a directory, from its begin to its end: takes what waits, has it carried out while the directory is online,
 * and sees to what is due meanwhile. One thread at a time is the writer, and it makes all changes to the logs.
 */
final class WriterLoop implements Runnable {
    private final Path root;
    private final WriteQueue queue;
    private final DirectoryWriter writer;
    private final Availability availability;
    private final DirectoryCheckpoints checkpoints;
    private final OpenLogs logs;
    private final LogRemoval removal;
    private final AtomicReference<Thread> thread = new AtomicReference<>();
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);

    WriterLoop(Path root, WriteQueue queue, DirectoryWriter writer, Availability availability,
               DirectoryCheckpoints checkpoints, OpenLogs logs, LogRemoval removal) {
        this.root = root;
        this.queue = queue;
        this.writer = writer;
        this.availability = availability;
        this.checkpoints = checkpoints;
        this.logs = logs;
        this.removal = removal;
    }

    /**
     * Returns when the writer was told to end, or the directory has failed for good. An interrupt while it waits does not
     * end it; one in the middle of a write is an input/output error. Returns at once on another thread than the writer's
     * when that is to end.
     *
     * @throws IllegalStateException when another thread is the writer already
     */
    @Override
    public void run() {
        if (!thread.compareAndSet(null, Thread.currentThread())) {
            if (ending.get()) {
                return;
            }
            throw new IllegalStateException("the log directory " + root + " has a writer already");
        }
        boolean interrupted = false;
        try {
            boolean more = true;
            while (more) {
                try {
                    List<WriteTask> tasks = queue.take(maxWaitNanos());
                    interrupted |= Thread.interrupted();
                    more = carryOut(tasks) && !(tasks.isEmpty() && queue.isRefusing());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            queue.drain().forEach(task -> writer.giveUp(task, availability.failure()));
            ended.countDown();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private long maxWaitNanos() {
        long wait = availability.maxWaitNanos();
        if (availability.waitsForSpace()) {
            return wait; // Nothing is forced or saved meanwhile.
        }
        return Math.min(wait, Math.min(writer.maxWaitNanos(), checkpoints.nanosToSave()));
    }

    /**
     * The thread that is the writer: carries out tasks, and what is due.
     *
     * @return whether the writer can go on
     */
    boolean carryOut(List<WriteTask> tasks) {
        if (availability.failure() == null) {
            try {
                writer.carryOut(tasks);
                checkpoints.saveWhenDue(logs.all());
                availability.keepReserve();
                return true;
            } catch (IOException | RuntimeException | Error e) {
                availability.fail(e);
            }
        }
        tasks.forEach(this::carryOutOffline);
        if (availability.waitsForSpace() && (!tasks.isEmpty() || availability.isLookDue())) {
            availability.comeBack(this::settle);
        }
        return availability.mayBeWritten();
    }

    private void carryOutOffline(WriteTask task) {
        if (availability.waitsForSpace() && task instanceof LogTask<?> other && other.freesSpace() && !task.isTold()) {
            try {
                other.carryOut();
            } catch (IOException | RuntimeException | Error e) {
                availability.failAgain(e);
            }
        }
        writer.giveUp(task, availability.failure());
    }

    private void settle() throws IOException {
        for (PartitionLog log : logs.all()) {
            log.writable().settle();
        }
        removal.finishDeletions();
    }

    /**
     * Tells the writer to end after what is queued; nothing more is taken.
     *
     * @return false when it was told so before
     * @throws IllegalStateException on the writer's own thread
     */
    boolean end() {
        if (thread.get() == Thread.currentThread() && !ending.get()) {
            throw new IllegalStateException("the writer of " + root + " cannot close it, and wait for its own end");
        }
        if (!ending.compareAndSet(false, true)) {
            return false;
        }
        queue.refuse(new LogDirectoryOfflineException("the log directory " + root + " is closed", null));
        return true;
    }

    /** @return whether this thread was interrupted meanwhile, which ends nothing */
    boolean awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                ended.await();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }
}
