package io.millrace.ops;

import java.lang.System.Logger.Level;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * What requests leave on the container's threads, taken back when the application goes. Open Liberty notes the
 * asynchronous request that a thread began last in a variable of that thread, until the thread begins another. It leads
 * to the application and all its classes, and a pool's thread may be idle for as long as the process lives.
 *
 * <p>Liberty's variable is reached by reflection, since no interface takes it back; where it is not found, on another
 * server, nothing is done. A thread can clear its own variable only, so each of the pool is given a task, and none ends
 * before all have one. A thread that is busy elsewhere for longer than that is left out.
 */
final class RequestThreads implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RequestThreads.class.getName());
    private static final String STATE = "com.ibm.wsspi.webcontainer.WebContainerRequestState";
    private static final String POOL = "Default Executor-thread-";
    private static final long PATIENCE_MS = 500;

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

    /** To be called when no request comes any more, and no task of the application is left on the pool. */
    @Override
    public void close() {
        try {
            Class<?> state = Class.forName(STATE, true, container);
            clearAll(state.getMethod("getInstance", boolean.class), state.getMethod("init"));
        } catch (ReflectiveOperationException notLiberty) {
            LOG.log(Level.DEBUG, "what requests leave on the container's threads is not known here", notLiberty);
        } catch (RejectedExecutionException ended) {
            LOG.log(Level.DEBUG, "the container's threads take no tasks any more", ended);
        }
    }

    private void clearAll(Method ofThisThread, Method clear) {
        int threads = (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(POOL)).count();
        CountDownLatch begun = new CountDownLatch(threads);
        List<? extends Future<?>> tasks = IntStream.range(0, threads).mapToObj(any -> pool.submit(() -> {
            clear(ofThisThread, clear);
            begun.countDown();
            return begun.await(PATIENCE_MS, TimeUnit.MILLISECONDS);
        })).toList();
        clear(ofThisThread, clear);
        try {
            begun.await(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tasks.forEach(task -> task.cancel(true));
    }

    private static void clear(Method ofThisThread, Method clear) {
        try {
            Object left = ofThisThread.invoke(null, false);
            if (left != null) {
                clear.invoke(left);
            }
        } catch (ReflectiveOperationException e) {
            LOG.log(Level.WARNING, "what requests left on a thread of the container cannot be taken back", e);
        }
    }
}
