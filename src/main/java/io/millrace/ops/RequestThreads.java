package io.millrace.ops;

import java.lang.System.Logger.Level;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * What requests leave on the container's threads, taken back when the application goes. Open Liberty notes the
 * asynchronous request that a thread began last in a variable of that thread, until the thread begins another. It leads
 * to the application and all its classes, and a pool's thread may be idle for as long as the process lives.
 *
 * <p>Liberty's variable is reached by reflection, since no interface takes it back; where it is not found, on another
 * server, nothing is done. A thread can clear its own variable only, so tasks are given to the pool, none of which ends
 * before the others have begun, until each of its threads has had one: a pool that may still grow gives them to new
 * threads first. A thread that is busy elsewhere for longer than that takes at most is left out.
 */
final class RequestThreads implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RequestThreads.class.getName());
    private static final String STATE = "com.ibm.wsspi.webcontainer.WebContainerRequestState";
    private static final String POOL = "Default Executor-thread-";
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long ROUND_MS = 100;

    private final ExecutorService pool;
    private final ClassLoader container;

    /**
     * @param pool      runs tasks on the threads that run requests
     * @param container finds the classes of the web container
     */
    RequestThreads(ExecutorService pool, ClassLoader container) {
        this.pool = pool;
        this.container = container;
    }

    /**
     * To be called when no request comes any more, and no task of the application is left on the pool. An interrupt ends
     * it, and is kept.
     */
    @Override
    public void close() {
        try {
            Class<?> state = Class.forName(STATE, true, container);
            clearAll(state.getMethod("getInstance", boolean.class), state.getMethod("createInstance"));
        } catch (ReflectiveOperationException notLiberty) {
            LOG.log(Level.DEBUG, "what requests leave on the container's threads is not known here", notLiberty);
        } catch (RejectedExecutionException ended) {
            LOG.log(Level.DEBUG, "the container's threads take no tasks any more", ended);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void clearAll(Method ofThisThread, Method anew) throws InterruptedException {
        Set<Thread> cleared = ConcurrentHashMap.newKeySet();
        Runnable clearing = () -> {
            clear(ofThisThread, anew);
            cleared.add(Thread.currentThread());
        };
        clearing.run();
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        for (int left = left(cleared); left > 0 && System.nanoTime() - deadline < 0; left = left(cleared)) {
            onSoManyThreads(left, clearing);
        }
    }

    private static int left(Set<Thread> cleared) {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(POOL) && !cleared.contains(thread)).count();
    }

    private void onSoManyThreads(int threads, Runnable clearing) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(threads);
        List<Future<?>> tasks = new ArrayList<>();
        try {
            for (int i = 0; i < threads; i++) {
                tasks.add(pool.submit(() -> {
                    clearing.run();
                    begun.countDown();
                    return begun.await(ROUND_MS, TimeUnit.MILLISECONDS);
                }));
            }
            begun.await(ROUND_MS, TimeUnit.MILLISECONDS);
        } finally {
            tasks.forEach(task -> task.cancel(true));
        }
    }

    /** A state without anything in it takes the old one's place. */
    private static void clear(Method ofThisThread, Method anew) {
        try {
            if (ofThisThread.invoke(null, false) != null) {
                anew.invoke(null);
            }
        } catch (ReflectiveOperationException e) {
            LOG.log(Level.WARNING, "what requests left on a thread of the container cannot be taken back", e);
        }
    }
}
