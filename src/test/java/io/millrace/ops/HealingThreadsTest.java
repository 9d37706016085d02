package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HealingThreadsTest {
    private final HealingThreads threads = new HealingThreads(Thread::new);

    @Test
    void fewHealAtATimeAndTheOthersWait() throws Exception {
        CountDownLatch begun = new CountDownLatch(HealingThreads.MOST);
        CountDownLatch disk = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(10);
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < 10; i++) {
            threads.execute(() -> {
                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                begun.countDown();
                try {
                    disk.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                atOnce.decrementAndGet();
                done.countDown();
            });
        }
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        threads.close();
        disk.countDown();
        assertThat(done.await(30, TimeUnit.SECONDS)).as("what waited is done after the end, too").isTrue();
        assertThat(most).hasValue(HealingThreads.MOST);
        assertThatThrownBy(() -> threads.execute(() -> { })).isInstanceOf(RejectedExecutionException.class);
    }
}
