package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.replica.hosting.Deadlines;
import java.lang.ref.WeakReference;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AnswerDeadlinesTest {
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final Deadlines deadlines = new Deadlines(timers, System::nanoTime);
    private final AnswerDeadlines answers = new AnswerDeadlines(deadlines, Runnable::run);

    @AfterEach
    void stop() {
        timers.shutdownNow();
    }

    @Test
    void whatTakesTooLongFails() {
        assertThat(answers.within(1, new CompletableFuture<>(), () -> new IllegalStateException("late")))
                .failsWithin(10, TimeUnit.SECONDS).withThrowableThat().withMessageContaining("late");
    }

    @Test
    @Timeout(60)
    void nothingThatWasAnsweredIsReachableFromATimer() throws InterruptedException {
        WeakReference<byte[]> answered = new WeakReference<>(answer(false));
        WeakReference<byte[]> failed = new WeakReference<>(answer(true));
        while (answered.get() != null || failed.get() != null) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertThat(deadlines.size()).isZero();
    }

    private byte[] answer(boolean fails) {
        byte[] read = new byte[1 << 20];
        CompletableFuture<byte[]> fetch = new CompletableFuture<>();
        answers.within(600_000, fetch, () -> new IllegalStateException("late with " + read.length));
        if (fails) {
            fetch.completeExceptionally(new IllegalStateException("failed"));
        } else {
            fetch.complete(read);
        }
        return read;
    }
}
