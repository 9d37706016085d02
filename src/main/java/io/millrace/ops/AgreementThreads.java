package io.millrace.ops;

import io.millrace.metadata.AgreementCalls;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The managed threads that wait for the agreement of the cluster, and for nothing else: a call takes up to 5 s while it does
 * not answer, and then no thread that writes answers may be among those that wait.
 */
final class AgreementThreads implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AgreementThreads.class.getName());
    private static final int MOST = 9;
    /** Longer than a call takes. */
    private static final int END_SECONDS = 10;
    private static final int IDLE_SECONDS = 60;
    private static final int MAX_WAITING = 10_000;
    private static final long PATIENCE_MS = 1_000;

    private final ThreadPoolExecutor threads;

    AgreementThreads(ThreadFactory factory) {
        threads = new ThreadPoolExecutor(MOST, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * For one broker, which closes them; three threads are left to the calls beside them, the controller's, the house's and
     * {@link #callsForOne}.
     */
    AgreementCalls calls() {
        return new AgreementCalls(threads, MOST - 3, MAX_WAITING, PATIENCE_MS);
    }

    /** For one who has one call at a time. */
    AgreementCalls callsForOne() {
        return new AgreementCalls(threads, 1, 1, PATIENCE_MS);
    }

    /** Returns when what runs has ended, or after 10 s: what comes next in a stop is what it works with. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "a call of the agreement goes on beyond the stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
