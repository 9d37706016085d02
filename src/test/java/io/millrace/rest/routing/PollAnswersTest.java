package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.delivery.HandedOn;
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
        CompletableFuture<Boolean> asked = answers.wasWritten("g", "c", new HandedOn(7, 0));
        assertThat(asked).isNotDone();
        written.complete(true);
        assertThat(asked.join()).isTrue();
    }

    @Test
    void anAnswerThatIsNotKnownCountsAsLost() {
        answers.begun("g", "c", 7).complete(true);
        assertThat(answers.wasWritten("g", "c", new HandedOn(6, 0)).join()).isFalse();
        assertThat(answers.wasWritten("other", "c", new HandedOn(7, 0)).join()).isFalse();
        answers.begun("g", "d", 1).complete(true);
        answers.begun("g", "e", 1).complete(true);
        assertThat(answers.wasWritten("g", "c", new HandedOn(7, 0)).join()).as("beyond the capacity").isFalse();
        assertThat(answers.wasWritten("g", "e", new HandedOn(1, 0)).join()).isTrue();
    }

    @Test
    void anAnswerThatIsOnItsWayIsWaitedForWhileItsPollIsPassedOn() {
        Runnable over = answers.passing("g", "c");
        CompletableFuture<Boolean> asked = answers.wasWritten("g", "c", new HandedOn(7, 0));
        assertThat(asked).isNotDone();
        answers.begun("g", "c", 7).complete(true);
        assertThat(asked.join()).isTrue();
        over.run();
    }

    @Test
    void anAnswerThatNeverCameIsLostOnceNoPollIsPassedOnAnyMore() {
        Runnable first = answers.passing("g", "c");
        Runnable second = answers.passing("g", "c");
        CompletableFuture<Boolean> asked = answers.wasWritten("g", "c", new HandedOn(7, 0));
        first.run();
        first.run();
        assertThat(asked).isNotDone();
        second.run();
        assertThat(asked.join()).isFalse();
        assertThat(answers.wasWritten("g", "c", new HandedOn(8, 0)).join()).isFalse();
    }

    @Test
    void ofAStreamAPartArrivedWhenSoMuchOfItWasWritten() {
        PassedBytes parts = new PassedBytes();
        Runnable over = answers.passing("g", "c");
        CompletableFuture<Boolean> early = answers.wasWritten("g", "c", new HandedOn(7, 100));
        CompletableFuture<Boolean> stream = answers.begun("g", "c", 7, parts);
        parts.add(99);
        assertThat(early).as("its head may be on its way").isNotDone();
        parts.add(1);
        assertThat(early.join()).isTrue();
        assertThat(answers.wasWritten("g", "c", new HandedOn(7, 100)).join()).isTrue();
        assertThat(answers.wasWritten("g", "c", new HandedOn(6, 100)).join()).as("another stream").isFalse();
        CompletableFuture<Boolean> next = answers.wasWritten("g", "c", new HandedOn(7, 101));
        assertThat(next).isNotDone();
        assertThat(answers.isBeingWritten("g", "c", new HandedOn(7, 101))).isTrue();
        assertThat(answers.isBeingWritten("g", "c", new HandedOn(6, 101))).isFalse();
        stream.complete(true);
        parts.end();
        over.run();
        assertThat(next.join()).isFalse();
        assertThat(answers.isBeingWritten("g", "c", new HandedOn(7, 101))).isFalse();
        assertThat(answers.wasWritten("g", "c", new HandedOn(7, 100)).join()).isTrue();
        assertThat(answers.vouched("g", "c")).as("there are many parts").isNull();
    }
}
