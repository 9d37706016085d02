package io.millrace.ops;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The managed threads that read and write anew whole segments of damaged logs, which may take minutes: were they those that
 * write answers, a disk with much damage would take these. Few, so that healing leaves the disk to others.
 */
final class HealingThreads implements Executor, AutoCloseable {
    static final int MOST = 2;
    private static final int IDLE_SECONDS = 60;

    private final ThreadPoolExecutor threads;

    HealingThreads(ThreadFactory factory) {
        threads = new ThreadPoolExecutor(MOST, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * What waits is bounded by those who give it: one task at a time for each of the few logs that are healed at once.
     *
     * @throws RejectedExecutionException after {@link #close()}
     */
    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** What is under way goes on to its end, which comes soon: the logs are closed by then. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
