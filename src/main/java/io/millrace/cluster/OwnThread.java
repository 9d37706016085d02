package io.millrace.cluster;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Starts Hazelcast on a thread that ends afterwards. Hazelcast leaves a reference to each instance in the thread local
 * variables of the thread that starts it. On a thread of the container, which outlives the application, that would
 * keep all classes of the application in memory for as long as the container runs.
 */
final class OwnThread {
    private OwnThread() {
    }

    /** Returns or throws what the work does. An interrupt is passed on to the work, and kept. */
    static <T> T call(String name, Supplier<T> work) {
        FutureTask<T> task = new FutureTask<>(work::get);
        Thread thread = new Thread(task, name);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    thread.join();
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    thread.interrupt();
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw (Error) e.getCause(); // a supplier throws nothing else
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
