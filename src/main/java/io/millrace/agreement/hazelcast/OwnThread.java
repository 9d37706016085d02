package io.millrace.agreement.hazelcast;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A thread for one piece of work, which ends with it. Hazelcast leaves references to each instance in thread local
 * variables of the threads that start and stop it. On a thread of the container, which outlives the application, that would
 * keep all classes of the application in memory for as long as the container runs.
 */
final class OwnThread {
    private OwnThread() {
    }

    /** Returns when the work is done, or throws what it throws. An interrupt is passed on to the work, and kept. */
    static void run(String name, Runnable work) {
        FutureTask<Void> task = new FutureTask<>(work, null);
        Thread thread = new Thread(task, name);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    thread.join();
                    task.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                    thread.interrupt();
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw (Error) e.getCause(); // a runnable throws nothing else
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
