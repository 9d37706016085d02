package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.replica.hosting.SharedWork;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedWorkTest {
    private final Set<Integer> done = ConcurrentHashMap.newKeySet();

    private List<Runnable> tasks(int count) {
        return IntStream.range(0, count).<Runnable>mapToObj(i -> () -> done.add(i)).toList();
    }

    @Test
    void theCallerMayBeTheOnlyThreadOfThePool() {
        ExecutorService single = Executors.newSingleThreadExecutor();
        try {
            BrokerHarness.get(CompletableFuture.runAsync(() -> SharedWork.run(tasks(20), single, 4), single));
        } finally {
            single.shutdownNow();
        }
        assertThat(done).hasSize(20);
    }

    @Test
    void aPoolThatRefusesLeavesTheWorkToTheCaller() {
        Executor full = task -> {
            throw new RejectedExecutionException("full");
        };

        SharedWork.run(tasks(5), full, 4);

        assertThat(done).hasSize(5);
    }

    @Test
    void helpersWorkBesideTheCaller() {
        ExecutorService pool = Executors.newFixedThreadPool(1);
        CountDownLatch both = new CountDownLatch(2);
        Runnable meeting = () -> {
            both.countDown();
            try {
                both.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        try {
            // Returns only when two threads were at it at once.
            SharedWork.run(List.of(meeting, meeting), pool, 1);
        } finally {
            pool.shutdownNow();
        }
        assertThat(both.getCount()).isZero();
    }

    @Test
    void nothingToDoIsDoneAtOnce() {
        SharedWork.run(List.of(), Runnable::run, 4);

        assertThat(done).isEmpty();
    }
}
