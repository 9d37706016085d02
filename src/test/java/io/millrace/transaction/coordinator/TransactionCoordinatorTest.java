package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TransactionCoordinatorTest {
    /** Held, or the setting would be forgotten: what fails here fails on purpose. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace");
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final TopicPartition BILLS = new TopicPartition("bills", 3);
    private static final int EXPIRATION_MS = 600_000;

    private final SimulatedTime time = new SimulatedTime(new Random(1));
    private final SimulatedStateTopic topic = new SimulatedStateTopic(time, new Random(1));
    private final SimulatedTimers threads = new SimulatedTimers(time, Runnable::run, () -> false);
    private final SimulatedStateTopic.View view = topic.new View(0);
    /** In their order, also those that failed. */
    private final List<TransactionMarker> sent = new ArrayList<>();
    private final Set<TopicPartition> unreachable = new HashSet<>();
    private int errors;
    private long producerIds = 100;
    private TransactionCoordinator coordinator;

    @BeforeEach
    void open() {
        LOGGER.setLevel(Level.OFF);
        coordinator = new TransactionCoordinator(new TransactionParts(view,
            new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(2)), new TransactionOptions(60_000, EXPIRATION_MS, 3), this::mark,
            () -> producerIds++, threads, threads, threads, new SimulatedClock(time), time::nanoTime));
        coordinator.start();
        lead(0);
    }

    @AfterEach
    void speakAgain() {
        LOGGER.setLevel(null);
    }

    private void lead(int server) {
        topic.elect(server);
        view.learn();
        run(50);
    }

    private CompletableFuture<?> mark(TransactionMarker marker) {
        sent.add(marker);
        if (errors > 0) {
            errors--;
            throw new OutOfMemoryError("for the test");
        }
        CompletableFuture<Object> answer = new CompletableFuture<>();
        if (unreachable.contains(marker.partition())) {
            time.after(5, () -> answer.completeExceptionally(new BrokerException(ErrorKind.NOT_LEADER, "for the test")));
        } else {
            time.after(5, () -> answer.complete(null));
        }
        return answer;
    }

    private void run(int millis) {
        long until = in(millis);
        boolean more;
        do {
            more = time.step(until);
        } while (more);
    }

    private long in(long millis) {
        return time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private <T> T done(CompletableFuture<T> answer) {
        run(50);
        assertThat(answer).isDone();
        return answer.join();
    }

    private ErrorKind refusal(CompletableFuture<?> answer) {
        run(50);
        assertThat(answer).isCompletedExceptionally();
        return ((BrokerException) BrokerErrors.outcome(answer.handle((value, failure) -> failure).join())).kind();
    }

    private CompletableFuture<TransactionAnswer> init(String id) {
        return coordinator.init(id, 10_000, in(300));
    }

    private CompletableFuture<TransactionAnswer> add(ProducerIdAndEpoch producer, TopicPartition... partitions) {
        return coordinator.addPartitions("transfer", producer, List.of(partitions), in(300));
    }

    private CompletableFuture<TransactionAnswer> commit(ProducerIdAndEpoch producer) {
        return coordinator.end("transfer", producer, TransactionResult.COMMIT, in(300));
    }

    private CompletableFuture<TransactionAnswer> abort(ProducerIdAndEpoch producer) {
        return coordinator.end("transfer", producer, TransactionResult.ABORT, in(300));
    }

    /** A transaction in both partitions. */
    private ProducerIdAndEpoch begun() {
        ProducerIdAndEpoch producer = done(init("transfer")).producer();
        return done(add(producer, ORDERS, BILLS)).producer();
    }

    private TransactionState state() {
        return topic.state().get("transfer").state();
    }

    private static ProducerIdAndEpoch next(ProducerIdAndEpoch producer) {
        return new ProducerIdAndEpoch(producer.producerId(), (short) (producer.epoch() + 1));
    }

    // ---- init

    @Test
    void aNewTransactionalIdGetsAProducerIdThatNobodyHas() {
        assertThat(done(init("one")).producer()).isEqualTo(ProducerIdAndEpoch.first(100));
        assertThat(done(init("two")).producer()).isEqualTo(ProducerIdAndEpoch.first(101));
        assertThat(done(init("one")).producer()).isEqualTo(new ProducerIdAndEpoch(100, (short) 1));
        assertThat(producerIds).as("none is wasted").isEqualTo(102);
    }

    @Test
    void idsTimeOutsAndNumbersOfIdsAreBounded() {
        assertThat(refusal(init(""))).isEqualTo(ErrorKind.INVALID_REQUEST);
        assertThat(refusal(init("t".repeat(256)))).isEqualTo(ErrorKind.INVALID_REQUEST);
        assertThat(refusal(init("\ud800"))).isEqualTo(ErrorKind.INVALID_REQUEST);
        assertThat(refusal(init("a/b"))).isEqualTo(ErrorKind.INVALID_REQUEST);
        assertThat(refusal(coordinator.init("one", 0, in(100)))).isEqualTo(ErrorKind.INVALID_TRANSACTION_TIMEOUT);
        assertThat(refusal(coordinator.init("one", 60_001, in(100)))).isEqualTo(ErrorKind.INVALID_TRANSACTION_TIMEOUT);
        done(init("t".repeat(255)));
        done(init("two"));
        done(init("three"));
        assertThat(refusal(init("four"))).isEqualTo(ErrorKind.OVERLOADED);
    }

    @Test
    void anInitAbortsWhatItFindsUnderWayBeforeItIsAnswered() {
        ProducerIdAndEpoch before = begun();
        CompletableFuture<TransactionAnswer> second = init("transfer");
        assertThat(done(second).producer().epoch()).isEqualTo((short) (before.epoch() + 3));
        assertThat(sent).extracting(TransactionMarker::result).containsExactly(TransactionResult.ABORT, TransactionResult.ABORT);
        assertThat(refusal(commit(before))).isEqualTo(ErrorKind.PRODUCER_FENCED);
        assertThat(refusal(add(before, ORDERS))).isEqualTo(ErrorKind.PRODUCER_FENCED);
    }

    @Test
    void anInitWhoseAnswerWaitsForAPartitionSaysSoInTheEnd() {
        begun();
        unreachable.add(BILLS);
        CompletableFuture<TransactionAnswer> second = init("transfer");
        run(250);
        assertThat(second).isNotDone();
        run(150);
        assertThat(refusal(second)).isEqualTo(ErrorKind.CONCURRENT_TRANSACTIONS);
    }

    // ---- the end

    @Test
    void markersAreSentOnceTheDecisionIsCommittedAndNotBefore() {
        ProducerIdAndEpoch producer = begun();
        topic.delayMs = 200;
        CompletableFuture<TransactionAnswer> answer = commit(producer);
        run(150);
        assertThat(answer).isNotDone();
        assertThat(sent).isEmpty();
        run(100);
        assertThat(answer.join()).isEqualTo(new TransactionAnswer(next(producer), TransactionState.PREPARE_COMMIT));
        assertThat(sent).containsExactly(new TransactionMarker(BILLS, next(producer), 1, TransactionResult.COMMIT),
            new TransactionMarker(ORDERS, next(producer), 1, TransactionResult.COMMIT));
        run(500);
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
        assertThat(sent).as("each once").hasSize(2);
    }

    @Test
    void aDecisionThatTheLogRefusesSendsNothing() {
        ProducerIdAndEpoch producer = begun();
        topic.refusing = true;
        assertThat(refusal(commit(producer))).isEqualTo(ErrorKind.NOT_ENOUGH_REPLICAS);
        run(2_000);
        assertThat(sent).isEmpty();
        topic.refusing = false;
        assertThat(done(abort(producer)).producer()).isEqualTo(next(producer));
    }

    @Test
    void aDecisionWhoseAnswerCameToNothingIsCarriedOutOnceItIsCommitted() {
        ProducerIdAndEpoch producer = begun();
        topic.delayMs = 4_000;
        CompletableFuture<TransactionAnswer> answer = commit(producer);
        run(3_500);
        assertThat(refusal(answer)).isEqualTo(ErrorKind.NOT_COMMITTED);
        assertThat(sent).isEmpty();
        topic.delayMs = 0;
        run(3_000);
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
        assertThat(sent).hasSize(2);
    }

    @Test
    void aPartitionThatCannotBeReachedHoldsBackNoneButItself() {
        ProducerIdAndEpoch producer = begun();
        unreachable.add(BILLS);
        done(commit(producer));
        run(2_000);
        assertThat(sent).filteredOn(marker -> marker.partition().equals(ORDERS)).hasSize(1);
        int repeated = (int) sent.stream().filter(marker -> marker.partition().equals(BILLS)).count();
        assertThat(repeated).as("repeated, less and less often").isBetween(5, 12);
        assertThat(done(coordinator.describe("transfer")).unmarked()).containsExactly(BILLS);
        unreachable.clear();
        run(600);
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
        assertThat(done(coordinator.describe("transfer")).unmarked()).isEmpty();
    }

    @Test
    void whatIsDecidedIsCarriedOutAlsoAfterErrors() {
        ProducerIdAndEpoch producer = begun();
        errors = 3;
        done(commit(producer));
        run(1_000);

        assertThat(errors).isZero();
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
    }

    @Test
    void askedAgainTheEndIsAnsweredTheSameBeforeAndAfterTheMarkers() {
        ProducerIdAndEpoch producer = begun();
        unreachable.add(BILLS);
        assertThat(done(commit(producer)).producer()).isEqualTo(next(producer));
        assertThat(done(commit(producer)).producer()).isEqualTo(next(producer));
        assertThat(refusal(abort(producer))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
        unreachable.clear();
        run(1_000);
        assertThat(done(commit(producer))).isEqualTo(new TransactionAnswer(next(producer), TransactionState.COMPLETE_COMMIT));
        assertThat(refusal(abort(producer))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
    }

    @Test
    void theNextTransactionBeginsWhenAllMarkersAreWritten() {
        ProducerIdAndEpoch producer = begun();
        unreachable.add(BILLS);
        ProducerIdAndEpoch next = done(commit(producer)).producer();
        CompletableFuture<TransactionAnswer> added = add(next, ORDERS);
        run(100);
        assertThat(added).isNotDone();
        unreachable.clear();
        run(150);
        assertThat(added).isCompletedWithValue(new TransactionAnswer(next, TransactionState.ONGOING));
        assertThat(topic.state().get("transfer").partitions()).containsExactly(ORDERS);
    }

    /** A leader that still has the earlier one open asks, as it must not have its partition noted before. */
    @Test
    void whoAsksForTheEndOfEarlierTransactionsWaitsUntilAllMarkersAreWrittenAndChangesNothing() {
        ProducerIdAndEpoch producer = begun();
        unreachable.add(BILLS);
        ProducerIdAndEpoch next = done(commit(producer)).producer();
        CompletableFuture<TransactionAnswer> ended = coordinator.awaitEarlier("transfer", next, in(5_000));
        run(100);
        assertThat(ended).isNotDone();
        unreachable.clear();
        run(150);
        long written = topic.bytes();
        assertThat(ended).isCompletedWithValue(new TransactionAnswer(next, TransactionState.COMPLETE_COMMIT));

        done(coordinator.awaitEarlier("transfer", next, in(5_000)));
        assertThat(topic.bytes()).isEqualTo(written);
        assertThat(topic.state().get("transfer").partitions()).isEmpty();
        done(add(next, ORDERS));
        done(coordinator.awaitEarlier("transfer", next, in(5_000)));
        assertThat(refusal(coordinator.awaitEarlier("transfer", producer, in(5_000)))).isEqualTo(ErrorKind.PRODUCER_FENCED);
        assertThat(refusal(coordinator.awaitEarlier("unheard of", producer, in(5_000))))
                .isEqualTo(ErrorKind.INVALID_PRODUCER_ID_MAPPING);
    }

    @Test
    void partitionsThatAreAskedForAtOnceGoTogetherHoweverManyTheyAre() {
        ProducerIdAndEpoch producer = done(init("transfer")).producer();
        long before = topic.bytes();
        topic.delayMs = 20;
        List<CompletableFuture<TransactionAnswer>> added = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            added.add(add(producer, new TopicPartition("orders", i)));
            time.step(in(1));
        }
        run(200);
        assertThat(added).allMatch(CompletableFuture::isDone).noneMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(topic.state().get("transfer").partitions()).hasSize(1_000);
        assertThat(topic.bytes() - before).as("bytes of a record for each 20 ms; one for each partition would be 2 MB").isLessThan(200_000);
    }

    @Test
    void partitionsThatAreAskedForTogetherAreRefusedTogether() {
        ProducerIdAndEpoch producer = begun();
        done(commit(producer));
        List<CompletableFuture<TransactionAnswer>> late = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            late.add(add(producer, new TopicPartition("orders", i)));
        }
        assertThat(late).extracting(this::refusal).containsOnly(ErrorKind.PRODUCER_FENCED);
        ProducerIdAndEpoch next = next(producer);
        assertThat(done(add(next, ORDERS))).as("nothing is left of that").isEqualTo(new TransactionAnswer(next, TransactionState.ONGOING));
    }

    @Test
    void ofPartitionsThatAreTooManyTogetherThoseAreAddedThatFit() {
        ProducerIdAndEpoch producer = done(init("transfer")).producer();
        int fitting = 3;
        done(add(producer, IntStream.range(0, TransactionOptions.MAX_PARTITIONS - fitting)
            .mapToObj(each -> new TopicPartition("bills", each)).toArray(TopicPartition[]::new)));
        List<CompletableFuture<TransactionAnswer>> added = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            added.add(add(producer, new TopicPartition("orders", i)));
        }
        run(200);
        assertThat(added.subList(0, fitting)).allMatch(CompletableFuture::isDone).noneMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(added.subList(fitting, 12)).extracting(this::refusal).containsOnly(ErrorKind.INVALID_REQUEST);
        assertThat(topic.state().get("transfer").partitions()).hasSize(TransactionOptions.MAX_PARTITIONS);
        assertThat(done(add(producer, ORDERS))).as("nothing waits").isEqualTo(new TransactionAnswer(producer, TransactionState.ONGOING));
    }

    @Test
    void eachThatWaitsForTheEndOfTheTransactionBeforeWaitsUntilItsOwnDeadline() {
        ProducerIdAndEpoch producer = begun();
        unreachable.add(BILLS);
        ProducerIdAndEpoch next = done(commit(producer)).producer();
        CompletableFuture<TransactionAnswer> first = coordinator.addPartitions("transfer", next, List.of(ORDERS), in(300));
        CompletableFuture<TransactionAnswer> second = coordinator.addPartitions("transfer", next, List.of(BILLS), in(600));
        CompletableFuture<TransactionAnswer> third = coordinator.addPartitions("transfer", next, List.of(BILLS), in(2_000));
        run(400);
        assertThat(refusal(first)).isEqualTo(ErrorKind.CONCURRENT_TRANSACTIONS);
        assertThat(second).isNotDone();
        run(250);
        assertThat(refusal(second)).isEqualTo(ErrorKind.CONCURRENT_TRANSACTIONS);
        assertThat(third).isNotDone();
        unreachable.clear();
        run(800);
        assertThat(third).isCompletedWithValue(new TransactionAnswer(next, TransactionState.ONGOING));
        assertThat(topic.state().get("transfer").partitions()).containsExactly(BILLS);
    }

    @Test
    @Timeout(60)
    void aRequestThatGaveUpIsNotKeptUntilTheTransactionBeforeHasEnded() throws InterruptedException {
        ProducerIdAndEpoch producer = begun();
        unreachable.add(BILLS);
        WeakReference<TopicPartition> asked = askedInVain(done(commit(producer)).producer());
        while (asked.get() != null) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertThat(state()).isEqualTo(TransactionState.PREPARE_COMMIT);
    }

    private WeakReference<TopicPartition> askedInVain(ProducerIdAndEpoch producer) {
        TopicPartition partition = new TopicPartition("orders", 7);
        CompletableFuture<TransactionAnswer> added = add(producer, partition);
        run(400);
        assertThat(refusal(added)).isEqualTo(ErrorKind.CONCURRENT_TRANSACTIONS);
        return new WeakReference<>(partition);
    }

    @Test
    void anEmptyTransactionEndsWithoutMarkersAndRaisesTheEpochToo() {
        ProducerIdAndEpoch producer = done(init("transfer")).producer();
        assertThat(done(commit(producer)).producer()).isEqualTo(next(producer));
        assertThat(done(commit(producer)).producer()).as("asked again").isEqualTo(next(producer));
        assertThat(refusal(add(producer, ORDERS))).isEqualTo(ErrorKind.PRODUCER_FENCED);
        assertThat(sent).isEmpty();
    }

    @Test
    void whereTheEpochsAreUsedUpTheProducerIdChanges() {
        topic.store("transfer", new Transaction(new ProducerIdAndEpoch(7, ProducerIdAndEpoch.LAST_EPOCH), -1, -1, 10_000,
            TransactionState.EMPTY, new TreeSet<>(), 0, -1));
        lead(0);
        ProducerIdAndEpoch last = new ProducerIdAndEpoch(7, ProducerIdAndEpoch.LAST_EPOCH);
        done(add(last, ORDERS));
        assertThat(done(commit(last)).producer()).isEqualTo(ProducerIdAndEpoch.first(100));
        assertThat(sent).extracting(TransactionMarker::producer).containsExactly(new ProducerIdAndEpoch(7, Short.MAX_VALUE));
        assertThat(done(commit(last)).producer()).as("asked again").isEqualTo(ProducerIdAndEpoch.first(100));
        done(add(ProducerIdAndEpoch.first(100), ORDERS));
        assertThat(producerIds).as("one was needed").isEqualTo(101);
    }

    // ---- what nobody asks for

    @Test
    void whatIsDecidedTheNextCoordinatorCarriesOut() {
        ProducerIdAndEpoch producer = begun();
        unreachable.addAll(Set.of(ORDERS, BILLS));
        done(commit(producer));
        lead(1);
        sent.clear();
        run(2_000);
        assertThat(sent).as("it is not this one's any more").isEmpty();
        unreachable.clear();
        lead(0);
        run(1_000);
        assertThat(sent).extracting(TransactionMarker::coordinatorEpoch).containsOnly(3).hasSize(2);
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
    }

    @Test
    void aTransactionThatTakesTooLongIsAbortedWithinASecond() {
        ProducerIdAndEpoch producer = begun();
        run(9_800);
        assertThat(state()).isEqualTo(TransactionState.ONGOING);
        run(1_100);
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_ABORT);
        assertThat(refusal(commit(producer))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
        assertThat(done(abort(producer)).producer()).isEqualTo(next(producer));
    }

    @Test
    void whatIsPreparedWaitsForADecisionHoweverLongAndThroughAnotherCoordinator() {
        ProducerIdAndEpoch producer = begun();
        assertThat(done(coordinator.prepare("transfer", producer, "1.YQ.Yg", in(300))))
            .isEqualTo(new TransactionAnswer(producer, TransactionState.PREPARED));
        lead(0);
        run(100_000);
        assertThat(done(coordinator.list(new TransactionFilter(Set.of(TransactionState.PREPARED), Set.of(), -1), 100)).transactions())
            .extracting(TransactionDescription::transactionalId, TransactionDescription::producer, TransactionDescription::timeoutMs)
            .containsExactly(tuple("transfer", producer, 10_000));
        assertThat(xids("1.YQ.Yg")).containsExactly("transfer");
        assertThat(xids("1.YQ.")).isEmpty();
        assertThat(refusal(coordinator.prepare("transfer", producer, "1.YQ.Yw", in(300)))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
        assertThat(refusal(init("transfer"))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
        assertThat(refusal(add(producer, ORDERS))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
        assertThat(done(commit(producer)).producer()).isEqualTo(next(producer));
        assertThat(sent).extracting(TransactionMarker::result).containsExactly(TransactionResult.COMMIT, TransactionResult.COMMIT);
    }

    @Test
    void whatWasPreparedIsFoundByItsNameAfterItsEndToo() {
        ProducerIdAndEpoch producer = begun();
        done(coordinator.prepare("transfer", producer, "1.YQ.Yg", in(300)));
        done(coordinator.decideByOperator("transfer", Optional.empty(), TransactionResult.ABORT, in(300)));
        lead(0);
        run(100);
        assertThat(done(coordinator.list(new TransactionFilter(Set.of(), Set.of(), "1.YQ.Yg", -1), 100)).transactions())
            .extracting(TransactionDescription::state, TransactionDescription::xid)
            .containsExactly(tuple(TransactionState.COMPLETE_ABORT, "1.YQ.Yg"));
        done(add(next(producer), ORDERS));
        assertThat(xids("1.YQ.Yg")).isEmpty();
    }

    @Test
    void whatAPreparedTransactionIsCalledHasItsLimits() {
        ProducerIdAndEpoch producer = begun();
        assertThat(refusal(coordinator.prepare("transfer", producer, "", in(300)))).isEqualTo(ErrorKind.INVALID_REQUEST);
        assertThat(refusal(coordinator.prepare("transfer", producer, "x".repeat(256), in(300)))).isEqualTo(ErrorKind.INVALID_REQUEST);
        done(coordinator.prepare("transfer", producer, "x".repeat(255), in(300)));
    }

    private List<String> xids(String xid) {
        return ids(new TransactionFilter(Set.of(), Set.of(), xid, -1));
    }

    @Test
    void transactionalIdsThatNobodyUsesAreForgotten() {
        ProducerIdAndEpoch producer = done(init("transfer")).producer();
        done(init("other"));
        run(EXPIRATION_MS - 60_000);
        done(init("other"));
        run(130_000);
        assertThat(topic.state()).containsOnlyKeys("other");
        assertThat(refusal(add(producer, ORDERS))).isEqualTo(ErrorKind.INVALID_PRODUCER_ID_MAPPING);
        assertThat(refusal(coordinator.describe("transfer"))).isEqualTo(ErrorKind.TRANSACTIONAL_ID_NOT_FOUND);
    }

    // ---- operators

    @Test
    void anOperatorAbortsWhatIsUnderWayAndDecidesWhatIsPrepared() {
        ProducerIdAndEpoch producer = begun();
        assertThat(refusal(coordinator.decideByOperator("transfer", Optional.empty(), TransactionResult.COMMIT, in(300))))
            .isEqualTo(ErrorKind.INVALID_TXN_STATE);
        done(coordinator.decideByOperator("transfer", Optional.empty(), TransactionResult.ABORT, in(300)));
        done(coordinator.decideByOperator("transfer", Optional.empty(), TransactionResult.ABORT, in(300)));
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_ABORT);
        done(add(next(producer), ORDERS));
        done(coordinator.prepare("transfer", next(producer), null, in(300)));
        done(coordinator.decideByOperator("transfer", Optional.empty(), TransactionResult.COMMIT, in(300)));
        run(100);
        assertThat(state()).isEqualTo(TransactionState.COMPLETE_COMMIT);
        assertThat(refusal(coordinator.decideByOperator("nobody", Optional.empty(), TransactionResult.ABORT, in(300))))
            .isEqualTo(ErrorKind.TRANSACTIONAL_ID_NOT_FOUND);
    }

    @Test
    void transactionsAreListedByStateProducerAndAge() {
        ProducerIdAndEpoch producer = begun();
        done(init("idle"));
        assertThat(ids(TransactionFilter.ALL)).containsExactly("idle", "transfer");
        TransactionList first = done(coordinator.list(TransactionFilter.ALL, 1));
        assertThat(first.transactions()).extracting(TransactionDescription::transactionalId).containsExactly("idle");
        assertThat(first.truncated()).isTrue();
        assertThat(ids(new TransactionFilter(Set.of(TransactionState.EMPTY), Set.of(), -1))).containsExactly("idle");
        assertThat(ids(new TransactionFilter(Set.of(), Set.of(producer.producerId()), -1))).containsExactly("transfer");
        assertThat(ids(new TransactionFilter(Set.of(), Set.of(), 5_000))).isEmpty();
        run(5_000);
        assertThat(ids(new TransactionFilter(Set.of(), Set.of(), 5_000))).containsExactly("transfer");
    }

    @Test
    void transactionsAreListedByHowLongTheyHoldReadersBackAndByTheirNames() {
        ProducerIdAndEpoch producer = begun();
        done(init("transit"));
        done(init("idle"));
        assertThat(ids(TransactionFilter.hanging(0))).as("it has its time").isEmpty();
        done(coordinator.prepare("transfer", producer, "1.YQ.Yg", in(300)));
        assertThat(ids(TransactionFilter.hanging(0))).containsExactly("transfer");
        assertThat(ids(TransactionFilter.hanging(5_000))).isEmpty();
        run(6_000);
        assertThat(ids(TransactionFilter.hanging(5_000))).containsExactly("transfer");
        assertThat(ids(TransactionFilter.ALL.named("trans", ""))).containsExactly("transfer", "transit");
        assertThat(ids(TransactionFilter.ALL.named("trans", "transfer"))).containsExactly("transit");
        assertThat(ids(TransactionFilter.ALL.named("", "idle"))).containsExactly("transfer", "transit");
    }

    @Test
    void ofOpenTransactionsItIsKnownWhoHasThemUnderWay() {
        ProducerIdAndEpoch producer = begun();
        TopicPartition other = new TopicPartition("elsewhere", 0);
        List<OpenTransaction> open = List.of(new OpenTransaction(ORDERS, producer.producerId(), producer.epoch(), 0, 0),
            new OpenTransaction(other, producer.producerId(), producer.epoch(), 0, 0),
            new OpenTransaction(ORDERS, producer.producerId() + 1_000, producer.epoch(), 0, 0));
        assertThat(done(coordinator.owners(open)).transactionalIds()).containsExactly("transfer", "", "");
        assertThat(done(coordinator.owners(open)).partitions()).isNotEmpty();
        done(commit(producer));
        run(100);
        assertThat(done(coordinator.owners(open)).transactionalIds()).containsExactly("", "", "");
    }

    private List<String> ids(TransactionFilter filter) {
        return done(coordinator.list(filter, 100)).transactions().stream().map(TransactionDescription::transactionalId).toList();
    }

    @Test
    void theProducerOfAnEpochIsToldToWhomeverWritesItsRecords() {
        ProducerIdAndEpoch producer = begun();
        assertThat(done(coordinator.producer("transfer", ProducerIdAndEpoch.ofEpoch(producer.epoch())))).isEqualTo(producer);
        assertThat(refusal(coordinator.producer("transfer", ProducerIdAndEpoch.ofEpoch((short) 9)))).isEqualTo(ErrorKind.PRODUCER_FENCED);
        assertThat(refusal(coordinator.producer("nobody", ProducerIdAndEpoch.ofEpoch((short) 0))))
            .isEqualTo(ErrorKind.INVALID_PRODUCER_ID_MAPPING);
    }

    @Test
    void afterTheCloseEverythingIsRefused() {
        ProducerIdAndEpoch producer = begun();
        coordinator.close();
        assertThat(refusal(commit(producer))).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(topic.state()).isEqualTo(Map.of("transfer", topic.state().get("transfer")));
    }
}
