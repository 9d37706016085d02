package io.millrace.ops;

import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;

/**
 * The threads for all that needs none of its own: those of the managed executor, and for what that refuses a managed thread each.
 * Open Liberty's takes no tasks any more as soon as the process is told to end. That is long before it tells the application, which
 * meanwhile answers requests, hands over, writes registers and asks other brokers; and an exchange with another broker of which
 * the HTTP client could not do the next step is never over, nor is the request that waits for it.
 */
final class WorkerThreads implements Executor {
    private static final System.Logger LOG = System.getLogger(WorkerThreads.class.getName());

    private final Executor shared;
    private final ThreadFactory further;

    /**
     * @param shared  has a thread for whatever it takes
     * @param further makes threads for what it refuses
     */
    WorkerThreads(Executor shared, ThreadFactory further) {
        this.shared = shared;
        this.further = further;
    }

    /** @throws IllegalStateException when the application has stopped */
    @Override
    public void execute(Runnable task) {
        try {
            shared.execute(task);
        } catch (RejectedExecutionException ending) {
            LOG.log(Level.DEBUG, "the managed executor takes no tasks any more", ending);
            further.newThread(task).start();
        }
    }
}
