package io.millrace.coordinator;

import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Runs tasks one at a time and in their order, on threads of others: what only these tasks touch needs no lock. How many
 * wait is for those to bound who give them. Thread-safe.
 */
final class SerialTasks implements Executor {
    private static final System.Logger LOG = System.getLogger(SerialTasks.class.getName());
    /** Then others have their turn. */
    private static final int MOST_AT_ONCE = 256;

    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean running = new AtomicBoolean();
    private final Supplier<Executor> threads;
    private final Runnable afterwards;
    private final Consumer<Throwable> failed;
    /** Touched by tasks only. */
    private boolean changingThread;

    /**
     * @param threads    where the next tasks run; must refuse none
     * @param afterwards runs after some tasks, as a task
     * @param failed     is given what a task throws, as a task
     */
    SerialTasks(Supplier<Executor> threads, Runnable afterwards, Consumer<Throwable> failed) {
        this.threads = threads;
        this.afterwards = afterwards;
        this.failed = failed;
    }

    @Override
    public void execute(Runnable task) {
        waiting.add(task);
        begin();
    }

    private void begin() {
        if (running.compareAndSet(false, true)) {
            threads.get().execute(this::run);
        }
    }

    /** For a task: those after it run on the threads that are given by then. */
    void changeThread() {
        changingThread = true;
    }

    private void run() {
        changingThread = false;
        Runnable next;
        for (int done = 0; done < MOST_AT_ONCE && !changingThread && (next = waiting.poll()) != null; done++) {
            guarded(next);
        }
        guarded(afterwards);
        running.set(false);
        if (!waiting.isEmpty()) {
            begin();
        }
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable failure) { // also an error must not leave the others waiting for ever
            tell(failure);
        }
    }

    private void tell(Throwable failure) {
        try {
            failed.accept(failure);
        } catch (Throwable another) {
            another.addSuppressed(failure);
            LOG.log(Level.ERROR, "a coordinator's task failed, and so did what is done about that", another);
        }
    }
}
