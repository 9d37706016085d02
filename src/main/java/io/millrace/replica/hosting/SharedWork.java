package io.millrace.replica.hosting;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Tasks that are carried out by the calling thread and by as many of an executor's as happen to be free. The caller
 * never waits for a task that nobody has begun, so it may itself be one of the executor's last threads.
 */
public final class SharedWork {
    private static final System.Logger LOG = System.getLogger(SharedWork.class.getName());

    private SharedWork() {
    }

    /** Returns when all are done; the tasks must not throw. */
    public static void run(List<Runnable> tasks, Executor executor, int helpers) {
        Queue<Runnable> open = new ConcurrentLinkedQueue<>(tasks);
        CountDownLatch outstanding = new CountDownLatch(tasks.size());
        Runnable work = () -> {
            for (Runnable task = open.poll(); task != null; task = open.poll()) {
                try {
                    task.run();
                } finally {
                    outstanding.countDown();
                }
            }
        };
        for (int i = 0; i < Math.min(helpers, tasks.size() - 1); i++) {
            try {
                executor.execute(work);
            } catch (RejectedExecutionException full) {
                LOG.log(Level.DEBUG, "no more helpers to be had: the caller does the rest", full);
                break;
            }
        }
        work.run();
        awaitBegun(outstanding);
    }

    private static void awaitBegun(CountDownLatch outstanding) {
        boolean interrupted = false;
        while (true) {
            try {
                outstanding.await();
                break;
            } catch (InterruptedException e) {
                // What others have begun must end before its results are used; the interrupt is passed on below.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
