package io.millrace.ops;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The managed threads that help the writers of the log directories with forces, and wait for the disk all their time: were
 * they those of the requests, a slow disk would take these.
 */
final class ForceThreads implements Executor, AutoCloseable {
    private static final int MOST = 64;
    private static final int IDLE_SECONDS = 60;

    private final ThreadPoolExecutor threads;

    ForceThreads(ThreadFactory factory) {
        threads = new ThreadPoolExecutor(0, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /** @throws RejectedExecutionException when all are at work, or after {@link #close()} */
    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** What is being forced is forced to its end. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
