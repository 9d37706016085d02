package io.millrace.rest.body;

import java.util.concurrent.RejectedExecutionException;

/** Where answers to clients are written that may block, for whoever reads them slowly keeps a thread waiting. Thread-safe. */
@FunctionalInterface
public interface ClientAnswers {
    /**
     * Writes an answer on a thread of its own, at once or when one is free.
     *
     * @param caller who asked, see {@link io.millrace.rest.cluster.CallerAddress}: one leaves threads for the others
     * @throws RejectedExecutionException when as many answers wait for a thread as may; nothing was done
     */
    void write(String caller, Runnable answer);
}
