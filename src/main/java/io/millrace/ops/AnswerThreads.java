package io.millrace.ops;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads on which the broker goes on: with its partitions' tasks and its groups', with what it answers to other brokers, and with
 * answers of some hundred bytes. An answer that may block its writer is written on {@link ClientThreads}. They are managed threads, but not those of the
 * managed executor: that one shares its threads with the HTTP requests, and the server's web container keeps per-thread
 * state of the last request on them; a response that is resumed on such a thread is now and then given that other request's
 * state, fails with a NullPointerException, and may never be answered.
 *
 * <p>After the end answers are written by whoever has them: a request that is never answered keeps the application server
 * from stopping.
 */
final class AnswerThreads implements Executor, AutoCloseable {
    /** More than there are processors: another broker may be slow to take its answer. */
    private static final int MOST = 64;
    private static final int IDLE_SECONDS = 60;

    private final ThreadPoolExecutor threads;

    AnswerThreads(ThreadFactory factory) {
        threads = new ThreadPoolExecutor(MOST, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                factory, (task, ended) -> task.run());
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
