package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientThreadsTest {
    private static final int MOST = 4;

    private final ClientThreads clients = new ClientThreads(Thread::new, MOST);
    private final CountDownLatch read = new CountDownLatch(1);

    @AfterEach
    void end() {
        read.countDown();
        clients.close();
    }

    private void slow() {
        try {
            read.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CompletableFuture<?> done) throws Exception {
        done.get(30, TimeUnit.SECONDS);
    }

    @Test
    void whoeverReadsSlowlyHoldsHalfOfTheThreadsAndOthersAreServed() throws Exception {
        for (int i = 0; i < 10; i++) {
            clients.write("slow", this::slow);
        }
        CompletableFuture<Void> other = new CompletableFuture<>();
        clients.write("other", () -> other.complete(null));

        await(other);
        assertThat(clients.threads()).isBetween(2, MOST);
    }

    @Test
    void whatWaitsIsWrittenOnceThereAreThreads() throws Exception {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            CompletableFuture<Void> written = new CompletableFuture<>();
            all.add(written);
            clients.write("one", () -> {
                slow();
                written.complete(null);
            });
        }
        read.countDown();
        for (CompletableFuture<Void> each : all) {
            await(each);
        }
        assertThat(clients.waiting()).isZero();
        assertThat(clients.threads()).isLessThanOrEqualTo(MOST / 2);
    }

    @Test
    void moreThanMayWaitIsRefused() {
        assertThatThrownBy(() -> {
            for (int i = 0; i < 1_000; i++) {
                clients.write("slow", this::slow);
            }
        }).isInstanceOf(RejectedExecutionException.class);
        int waiting = clients.waiting();
        assertThat(waiting).isLessThanOrEqualTo(32 * MOST);
        assertThat(clients.threads()).isLessThanOrEqualTo(MOST);
    }

    @Test
    void withoutAThreadAnAnswerIsRefusedAndNothingIsKept() {
        ClientThreads none = new ClientThreads(task -> {
            throw new IllegalStateException("no threads");
        }, MOST);

        assertThatThrownBy(() -> none.write("a", () -> { })).isInstanceOf(RejectedExecutionException.class);
        assertThat(none.waiting()).isZero();
        assertThat(none.callers()).isZero();
        assertThat(none.threads()).isZero();
    }

    @Test
    void afterTheEndAnAnswerIsWrittenByWhoeverHasIt() {
        clients.close();
        CompletableFuture<Thread> writer = new CompletableFuture<>();
        clients.write("a", () -> writer.complete(Thread.currentThread()));
        assertThat(writer).isCompletedWithValue(Thread.currentThread());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyAnswerIsWrittenOnceAndNoCallerHasMoreThanHalfOfTheThreads(long seed) throws Exception {
        Random random = new Random(seed);
        AtomicInteger[] writing = {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
        AtomicInteger largest = new AtomicInteger();
        CountDownLatch left = new CountDownLatch(3_000);
        for (int i = 0; i < 3_000; i++) {
            AtomicInteger of = writing[random.nextInt(writing.length)];
            int spins = random.nextInt(200);
            while (clients.waiting() > 100) {
                Thread.onSpinWait();
            }
            clients.write(Integer.toString(List.of(writing).indexOf(of)), () -> {
                largest.accumulateAndGet(of.incrementAndGet(), Math::max);
                for (int spin = 0; spin < spins; spin++) {
                    Thread.onSpinWait();
                }
                of.decrementAndGet();
                left.countDown();
            });
        }

        assertThat(left.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(largest.get()).isLessThanOrEqualTo(MOST / 2);
        assertThat(clients.waiting()).isZero();
    }
}
