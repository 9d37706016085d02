package io.millrace.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Member;
import io.millrace.broker.ManualTimers;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How leaders are asked; what they answer is made up. */
class FetchAllSpreadTest {
    private final ManualTimers timers = new ManualTimers();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final ContinuationExecutor continuations = new ContinuationExecutor(tasks::add, tasks::add);
    private final Deadlines deadlines = new Deadlines(timers, timers::nanoTime);

    /** A leader of one partition that answers when the test says so. */
    private final class Asked {
        private final List<FetchAllRequest> requests = new ArrayList<>();
        private final List<CompletableFuture<FetchAllResult>> answers = new ArrayList<>();

        private CompletableFuture<FetchAllResult> ask(FetchAllRequest request) {
            requests.add(request);
            answers.add(new CompletableFuture<>());
            return last();
        }

        private CompletableFuture<FetchAllResult> last() {
            return answers.get(answers.size() - 1);
        }

        private FetchAllRequest request() {
            return requests.get(requests.size() - 1);
        }

        /** Answers with as many bytes, each an offset, up to the high watermark. */
        private void answer(int bytes, long highWatermark) {
            FetchAllRequest.Part asked = request().parts().get(0);
            long offset = asked.from() instanceof FetchPosition.AtOffset at ? at.offset() : 0;
            last().complete(new FetchAllResult(List.of(FetchAllResult.Part.read(
                    new TopicPartition(asked.topic(), asked.partition()), new FetchResult(offset, offset + bytes,
                            highWatermark, 0, 3, ByteBuffer.wrap(new byte[bytes]))))));
            settle();
        }

        private void fail(ErrorKind kind) {
            last().completeExceptionally(new BrokerException(kind, "as the test wants it"));
            settle();
        }
    }

    private final Asked first = new Asked();
    private final Asked second = new Asked();

    private FetchAllSpread spread(int minBytes, int maxBytes, long maxWaitMs) {
        return new FetchAllSpread(new FetchAllRequest(List.of(part(0), part(1)), minBytes, maxBytes, maxWaitMs),
                Map.of(), ReadMemory.UNBOUNDED, continuations, deadlines, timers::nanoTime);
    }

    private CompletableFuture<FetchAllResult> start(int minBytes, int maxBytes, long maxWaitMs) {
        FetchAllSpread fetch = spread(minBytes, maxBytes, maxWaitMs);
        fetch.add(member(1), List.of(0), first::ask);
        fetch.add(member(2), List.of(1), second::ask);
        return fetch.start();
    }

    private static FetchAllRequest.Part part(int partition) {
        return new FetchAllRequest.Part("orders", partition, new FetchPosition.Earliest());
    }

    private static Member member(int id) {
        return new Member(id, "session", "http://" + id, null);
    }

    private void settle() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private void advance(long millis) {
        timers.advanceMillis(millis);
        settle();
    }

    @Test
    void eachLeaderIsAskedAtOnceForItsShare() {
        CompletableFuture<FetchAllResult> answer = start(1, 100, 60_000);
        assertThat(first.request()).isEqualTo(new FetchAllRequest(List.of(part(0)), 0, 50, 0));
        assertThat(second.request()).isEqualTo(new FetchAllRequest(List.of(part(1)), 0, 50, 0));

        first.answer(7, 7);
        assertThat(answer).isNotDone();
        second.answer(0, 0);
        assertThat(answer.join().parts()).extracting(FetchAllResult.Part::bytes).containsExactly(7, 0);
        assertThat(deadlines.size()).isZero();
    }

    @Test
    void aShareIsNeverNothingUnlessNothingIsToBeRead() {
        start(1, 1, 0);
        assertThat(first.request().maxBytes()).isEqualTo(1);
        CompletableFuture<FetchAllResult> positions = start(1, 0, 60_000);
        assertThat(first.request().maxBytes()).isZero();
        first.answer(0, 5);
        second.answer(0, 5);
        assertThat(positions).isDone();
    }

    @Test
    void whoeverHasMoreThanItReadEndsItWithoutAWait() {
        CompletableFuture<FetchAllResult> answer = start(100, 100, 60_000);
        first.answer(0, 0);
        second.answer(7, 8);

        assertThat(answer).isDone();
    }

    @Test
    void leadersAreAskedToWaitInSlicesThatGrowUntilOneBringsItsPartOfWhatIsMissing() {
        CompletableFuture<FetchAllResult> answer = start(10, 100, 60_000);
        first.answer(3, 3);
        second.answer(0, 0);
        assertThat(first.request()).isEqualTo(new FetchAllRequest(List.of(
                new FetchAllRequest.Part("orders", 0, new FetchPosition.AtOffset(3, 3))), 4, 47, 500));
        assertThat(second.request().maxWaitMs()).isEqualTo(500);

        for (long slice : new long[] {1000, 2000, 4000, 5000, 5000}) {
            advance(500);
            second.answer(0, 0);
            assertThat(second.request().maxWaitMs()).isEqualTo(slice);
        }
        second.answer(5, 5);
        assertThat(second.request().minBytes()).as("2 are missing").isEqualTo(1);
        first.answer(4, 7);

        FetchAllResult result = answer.join();
        assertThat(result.parts()).extracting(FetchAllResult.Part::bytes).containsExactly(7, 5);
        FetchResult joined = result.parts().get(0).result();
        assertThat(joined.offset()).isZero();
        assertThat(joined.nextOffset()).isEqualTo(7);
        assertThat(joined.highWatermark()).isEqualTo(7);
        assertThat(joined.leaderEpoch()).isEqualTo(3);
        assertThat(second.last()).as("given up").isCancelled();
        assertThat(deadlines.size()).isZero();
    }

    @Test
    void theLastSliceEndsWithTheTime() {
        CompletableFuture<FetchAllResult> answer = start(10, 100, 700);
        first.answer(0, 0);
        second.answer(2, 2);
        advance(500);
        first.answer(0, 0);
        assertThat(first.request().maxWaitMs()).isEqualTo(200);
        advance(199);
        assertThat(answer).isNotDone();
        advance(1);

        assertThat(answer.join().parts()).extracting(FetchAllResult.Part::bytes).containsExactly(0, 2);
        assertThat(first.last()).isCancelled();
    }

    @Test
    void aLeaderThatCannotBeReachedFailsItsPartAlone() {
        CompletableFuture<FetchAllResult> answer = start(10, 100, 60_000);
        first.fail(ErrorKind.UNAVAILABLE);
        second.answer(2, 2);

        assertThat(answer.join().parts().get(0).failure().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(answer.join().parts().get(1).bytes()).isEqualTo(2);
    }

    @Test
    void whatALeaderBroughtBeforeItDiedIsKept() {
        CompletableFuture<FetchAllResult> answer = start(10, 100, 60_000);
        first.answer(3, 3);
        second.answer(0, 0);
        first.fail(ErrorKind.UNAVAILABLE);

        assertThat(answer.join().parts().get(0).bytes()).isEqualTo(3);
        assertThat(answer.join().parts().get(1).failure()).isNull();
    }

    @Test
    void aLeaderThatIsSilentFailsItsPartAfterAWhile() {
        CompletableFuture<FetchAllResult> answer = start(1, 100, 60_000);
        second.answer(2, 2);
        advance(2_999);
        assertThat(answer).isNotDone();
        advance(1);

        assertThat(answer.join().parts().get(0).failure().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(answer.join().parts().get(0).failure()).hasMessageContaining("broker 1 at http://1");
        assertThat(answer.join().parts().get(1).bytes()).isEqualTo(2);
    }

    @Test
    void anAnswerForOtherPartitionsIsNone() {
        CompletableFuture<FetchAllResult> answer = start(1, 100, 60_000);
        first.last().complete(new FetchAllResult(List.of()));
        second.answer(2, 2);

        assertThat(answer.join().parts().get(0).failure().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    }

    @Test
    void givingItUpGivesUpWhatWasAsked() {
        CompletableFuture<FetchAllResult> answer = start(1, 100, 60_000);
        first.answer(0, 0);
        second.answer(0, 0);
        answer.cancel(false);

        assertThat(first.last()).isCancelled();
        assertThat(second.last()).isCancelled();
        assertThat(deadlines.size()).isZero();
        settle();
        assertThat(first.requests).hasSize(2);
    }

    @Test
    void whatCameHereDuringTheLastSliceIsInTheAnswer() {
        FetchAllSpread fetch = spread(10, 100, 500);
        fetch.addHere(List.of(0), request -> request.minBytes() > 0 ? first.ask(request)
                : CompletableFuture.completedFuture(new FetchAllResult(List.of(FetchAllResult.Part.read(
                        new TopicPartition("orders", 0), new FetchResult(first.requests.size(), 1, 1, 0, 0,
                                ByteBuffer.wrap(new byte[first.requests.size()])))))));
        fetch.add(member(2), List.of(1), second::ask);
        CompletableFuture<FetchAllResult> answer = fetch.start();
        settle();
        second.answer(0, 0);
        advance(500);

        assertThat(answer.join().parts().get(0).bytes()).isEqualTo(1);
    }

    @Test
    void withNoLeaderAtAllEveryPartFailsAtOnce() {
        BrokerException reason = new BrokerException(ErrorKind.NOT_LEADER, "none");
        CompletableFuture<FetchAllResult> answer = new FetchAllSpread(
                new FetchAllRequest(List.of(part(0)), 1, 1, 60_000), Map.of(0, reason), ReadMemory.UNBOUNDED, continuations, deadlines,
                timers::nanoTime).start();

        assertThat(answer.join().parts().get(0).failure()).isSameAs(reason);
    }
}
