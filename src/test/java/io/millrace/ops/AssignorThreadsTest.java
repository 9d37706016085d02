package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AssignorThreadsTest {
    private final AssignorThreads threads = new AssignorThreads(Thread::new);

    @Test
    void assignorsThatNeverEndHoldFewThreadsAndTheEndInterruptsThem() throws Exception {
        CountDownLatch begun = new CountDownLatch(AssignorThreads.MOST);
        CountDownLatch interrupted = new CountDownLatch(AssignorThreads.MOST);
        for (int i = 0; i < AssignorThreads.MOST + 5; i++) {
            threads.execute(() -> {
                begun.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
            });
        }
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        threads.close();
        assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> threads.execute(() -> { })).isInstanceOf(RejectedExecutionException.class);
    }
}
