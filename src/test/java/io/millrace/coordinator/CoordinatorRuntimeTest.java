package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.millrace.agreement.Member;
import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.coordinator.CoordinatorStatus.State;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CoordinatorRuntimeTest {
    /** Held, or the setting would be forgotten: what fails here fails on purpose. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace.coordinator");
    private static final int MOST_WAITING = 20;
    private static final int COMMIT_MS = 5_000;

    private final SimulatedTime time = new SimulatedTime(new Random(1));
    private final SimulatedTimers threads = new SimulatedTimers(time, Runnable::run, () -> false);
    private final FakeLog log = new FakeLog();
    private final List<String> told = new ArrayList<>();
    private RecordCodec<String, Long> codec = Counters.CODEC;
    private Counters newest;
    private CoordinatorRuntime<String, Long, Counters> runtime;

    @BeforeEach
    void open() {
        LOGGER.setLevel(Level.OFF);
        open(codec);
    }

    private void open(RecordCodec<String, Long> used) {
        codec = used;
        runtime = new CoordinatorRuntime<>(log, codec, number -> newest = new Counters(), new CoordinatorListener<Counters>() {
            @Override
            public void began(int partition, int epoch, Counters machine) {
                told.add("began " + epoch + " with " + machine.values());
            }

            @Override
            public void ended(int partition, int epoch) {
                told.add("ended " + epoch);
            }
        }, new CoordinatorOptions(MOST_WAITING, TimeUnit.MILLISECONDS.toNanos(COMMIT_MS)), threads, threads, threads,
                Clock.systemUTC(), time::nanoTime);
        runtime.start();
    }

    @AfterEach
    void speakAgain() {
        LOGGER.setLevel(null);
    }

    // ---- changes and answers

    @Test
    void aChangeIsAnsweredOnceItIsCommittedAndNotBefore() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> answer = add("a", 1);
        assertThat(answer).isNotDone();
        led.write();
        run();
        assertThat(answer).isNotDone();
        log.commitAll();
        run();
        assertThat(answer).isCompletedWithValue(1L);
        assertThat(stored()).containsExactly("a=1");
    }

    @Test
    void theDecisionsBehindAChangeSeeItBeforeItIsCommitted() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> first = add("a", 1);
        CompletableFuture<Long> second = add("a", 10);
        led.write();
        run();
        CompletableFuture<Long> third = add("a", 100);
        led.write();
        run();
        led.write();
        log.commitAll();
        run();
        assertThat(List.of(first.join(), second.join(), third.join())).containsExactly(1L, 11L, 111L);
    }

    @Test
    void whatOnlyLooksIsAnsweredWhenEverythingThatItSawIsCommitted() {
        FakeLog.Led led = begin();
        assertThat(read("a")).isCompletedWithValue(0L);
        add("a", 1);
        CompletableFuture<Long> ofQueued = read("a");
        led.write();
        run();
        CompletableFuture<Long> ofWritten = read("a");
        add("a", 1);
        assertThat(ofQueued).isNotDone();
        assertThat(ofWritten).isNotDone();
        log.commitAll();
        run();
        assertThat(ofQueued).isCompletedWithValue(1L);
        assertThat(ofWritten).isCompletedWithValue(1L);
    }

    @Test
    void aRefusalIsAnAnswerThatDependsOnWhatItSawAsWell() {
        FakeLog.Led led = begin();
        add("a", 1);
        CompletableFuture<Long> refused = runtime.change("a", counters -> {
            throw new BrokerException(ErrorKind.FENCED, "there is " + counters.value("a"));
        });
        run();
        assertThat(refused).isNotDone();
        led.write();
        log.commitAll();
        run();
        assertFails(ErrorKind.FENCED, refused, "there is 1");
    }

    @Test
    void whatComesWhileABatchIsWrittenGoesTogetherInTheNext() {
        FakeLog.Led led = begin();
        add("a", 1);
        List<CompletableFuture<Long>> answers = IntStream.range(0, 10).mapToObj(i -> add("b" + i, 1)).toList();
        assertThat(led.queued()).isEqualTo(1);
        led.write();
        run();
        assertThat(led.queued()).isEqualTo(1);
        led.write();
        log.commitAll();
        run();
        assertThat(answers).allMatch(CompletableFuture::isDone);
        assertThat(log.batches).hasSize(2);
        assertThat(log.batches.get(1).recordCount()).isEqualTo(10);
    }

    @Test
    void theChangesOfOneDecisionAreInOneRecordBatch() {
        log.maxBatchBytes = 215;
        FakeLog.Led led = begin();
        add("first", 1);
        for (String name : List.of("a", "b", "c")) {
            runtime.change("a", counters -> new Decision<>(List.of(new Change<>(name + "1", 1L), new Change<>(name + "2", 1L),
                    new Change<>(name + "3", 1L)), 0L));
        }
        run();
        led.write();
        run();
        led.write();
        assertThat(log.batches.stream().map(batch -> batch.recordCount())).containsExactly(1, 6, 3);
    }

    @Test
    void aDecisionThatFitsIntoNoBatchIsRefusedAloneAndChangesNothing() {
        log.maxBatchBytes = 200;
        FakeLog.Led led = begin();
        CompletableFuture<Long> tooLarge = runtime.change("a", counters -> new Decision<>(List.of(new Change<>("a", 1L),
                new Change<>("x".repeat(200), 1L)), 0L));
        CompletableFuture<Long> fits = add("a", 5);
        led.write();
        log.commitAll();
        run();
        assertFails(ErrorKind.RECORD_TOO_LARGE, tooLarge, "ask for less");
        assertThat(fits).isCompletedWithValue(5L);
    }

    @Test
    void aTombstoneTakesTheKeyAway() {
        FakeLog.Led led = begin();
        add("a", 1);
        runtime.change("a", counters -> new Decision<>(List.of(new Change<>("a", null)), 0L));
        run();
        led.write();
        run();
        led.write();
        log.commitAll();
        run();
        log.lead(2);
        run();
        assertThat(told).contains("began 2 with {}");
    }

    // ---- refused, lost, unknown

    @Test
    void aRefusedAppendIsUndoneAndEveryoneInItIsToldSo() {
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        add("b", 1); // on its way, so that the others are collected
        List<CompletableFuture<Long>> refused = List.of(add("a", 10), add("a", 100), add("c", 1), read("a"));
        led.refusal = new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, "nothing was written");
        led.write();
        run();
        refused.forEach(answer -> assertFails(ErrorKind.NOT_ENOUGH_REPLICAS, answer, "nothing was written"));
        led.refusal = null;
        log.commitAll();
        run();
        assertThat(newest.values()).isEqualTo(Map.of("a", 1L, "b", 1L));
        assertThat(read("a")).isCompletedWithValue(1L);
        complete(led, add("a", 1));
        assertThat(stored()).containsExactly("a=1", "b=1", "a=2");
    }

    @Test
    void anUndoBringsBackWhatStoodBeforeInTheOppositeOrder() {
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        led.refusal = new BrokerException(ErrorKind.OVERLOADED, "full");
        runtime.change("a", counters -> new Decision<>(List.of(new Change<>("a", 2L), new Change<>("a", null),
                new Change<>("a", 3L), new Change<>("b", 1L)), 0L));
        run();
        assertThat(newest.values()).isEqualTo(Map.of("a", 1L));
    }

    @Test
    void whenTheLeadershipEndsWhatIsNotInTheLogIsRefusedAndWhatMayBeIsNotKnown() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> written = add("a", 1);
        led.write();
        run();
        CompletableFuture<Long> onItsWay = add("a", 1);
        CompletableFuture<Long> collected = add("a", 1);
        CompletableFuture<Long> looked = read("a");
        log.depose();
        run();
        assertFails(ErrorKind.NOT_COMMITTED, written, "look, or ask again");
        assertFails(ErrorKind.NOT_COMMITTED, onItsWay, "look, or ask again");
        assertFails(ErrorKind.NOT_COORDINATOR, collected, "nothing was done");
        assertFails(ErrorKind.NOT_COORDINATOR, looked, "nothing was done");
        assertFails(ErrorKind.NOT_COORDINATOR, add("a", 1), "does not lead");
        assertThat(runtime.status()).isEmpty();
        assertThat(told).containsExactly("began 1 with {}", "ended 1");
    }

    @Test
    void theNextLeadershipBeginsWithWhatIsInTheLogAndNothingElse() {
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        add("a", 1);
        log.depose();
        log.store("a", "7", "b", "1");
        FakeLog.Led next = log.lead(3);
        run();
        assertThat(told).last().isEqualTo("began 3 with {a=7, b=1}");
        complete(next, add("a", 1));
        assertThat(stored()).containsExactly("a=1", "a=7", "b=1", "a=8");
    }

    @Test
    void anAppendOfAnEarlierLeadershipDoesNotTouchTheNextOne() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> old = add("a", 1);
        FakeLog.Led next = log.lead(2);
        run();
        led.fail(false); // its outcome comes late
        run();
        assertFails(ErrorKind.NOT_COMMITTED, old, "");
        complete(next, add("a", 5));
        assertThat(read("a")).isCompletedWithValue(5L);
    }

    @Test
    void whatIsNotCommittedInTimeIsNotKnownAndStaysInTheState() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> late = add("a", 1);
        CompletableFuture<Long> looked = read("a");
        led.write();
        advance(COMMIT_MS + 1_500);
        assertFails(ErrorKind.NOT_COMMITTED, late, "look, or ask again");
        assertFails(ErrorKind.UNAVAILABLE, looked, "try again");
        CompletableFuture<Long> next = add("a", 1);
        CompletableFuture<Long> behind = read("a");
        assertThat(behind).isNotDone();
        led.write();
        log.commitAll();
        run();
        assertThat(next).isCompletedWithValue(2L);
        assertThat(behind).isCompletedWithValue(2L);
    }

    @Test
    void whatCannotBeDecidedInTimeBecauseTheDiskIsSlowIsRefused() {
        log.maxBatchBytes = 4 << 20;
        FakeLog.Led led = begin();
        add("a", 1);
        CompletableFuture<Long> large = runtime.change("a", counters -> new Decision<>(
                List.of(new Change<>("x".repeat(2 << 20), 1L)), 0L));
        CompletableFuture<Long> behind = add("b", 1);
        advance(COMMIT_MS + 1_500);
        assertFails(ErrorKind.NOT_COMMITTED, large, "");
        assertFails(ErrorKind.OVERLOADED, behind, "nothing was done");
        led.write();
        run();
        led.write();
        assertThat(stored()).hasSize(2).doesNotContain("b=1");
    }

    @Test
    void afterAnAppendOfWhichNobodyKnowsTheLogIsReadAgain() {
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        for (boolean there : List.of(true, false)) {
            CompletableFuture<Long> unknown = add("a", 1);
            CompletableFuture<Long> collected = add("a", 1);
            led.fail(there);
            run();
            assertFails(ErrorKind.NOT_COMMITTED, unknown, "the disk said no");
            assertFails(ErrorKind.UNAVAILABLE, collected, "the disk said no");
            assertFails(ErrorKind.UNAVAILABLE, read("a"), "tried again");
            assertThat(runtime.status().get(0).state()).isEqualTo(State.FAILED);
            log.commitAll();
            advance(2_500);
            assertThat(read("a")).isCompletedWithValue(2L);
        }
    }

    @Test
    void anAppendThatBreaksLeavesNobodyWithoutAnAnswer() {
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        led.refusal = new IllegalStateException("a fault of ours");
        CompletableFuture<Long> broken = add("a", 1);
        assertFails(ErrorKind.NOT_COMMITTED, broken, "could not be written");
        led.refusal = null;
        advance(2_500);
        assertThat(read("a")).isCompletedWithValue(1L);
        complete(led, add("a", 1));
    }

    @Test
    void aDecisionThatBreaksIsTheFailureOfItsAskerAlone() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> broken = runtime.change(0, counters -> {
            throw new IllegalStateException("a fault of the asker's");
        });
        complete(led, add("a", 1));
        assertThat(broken).isCompletedExceptionally();
        assertThat(read("a")).isCompletedWithValue(1L);
    }

    @Test
    void aStateThatFailsInTheMiddleOfAChangeIsReadAgain() {
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        newest.failAt("b");
        CompletableFuture<Long> broken = runtime.change(0, counters -> new Decision<>(
                List.of(new Change<>("a", 9L), new Change<>("b", 1L)), 0L));
        run();
        assertThat(broken).isCompletedExceptionally();
        assertFails(ErrorKind.UNAVAILABLE, read("a"), "tried again");
        advance(2_500);
        assertThat(read("a")).isCompletedWithValue(1L);
        complete(led, add("b", 1));
    }

    @Test
    void tooManyRequestsAreRefusedUntilSomeAreAnswered() {
        FakeLog.Led led = begin();
        List<CompletableFuture<Long>> waiting = IntStream.range(0, MOST_WAITING).mapToObj(i -> add("a", 1)).toList();
        assertFails(ErrorKind.OVERLOADED, add("a", 1), "try again later");
        led.write();
        run();
        led.write();
        log.commitAll();
        run();
        assertThat(waiting).allMatch(CompletableFuture::isDone);
        complete(led, add("a", 1));
    }

    @Test
    void withoutALeaseNothingIsToldThatMayBeOldAndWhatIsCommittedIs() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> change = add("a", 1);
        CompletableFuture<Long> looked = read("a");
        log.leased = false;
        led.write();
        log.commitAll();
        run();
        assertThat(change).isCompletedWithValue(1L);
        assertFails(ErrorKind.UNAVAILABLE, looked, "not in touch");
        assertFails(ErrorKind.UNAVAILABLE, read("a"), "not in touch");
    }

    // ---- loading

    @Test
    void loadingPassesOverGapsMarkersAndBatchesThatAreGone() {
        log.skip(5);
        log.store("a", "1", "b", "1");
        log.skip(100);
        RecordBatchBuilder marker = new RecordBatchBuilder(Codec.NONE).control();
        marker.append(1, ByteBuffer.wrap(new byte[] {0, 0, 0, 1}), ByteBuffer.wrap(new byte[6]), List.of());
        log.store(marker.build());
        log.store("b", null, "a", "2");
        log.skip(7);
        log.lead(4);
        log.commitAll();
        run();
        assertThat(told).containsExactly("began 4 with {a=2}");
        LoadProgress load = runtime.status().get(0).load();
        assertThat(load.records()).isEqualTo(4);
        assertThat(load.position()).isEqualTo(load.endOffset());
    }

    @Test
    void whileItLoadsRequestsAreToldSo() {
        storeMuch();
        log.lead(1);
        CompletableFuture<Long> early = runtime.read("a", counters -> counters.value("a"));
        stepUntilDone(early);
        assertFails(ErrorKind.COORDINATOR_LOADING, early, "try again in a moment");
        assertThat(runtime.status().get(0).state()).isEqualTo(State.LOADING);
        log.commitAll();
        run();
        assertThat(read("a")).isCompletedWithValue(1L);
        assertThat(runtime.status().get(0).state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void aLeadershipThatEndsWhileItIsLoadedStopsThat() {
        storeMuch();
        log.lead(1);
        stepUntilDone(runtime.read("a", counters -> 0L));
        log.depose();
        run();
        assertThat(told).isEmpty();
        assertThat(runtime.status()).isEmpty();
        assertThat(log.bytesRead).isLessThan(log.batches.stream().mapToInt(batch -> batch.sizeInBytes()).sum());
        assertFails(ErrorKind.NOT_COORDINATOR, read("a"), "");
    }

    @Test
    void whatEarlierLeadersWroteIsToldOnlyOnceItIsCommitted() {
        log.store("a", "1");
        log.commitAll();
        log.store("a", "2");
        FakeLog.Led led = log.lead(2);
        run();
        assertThat(told).containsExactly("began 2 with {a=2}");
        CompletableFuture<Long> looked = read("a");
        CompletableFuture<Long> change = add("a", 1);
        assertThat(looked).isNotDone();
        led.write();
        log.commitAll();
        run();
        assertThat(looked).isCompletedWithValue(2L);
        assertThat(change).isCompletedWithValue(3L);
    }

    @Test
    void whatAnEarlierLeadershipHereHadQueuedIsReadAlsoWhenItReachesTheLogLate() {
        FakeLog.Led led = begin();
        add("a", 1);
        log.settling = true;
        FakeLog.Led next = log.lead(3);
        run();
        assertFails(ErrorKind.COORDINATOR_LOADING, read("a"), "");
        led.write();
        next.settle();
        log.commitAll();
        run();
        assertThat(read("a")).isCompletedWithValue(1L);
    }

    @Test
    void theReadingOfAnEarlierLeadershipEndsWithItAndLeavesTheNextOneAlone() {
        storeMuch();
        log.lead(1);
        stepUntilDone(runtime.read("a", counters -> 0L));
        log.settling = true;
        FakeLog.Led next = log.lead(3);
        run();
        assertFails(ErrorKind.COORDINATOR_LOADING, read("a"), "");
        next.settle();
        log.commitAll();
        run();
        assertThat(read("a")).isCompletedWithValue(1L);
        assertThat(newest.values()).hasSize(41);
    }

    @Test
    void aLogThatCannotBeWrittenToIsNotServed() {
        log.settling = true;
        FakeLog.Led led = log.lead(1);
        run();
        led.unsettle();
        run();
        assertFails(ErrorKind.UNAVAILABLE, read("a"), "the disk said no");
        log.settling = false;
        log.commitAll();
        advance(3_000);
        assertThat(read("a")).isCompletedWithValue(0L);
    }

    @Test
    void aRecordThatCannotBeReadKeepsThePartitionFromBeingServedAndIsTriedAgain() {
        log.store("a", "1", "b", "not a number");
        log.lead(1);
        log.commitAll();
        run();
        assertFails(ErrorKind.UNAVAILABLE, read("a"), "record at offset 1");
        CoordinatorStatus status = runtime.status().get(0);
        assertThat(status.state()).isEqualTo(State.FAILED);
        assertThat(status.failure()).contains("__counters-0").contains("record at offset 1").contains("not a number");
        assertThat(told).isEmpty();

        log.batches.clear();
        advance(10_000);
        assertThat(runtime.status().get(0).state()).isEqualTo(State.ACTIVE);
        assertThat(read("a")).isCompletedWithValue(0L);
    }

    @Test
    void aLogThatCannotBeReadIsTriedLessAndLessOften() {
        log.store("a", "1");
        FakeLog.Led led = log.lead(1);
        led.unreadable = new IllegalStateException("damaged");
        advance(3_600_000);
        assertThat(log.reads).isBetween(50, 80);
        assertThat(runtime.status().get(0).failure()).contains("damaged");
        led.unreadable = null;
        log.commitAll();
        advance(70_000);
        assertThat(read("a")).isCompletedWithValue(1L);
    }

    @Test
    void anErrorWhileLoadingIsAFailureLikeAnyOther() {
        runtime.close();
        run();
        boolean[] failing = {true};
        open(new RecordCodec<>() {
            @Override
            public ByteBuffer writeKey(String key) {
                return Counters.CODEC.writeKey(key);
            }

            @Override
            public ByteBuffer writeValue(String key, Long value) {
                return Counters.CODEC.writeValue(key, value);
            }

            @Override
            public String readKey(ByteBuffer bytes) {
                if (failing[0]) {
                    throw new OutOfMemoryError("as the test wants it");
                }
                return Counters.CODEC.readKey(bytes);
            }

            @Override
            public Long readValue(String key, ByteBuffer bytes) {
                return Counters.CODEC.readValue(key, bytes);
            }
        });
        log.store("a", "1");
        log.lead(1);
        log.commitAll();
        run();
        assertFails(ErrorKind.UNAVAILABLE, read("a"), "memory");
        failing[0] = false;
        advance(5_000);
        assertThat(read("a")).isCompletedWithValue(1L);
    }

    // ---- keys and ends

    @Test
    void theOthersThatCoordinateAreNamedOnceAndNotWhileSomethingHasNoCoordinator() {
        Member second = new Member(2, "session", "http://2", null);
        Member third = new Member(3, "session", "http://3", null);
        log.partitions = 5;
        log.remote = partition -> partition == 0 ? Optional.empty() : Optional.of(partition == 2 ? second : third);
        assertThat(runtime.remotes()).containsExactly(second, third);

        log.remote = partition -> {
            throw new BrokerException(ErrorKind.NOT_LEADER, "no leader now");
        };
        assertThat(catchThrowable(runtime::remotes)).hasMessage("no leader now")
                .satisfies(nobody -> assertThat(((BrokerException) nobody).kind()).isEqualTo(ErrorKind.NOT_COORDINATOR));
    }

    @Test
    void keysBelongWhereTheFieldPutsGroups() {
        log.partitions = 50;
        assertThat(runtime.partitionOf("test-group")).isEqualTo(12);
        assertThat("polygenelubricants".hashCode()).isEqualTo(Integer.MIN_VALUE);
        assertThat(runtime.partitionOf("polygenelubricants")).isZero();
    }

    @Test
    void everyPartitionThatIsLedCanBeAsked() {
        log.partitions = 3;
        FakeLog.Led led = begin();
        complete(led, add("a", 1));
        Map<Integer, CompletableFuture<Long>> answers = runtime.readAll(counters -> counters.value("a"));
        run();
        assertThat(answers).containsOnlyKeys(0);
        assertThat(answers.get(0)).isCompletedWithValue(1L);
        CompletableFuture<Long> elsewhere = runtime.change(2, counters -> counters.add("a", 1));
        run();
        assertFails(ErrorKind.NOT_COORDINATOR, elsewhere, "");
    }

    @Test
    void aClosedRuntimeRefusesEverythingAndLeavesNobodyWaiting() {
        FakeLog.Led led = begin();
        CompletableFuture<Long> onItsWay = add("a", 1);
        CompletableFuture<Long> collected = add("a", 1);
        runtime.close();
        run();
        assertFails(ErrorKind.NOT_COMMITTED, onItsWay, "");
        assertFails(ErrorKind.UNAVAILABLE, collected, "stopping");
        assertFails(ErrorKind.UNAVAILABLE, add("a", 1), "stopping");
        led.write();
        run();
        assertThat(told).last().isEqualTo("ended 1");
    }

    // ---- what the tests do

    private FakeLog.Led begin() {
        FakeLog.Led led = log.lead(1);
        run();
        return led;
    }

    /** In batches of their own, of some MiB together. */
    private void storeMuch() {
        log.store("a", "1");
        for (int i = 0; i < 40; i++) {
            log.store("x".repeat(200_000) + i, "1");
        }
    }

    private CompletableFuture<Long> add(String key, long amount) {
        CompletableFuture<Long> answer = runtime.change(0, counters -> counters.add(key, amount));
        run();
        return answer;
    }

    private CompletableFuture<Long> read(String key) {
        CompletableFuture<Long> answer = runtime.change(0, counters -> Decision.nothing(counters.value(key)));
        run();
        return answer;
    }

    private void complete(FakeLog.Led led, CompletableFuture<Long> answer) {
        while (led.queued() > 0) {
            led.write();
            run();
        }
        log.commitAll();
        run();
        assertThat(answer).isCompleted();
    }

    private List<String> stored() {
        List<String> stored = new ArrayList<>();
        log.batches.forEach(batch -> batch.records().forEachRemaining(record ->
                stored.add(Counters.text(record.key()) + "=" + Counters.text(record.value()))));
        return stored;
    }

    private void run() {
        advance(50);
    }

    private void advance(long millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (time.step(until)) {
            assertThat(time.nanoTime()).isPositive();
        }
    }

    private void stepUntilDone(CompletableFuture<?> answer) {
        while (!answer.isDone()) {
            time.step(time.nanoTime() + TimeUnit.SECONDS.toNanos(1));
        }
    }

    private static void assertFails(ErrorKind kind, CompletableFuture<?> answer, String message) {
        assertThat(answer).isCompletedExceptionally();
        Throwable failure = catchThrowable(answer::join);
        assertThat(failure).isInstanceOf(CompletionException.class);
        assertThat(failure.getCause()).isInstanceOf(BrokerException.class).hasMessageContaining(message);
        assertThat(((BrokerException) failure.getCause()).kind()).isEqualTo(kind);
    }
}
