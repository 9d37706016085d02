package io.millrace.ops;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The managed threads that run the applications' assignors, which may take as long as they like: only the groups that asked for
 * them wait. Few, because an application is not to fill the server with what it does not finish.
 */
final class AssignorThreads implements Executor, AutoCloseable {
    static final int MOST = 4;
    private static final int IDLE_SECONDS = 60;

    private final ThreadPoolExecutor threads;

    AssignorThreads(ThreadFactory factory) {
        threads = new ThreadPoolExecutor(MOST, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * What waits is bounded by those who give it: one task at a time for each group.
     *
     * @throws RejectedExecutionException after {@link #close()}
     */
    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** What is under way is interrupted, and its answer not needed any more. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
