package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.EndTransactionMarker.Type;
import io.millrace.record.RecordBatch;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What coordinators write in producers' transactions, and what becomes of it. */
class CoordinatorTransactionsTest {
    /** Held, or the setting would be forgotten: what fails here fails on purpose. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace.coordinator");
    private static final long PRODUCER = 7;
    private static final long ANOTHER = 8;

    private final SimulatedTime time = new SimulatedTime(new Random(1));
    private final SimulatedTimers threads = new SimulatedTimers(time, Runnable::run, () -> false);
    private final FakeLog log = new FakeLog();
    private Counters newest;
    private final CoordinatorRuntime<String, Long, Counters> runtime = new CoordinatorRuntime<>(log, Counters.CODEC,
            number -> newest = new Counters(), new CoordinatorListener<Counters>() { },
            new CoordinatorOptions(100, TimeUnit.SECONDS.toNanos(5)), threads, threads, threads, Clock.systemUTC(), time::nanoTime);

    @BeforeEach
    void start() {
        LOGGER.setLevel(Level.OFF);
        runtime.start();
    }

    @AfterEach
    void speakAgain() {
        LOGGER.setLevel(null);
    }

    @Test
    void whatIsWrittenInATransactionCountsWhenItIsCommittedAndNotBefore() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> added = add(PRODUCER, 0, "a", 5);
        complete(led, added);
        assertThat(newest.value("a")).isZero();
        assertThat(newest.pending()).containsExactly("a");
        assertThat(log.batches).singleElement().matches(RecordBatch::isTransactional)
                .matches(batch -> batch.producerId() == PRODUCER && batch.baseSequence() == RecordBatch.NO_SEQUENCE);

        complete(led, end(PRODUCER, 1, Type.COMMIT));
        assertThat(newest.value("a")).isEqualTo(5);
        assertThat(newest.pending()).isEmpty();
        assertThat(log.batches).hasSize(2).last().matches(RecordBatch::isControl);
    }

    @Test
    void whatWasAbortedLeavesNothing() {
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        complete(led, add(PRODUCER, 0, "a", 5));
        complete(led, end(PRODUCER, 1, Type.ABORT));
        assertThat(newest.value("a")).isEqualTo(1);
        assertThat(newest.pending()).isEmpty();
    }

    @Test
    void whatStandsBehindItInTheLogIsNotOverriddenByACommit() {
        FakeLog.Led led = begin();
        complete(led, add(PRODUCER, 0, "a", 5));
        complete(led, add("a", 1));
        assertThat(newest.pending()).as("settled, whatever becomes of the transaction").isEmpty();
        complete(led, end(PRODUCER, 1, Type.COMMIT));
        assertThat(newest.value("a")).isEqualTo(1);
    }

    @Test
    void aMarkerIsWrittenOnceAndAskedForAgainIsAnsweredWhenThatOneIsCommitted() {
        FakeLog.Led led = begin();
        complete(led, add(PRODUCER, 0, "a", 5));
        CompletableFuture<Void> first = end(PRODUCER, 1, Type.COMMIT);
        led.write();
        run();
        CompletableFuture<Void> again = end(PRODUCER, 1, Type.COMMIT);
        led.write();
        run();
        assertThat(first).isNotDone();
        assertThat(again).isNotDone();
        log.commitAll();
        run();
        assertThat(first).isCompleted();
        assertThat(again).isCompleted();
        assertThat(log.batches).hasSize(2);
        assertThat(newest.value("a")).isEqualTo(5);
    }

    @Test
    void theMarkerOfAnEarlierTransactionEndsNoLaterOne() {
        FakeLog.Led led = begin();
        complete(led, end(PRODUCER, 1, Type.ABORT));
        complete(led, add(PRODUCER, 1, "a", 5));
        complete(led, end(PRODUCER, 1, Type.ABORT));
        assertThat(newest.pending()).containsExactly("a");
        complete(led, end(PRODUCER, 2, Type.COMMIT));
        assertThat(newest.value("a")).isEqualTo(5);
    }

    @Test
    void theMarkerOfALaterTransactionEndsNoEarlierOne() {
        FakeLog.Led led = begin();
        complete(led, add(PRODUCER, 3, "a", 5));
        complete(led, end(PRODUCER, 5, Type.COMMIT));
        assertThat(newest.pending()).containsExactly("a");
        assertThat(newest.value("a")).isZero();
        complete(led, end(PRODUCER, 5, Type.ABORT));
        assertThat(newest.pending()).containsExactly("a");
        complete(led, end(PRODUCER, 4, Type.COMMIT));
        assertThat(newest.value("a")).isEqualTo(5);
    }

    @Test
    void whatTheLogRefusesIsAsIfItHadNotBeenAskedFor() {
        FakeLog.Led led = begin();
        complete(led, add(PRODUCER, 0, "a", 5));
        led.refusal = new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, "for the test");
        assertFails(ErrorKind.NOT_ENOUGH_REPLICAS, end(PRODUCER, 1, Type.COMMIT));
        assertFails(ErrorKind.NOT_ENOUGH_REPLICAS, add(ANOTHER, 0, "b", 5));
        assertFails(ErrorKind.NOT_ENOUGH_REPLICAS, add("a", 1));
        assertThat(newest.pending()).containsExactly("a");
        assertThat(newest.values()).isEmpty();

        led.refusal = null;
        complete(led, end(PRODUCER, 1, Type.COMMIT));
        assertThat(newest.value("a")).isEqualTo(5);
    }

    @Test
    void whatWasVerifiedBeforeTheEndOfItsTransactionIsNotWrittenBehindIt() {
        FakeLog.Led led = begin();
        try (VerificationGuard late = runtime.guard(0, PRODUCER, (short) 0);
             VerificationGuard next = runtime.guard(0, PRODUCER, (short) 1)) {
            complete(led, end(PRODUCER, 1, Type.ABORT));
            assertFails(ErrorKind.PRODUCER_FENCED, add(late, "a", 5));
            assertThat(log.batches).as("the marker alone").hasSize(1);
            complete(led, add(next, "a", 6));
            assertThat(newest.pending()).containsExactly("a");
        }
    }

    @Test
    void aTransactionThatIsNotOverHereKeepsTheNextOneFromBeginning() {
        FakeLog.Led led = begin();
        complete(led, add(PRODUCER, 3, "a", 5));
        assertFails(ErrorKind.INVALID_TXN_STATE, add(PRODUCER, 4, "a", 6));
        assertFails(ErrorKind.PRODUCER_FENCED, add(PRODUCER, 2, "a", 6));
        complete(led, end(PRODUCER, 4, Type.COMMIT));
        assertThat(newest.value("a")).isEqualTo(5);
    }

    @Test
    void anAppendIsOfOneTransactionOrOfNoneAndInTheOrderOfItsDecisions() {
        FakeLog.Led led = begin();
        List<CompletableFuture<?>> all = new ArrayList<>();
        all.add(add("first", 1));
        all.add(add("a", 1));
        all.add(add("b", 1));
        all.add(add(PRODUCER, 0, "a", 5));
        all.add(add(PRODUCER, 0, "b", 5));
        all.add(add(ANOTHER, 0, "a", 6));
        all.add(end(PRODUCER, 1, Type.COMMIT));
        all.add(add("c", 1));
        all.add(end(ANOTHER, 1, Type.ABORT));
        while (led.queued() > 0) {
            assertThat(led.queued()).as("what is decided behind an append is not written without it").isEqualTo(1);
            led.write();
            run();
        }
        log.commitAll();
        run();
        assertThat(all).allMatch(CompletableFuture::isDone);
        assertThat(log.batches.stream().map(batch -> batch.producerId() + (batch.isControl() ? "!" : "x" + batch.recordCount())))
                .containsExactly("-1x1", "-1x2", "7x2", "8x1", "7!", "-1x1", "8!");
        assertThat(newest.value("a")).isEqualTo(5);
    }

    @Test
    void theNextLeadershipKnowsWhatWasCommittedAndAbortedAndWhatIsOpen() {
        log.store("a", "1", "b", "1", "c", "1");
        log.storeIn(PRODUCER, 0, "a", "5");
        log.storeIn(ANOTHER, 3, "b", "6");
        log.storeIn(9, 0, "c", "7");
        log.storeIn(9, 0, "d", "7");
        log.store(new EndTransactionMarker(Type.COMMIT, 0).batch(PRODUCER, (short) 1, 0));
        log.store(new EndTransactionMarker(Type.ABORT, 0).batch(ANOTHER, (short) 4, 0));
        log.store("c", "2");
        log.commitAll();
        FakeLog.Led led = begin();
        assertThat(newest.values()).containsEntry("a", 5L).containsEntry("b", 1L).containsEntry("c", 2L).doesNotContainKey("d");
        assertThat(newest.pending()).containsExactly("d");
        complete(led, end(9, 1, Type.COMMIT));
        assertThat(newest.values()).containsEntry("c", 2L).containsEntry("d", 7L);
    }

    @Test
    void moreThanMayWaitIsRefused() {
        for (int i = 0; i < PendingChanges.MOST_WAITING; i++) {
            log.storeIn(PRODUCER, 0, "k" + i, "1");
        }
        log.commitAll();
        FakeLog.Led led = begin();
        assertFails(ErrorKind.OVERLOADED, add(PRODUCER, 0, "one more", 5));
        complete(led, end(PRODUCER, 1, Type.ABORT));
        complete(led, add(PRODUCER, 1, "one more", 5));
    }

    private FakeLog.Led begin() {
        FakeLog.Led led = log.lead(1);
        run();
        return led;
    }

    private CompletableFuture<Long> add(String key, long amount) {
        CompletableFuture<Long> answer = runtime.change(0, counters -> counters.add(key, amount));
        run();
        return answer;
    }

    private CompletableFuture<Long> add(long producerId, int epoch, String key, long value) {
        try (VerificationGuard guard = runtime.guard(0, producerId, (short) epoch)) {
            return add(guard, key, value);
        }
    }

    private CompletableFuture<Long> add(VerificationGuard guard, String key, long value) {
        CompletableFuture<Long> answer = runtime.changeInTransaction(0, guard, counters ->
                new Decision<>(List.of(new Change<>(key, value)), value));
        run();
        return answer;
    }

    private CompletableFuture<Void> end(long producerId, int epoch, Type type) {
        CompletableFuture<Void> answer = runtime.endTransaction(0, producerId, (short) epoch, new EndTransactionMarker(type, 0));
        run();
        return answer;
    }

    private void complete(FakeLog.Led led, CompletableFuture<?> answer) {
        while (led.queued() > 0) {
            led.write();
            run();
        }
        log.commitAll();
        run();
        assertThat(answer).isCompleted();
    }

    private void run() {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50);
        while (time.step(until)) {
            assertThat(time.nanoTime()).isPositive();
        }
    }

    private static void assertFails(ErrorKind kind, CompletableFuture<?> answer) {
        assertThat(answer).isCompletedExceptionally();
        Throwable failure = catchThrowable(answer::join);
        assertThat(failure).isInstanceOf(CompletionException.class).cause().isInstanceOf(BrokerException.class);
        assertThat(((BrokerException) failure.getCause()).kind()).isEqualTo(kind);
    }
}
