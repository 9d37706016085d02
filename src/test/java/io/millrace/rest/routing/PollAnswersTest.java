package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.delivery.PollRequest.Source;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PollAnswersTest {
    private final PollAnswers answers = new PollAnswers(2);

    @Test
    void onlyWhatWasWrittenAsAWholeIsVouchedFor() {
        CompletableFuture<Boolean> first = answers.begun("g", "c", 7);
        assertThat(answers.vouched("g", "c")).as("while it is being written").isNull();
        first.complete(true);
        assertThat(answers.vouched("g", "c")).isEqualTo(7);
        answers.begun("g", "c", 8).complete(false);
        assertThat(answers.vouched("g", "c")).isEqualTo(Source.NONE);
        assertThat(answers.vouched("g", "other")).isNull();
    }

    @Test
    void whoAsksWhileAnAnswerIsBeingWrittenLearnsHowThatEnds() {
        CompletableFuture<Boolean> written = answers.begun("g", "c", 7);
        CompletableFuture<Boolean> asked = answers.wasWritten("g", "c", 7);
        assertThat(asked).isNotDone();
        written.complete(true);
        assertThat(asked.join()).isTrue();
    }

    @Test
    void anAnswerThatIsNotKnownCountsAsLost() {
        answers.begun("g", "c", 7).complete(true);
        assertThat(answers.wasWritten("g", "c", 6).join()).isFalse();
        assertThat(answers.wasWritten("other", "c", 7).join()).isFalse();
        answers.begun("g", "d", 1).complete(true);
        answers.begun("g", "e", 1).complete(true);
        assertThat(answers.wasWritten("g", "c", 7).join()).as("beyond the capacity").isFalse();
        assertThat(answers.wasWritten("g", "e", 1).join()).isTrue();
    }

    @Test
    void anAnswerThatIsOnItsWayIsWaitedForWhileItsPollIsPassedOn() {
        Runnable over = answers.passing("g", "c");
        CompletableFuture<Boolean> asked = answers.wasWritten("g", "c", 7);
        assertThat(asked).isNotDone();
        answers.begun("g", "c", 7).complete(true);
        assertThat(asked.join()).isTrue();
        over.run();
    }

    @Test
    void anAnswerThatNeverCameIsLostOnceNoPollIsPassedOnAnyMore() {
        Runnable first = answers.passing("g", "c");
        Runnable second = answers.passing("g", "c");
        CompletableFuture<Boolean> asked = answers.wasWritten("g", "c", 7);
        first.run();
        first.run();
        assertThat(asked).isNotDone();
        second.run();
        assertThat(asked.join()).isFalse();
        assertThat(answers.wasWritten("g", "c", 8).join()).isFalse();
    }
}
