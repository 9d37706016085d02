package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AnswerThreadsTest {
    private final AnswerThreads answers = new AnswerThreads(Thread::new);

    @Test
    void answersAreWrittenByThreadsOfTheirOwn() throws Exception {
        CompletableFuture<Thread> writer = new CompletableFuture<>();
        answers.execute(() -> writer.complete(Thread.currentThread()));
        assertThat(writer.get(30, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
        answers.close();
    }

    @Test
    void anAnswerThatIsThereAfterTheEndIsWrittenByWhoeverHasIt() {
        answers.close();
        CompletableFuture<Thread> writer = new CompletableFuture<>();
        answers.execute(() -> writer.complete(Thread.currentThread()));
        assertThat(writer).isCompletedWithValue(Thread.currentThread());
    }
}
