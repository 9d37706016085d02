package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.AgreementCalls;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class AgreementThreadsTest {
    @Test
    void closingAwaitsTheCallThatRuns() throws InterruptedException {
        AgreementThreads threads = new AgreementThreads(Thread::new);
        AgreementCalls calls = threads.calls();
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        calls.call("key", () -> {
            begun.countDown();
            long until = System.nanoTime() + 300_000_000;
            while (System.nanoTime() - until < 0) {
                LockSupport.parkNanos(1_000_000);
            }
            ended.set(true);
        });
        begun.await();

        threads.close();

        assertThat(ended).isTrue();
    }
}
