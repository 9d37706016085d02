package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.ibm.wsspi.webcontainer.WebContainerRequestState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestThreadsTest {
    private static final int CORE = 20;

    private final AtomicInteger number = new AtomicInteger();
    /** As Liberty's: it grows to its core size before a thread is given a second task. */
    private final ThreadPoolExecutor pool = new ThreadPoolExecutor(CORE, CORE, 1, TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(), task -> new Thread(task, "Default Executor-thread-" + number.incrementAndGet()));
    private final RequestThreads threads = new RequestThreads(pool, getClass().getClassLoader());

    @AfterEach
    void stop() {
        pool.shutdownNow();
    }

    /** What each of so many threads has, all of them at work at once. */
    private Map<Thread, WebContainerRequestState> states(int threads, boolean create) throws Exception {
        Map<Thread, WebContainerRequestState> states = new ConcurrentHashMap<>();
        CountDownLatch begun = new CountDownLatch(threads);
        List<Future<?>> tasks = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            tasks.add(pool.submit(() -> {
                WebContainerRequestState state = WebContainerRequestState.getInstance(create);
                if (state != null) {
                    states.put(Thread.currentThread(), state);
                }
                begun.countDown();
                return begun.await(10, TimeUnit.SECONDS);
            }));
        }
        for (Future<?> task : tasks) {
            task.get();
        }
        return states;
    }

    @Test
    void eachThreadThatHasServedARequestForgetsItAndOthersStayAsTheyAre() throws Exception {
        Map<Thread, WebContainerRequestState> before = states(3, true);

        threads.close();

        Map<Thread, WebContainerRequestState> after = states(CORE, false);
        assertThat(after.keySet()).isEqualTo(before.keySet());
        assertThat(after.values()).doesNotContainAnyElementsOf(before.values());
    }

    @Test
    void aThreadThatIsBusyIsLeftOutAndDoesNotHoldUpTheStop() throws Exception {
        Map<Thread, WebContainerRequestState> before = states(CORE, true);
        CountDownLatch end = new CountDownLatch(1);
        Future<Thread> busy = pool.submit(() -> {
            end.await();
            return Thread.currentThread();
        });

        threads.close();

        end.countDown();
        Map<Thread, WebContainerRequestState> after = states(CORE, false);
        after.values().retainAll(before.values());
        assertThat(after).containsOnlyKeys(busy.get());
    }

    @Test
    void aPoolThatHasEndedDoesNotFailTheStop() throws Exception {
        states(1, true);
        pool.shutdown();

        assertThatCode(threads::close).doesNotThrowAnyException();
    }

    @Test
    void onAnotherContainerNothingIsDone() {
        new RequestThreads(pool, ClassLoader.getPlatformClassLoader()).close();

        assertThat(pool.getTaskCount()).isZero();
    }
}
