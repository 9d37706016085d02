package io.millrace.transaction.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Member;
import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CoordinatorCallsTest {
    private static final Member OTHER = new Member(2, "session", "http://localhost:2", null);
    private static final long PATIENCE_MS = 1_000;

    private final SimulatedTime time = new SimulatedTime(new Random(1));
    private final SimulatedTimers threads = new SimulatedTimers(time, Runnable::run, () -> false);
    /** What is found, one after the other; the last one again and again. */
    private final Deque<Supplier<Optional<Member>>> coordinators = new ArrayDeque<>();
    private final CoordinatorCalls calls = new CoordinatorCalls(id -> (coordinators.size() > 1 ? coordinators.pop()
            : coordinators.peek()).get(), threads, threads, time::nanoTime, PATIENCE_MS);
    private int asked;

    private CompletableFuture<String> call() {
        return calls.call("id", () -> asked("here"), member -> asked("at " + member.brokerId()));
    }

    private CompletableFuture<String> asked(String where) {
        asked++;
        return CompletableFuture.completedFuture(where);
    }

    private void run(long millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        boolean more;
        do {
            more = time.step(until);
        } while (more);
    }

    private static Supplier<Optional<Member>> nobody(ErrorKind kind) {
        return () -> {
            throw new BrokerException(kind, "for the test");
        };
    }

    private static ErrorKind failure(CompletableFuture<?> answer) {
        assertThat(answer).isCompletedExceptionally();
        return ((BrokerException) BrokerErrors.outcome(answer.handle((done, failure) -> failure).join())).kind();
    }

    @Test
    void theCoordinatorIsAskedWhereverItIs() {
        coordinators.add(Optional::empty);
        coordinators.add(() -> Optional.of(OTHER));
        CompletableFuture<String> here = call();
        run(5);
        CompletableFuture<String> there = call();
        run(5);

        assertThat(here).isCompletedWithValue("here");
        assertThat(there).isCompletedWithValue("at 2");
    }

    @Test
    void whileItMovesItIsLookedForAgain() {
        coordinators.add(nobody(ErrorKind.NOT_COORDINATOR));
        coordinators.add(nobody(ErrorKind.COORDINATOR_LOADING));
        coordinators.add(() -> Optional.of(OTHER));
        CompletableFuture<String> answer = call();
        run(PATIENCE_MS / 2);

        assertThat(answer).isCompletedWithValue("at 2");
    }

    @Test
    void whoeverWaitsIsToldWhenThatTakesTooLong() {
        coordinators.add(nobody(ErrorKind.NOT_COORDINATOR));
        CompletableFuture<String> answer = call();
        run(PATIENCE_MS - 100);
        assertThat(answer).isNotDone();
        run(200);
        assertThat(failure(answer)).isEqualTo(ErrorKind.NOT_COORDINATOR);
    }

    @Test
    void whatTheCoordinatorRefusesIsTheAnswer() {
        coordinators.add(Optional::empty);
        CompletableFuture<String> answer = calls.call("id", () -> {
            asked++;
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.PRODUCER_FENCED, "for the test"));
        }, member -> asked("there"));
        run(PATIENCE_MS);

        assertThat(failure(answer)).isEqualTo(ErrorKind.PRODUCER_FENCED);
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void aProducerIsKnownForAWhileByItsEpochAndNotByAnother() {
        KnownProducers known = new KnownProducers(TimeUnit.SECONDS.toNanos(30), time::nanoTime);
        known.add("id", new ProducerIdAndEpoch(7, (short) 3));

        assertThat(known.find("id", (short) 3)).contains(new ProducerIdAndEpoch(7, (short) 3));
        assertThat(known.find("id", (short) 4)).isEmpty();
        assertThat(known.find("other", (short) 3)).isEmpty();
        time.after(31_000, () -> { });
        run(31_000);
        assertThat(known.find("id", (short) 3)).isEmpty();
    }

    @Test
    void ofManyProducersThoseAreForgottenThatWereAskedForLongestAgo() {
        KnownProducers known = new KnownProducers(TimeUnit.SECONDS.toNanos(30), time::nanoTime);
        IntStream.rangeClosed(0, KnownProducers.MOST).forEach(each -> known.add("id-" + each, ProducerIdAndEpoch.first(each)));

        assertThat(known.find("id-0", (short) 0)).isEmpty();
        assertThat(known.find("id-1", (short) 0)).isPresent();
        assertThat(known.find("id-" + KnownProducers.MOST, (short) 0)).isPresent();
    }
}
