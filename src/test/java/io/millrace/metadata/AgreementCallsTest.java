package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AgreementCallsTest {
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final List<String> done = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void callsOfOneKeyThatHaveNotBegunAreOne() {
        AgreementCalls calls = new AgreementCalls(tasks::add, 4, 10, 0);
        CompletableFuture<Void> first = calls.call("a", () -> done.add("a"));
        assertThat(calls.call("a", () -> done.add("a again"))).isSameAs(first);
        calls.call("b", () -> done.add("b"));
        runAll();
        assertThat(done).containsExactly("a", "b");
        assertThat(first).isCompleted();
        assertThat(tasks).isEmpty();
    }

    @Test
    void whileOneRunsOneMoreOfItsKeyWaits() {
        AgreementCalls calls = new AgreementCalls(tasks::add, 4, 10, 0);
        calls.call("a", () -> {
            calls.call("a", () -> done.add("second"));
            calls.call("a", () -> done.add("third"));
            assertThat(tasks).isEmpty(); // no thread waits for the key
            done.add("first");
        });
        runAll();
        assertThat(done).containsExactly("first", "second");
    }

    @Test
    void neverMoreThreadsThanAllowedAndEveryCallComesToItsTurn() throws Exception {
        AgreementCalls calls = new AgreementCalls(threads, 3, 100, 0);
        AtomicInteger at = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(50);
        for (int i = 0; i < 50; i++) {
            calls.call("key-" + i, () -> {
                most.accumulateAndGet(at.incrementAndGet(), Math::max);
                pause();
                at.decrementAndGet();
                ended.countDown();
            });
        }
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(most.get()).isBetween(1, 3);
    }

    @Test
    void tooManyThatWaitAreRefused() {
        AgreementCalls calls = new AgreementCalls(tasks::add, 1, 2, 0);
        calls.call("a", () -> { });
        calls.call("b", () -> { });
        assertThatThrownBy(() -> calls.call("c", () -> { }).get()).hasRootCauseInstanceOf(BrokerException.class);
        runAll();
        assertThat(calls.call("c", () -> { })).isNotDone();
    }

    @Test
    void aFailureIsTheCallersAndTheNextCallRuns() {
        AgreementCalls calls = new AgreementCalls(Runnable::run, 1, 2, 0);
        assertThatThrownBy(() -> calls.await("a", () -> {
            throw new IllegalStateException("of the task");
        })).hasMessage("of the task");
        calls.await("a", () -> done.add("a"));
        assertThat(done).containsExactly("a");
    }

    @Test
    void aThreadThatIsRefusedIsAskedForAgain() {
        boolean[] refuse = {true};
        AgreementCalls calls = new AgreementCalls(task -> {
            if (refuse[0]) {
                throw new RejectedExecutionException();
            }
            task.run();
        }, 1, 10, 0);
        calls.call("a", () -> done.add("a"));
        refuse[0] = false;
        calls.call("b", () -> done.add("b"));
        assertThat(done).containsExactly("a", "b");
    }

    @Test
    void whoWaitsWaitsNoMoreOnceThereWasNoAnswerUntilThereIsOne() throws Exception {
        AgreementCalls calls = new AgreementCalls(threads, 2, 10, 1_000);
        CountDownLatch answer = new CountDownLatch(1);
        assertThatThrownBy(() -> calls.await("a", () -> await(answer))).isInstanceOf(BrokerException.class);
        long begun = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> calls.await("a", () -> { })).isInstanceOf(BrokerException.class);
        }
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(10)); // not 30 s
        answer.countDown();
        calls.call("a", () -> { }).get(10, TimeUnit.SECONDS);
        calls.await("b", () -> pause());
    }

    @Test
    void thoseBesideWaitForNoneOfThese() throws Exception {
        AgreementCalls calls = new AgreementCalls(threads, 1, 10, 0);
        CountDownLatch answer = new CountDownLatch(1);
        calls.call("a", () -> await(answer));
        calls.beside().call("a", () -> { }).get(10, TimeUnit.SECONDS);
        answer.countDown();
    }

    private void runAll() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
