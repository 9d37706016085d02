package io.millrace.transaction.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.Step.Progress;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the table of requests and states does not show: times, partitions, and epochs that are used up. */
class TransitionsTest {
    private static final OptionalLong NONE = OptionalLong.empty();
    private static final OptionalLong FRESH = OptionalLong.of(99);
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final TopicPartition BILLS = new TopicPartition("bills", 3);

    private static Transaction begun(int epoch) {
        Transaction first = Transitions.init(null, 1_000, OptionalLong.of(42), 10).next();
        return new Transaction(new ProducerIdAndEpoch(42, (short) epoch), Transaction.NONE, Transaction.NONE, first.timeoutMs(),
            first.state(), first.partitions(), 10, first.startedAtMs());
    }

    private static Transaction ongoing(int epoch) {
        return add(begun(epoch), 20, ORDERS);
    }

    private static Transaction add(Transaction now, long nowMs, TopicPartition... added) {
        return Transitions.addPartitions(now, now.producer(), List.of(added), 100, nowMs).next();
    }

    private static Step end(Transaction now, TransactionResult result, OptionalLong fresh) {
        return Transitions.end(now, now.producer(), result, fresh, 30);
    }

    private static ErrorKind refusal(ThrowingCallable request) {
        return catchThrowableOfType(BrokerException.class, request).kind();
    }

    @Test
    void aNewTransactionalIdBeginsWithEpochZeroOfItsProducerId() {
        Step step = Transitions.init(null, 1_000, FRESH, 10);
        assertThat(step.producer()).isEqualTo(new ProducerIdAndEpoch(99, (short) 0));
        assertThat(step.next()).isEqualTo(Transaction.empty(step.producer(), 1_000, 10));
    }

    @Test
    void aTransactionBeginsWithItsFirstPartitionAndGathersFurtherOnes() {
        Transaction one = ongoing(0);
        Transaction two = add(one, 25, BILLS, ORDERS);
        assertThat(two.partitions()).containsExactly(BILLS, ORDERS);
        assertThat(two.startedAtMs()).isEqualTo(one.startedAtMs()).isEqualTo(20);
        assertThat(two.updatedAtMs()).isEqualTo(25);
    }

    @Test
    void aPartitionThatIsThereAlreadyChangesNothing() {
        Transaction now = ongoing(0);
        Step step = Transitions.addPartitions(now, now.producer(), List.of(ORDERS), 1, 25);
        assertThat(step.next()).isNull();
        assertThat(step.progress()).isEqualTo(Progress.DONE);
    }

    @Test
    void noneOrTooManyPartitionsAreRefused() {
        Transaction now = ongoing(0);
        List<TopicPartition> two = IntStream.range(0, 2).mapToObj(each -> new TopicPartition("more", each)).toList();
        assertThat(refusal(() -> Transitions.addPartitions(now, now.producer(), List.of(), 2, 25))).isEqualTo(ErrorKind.INVALID_REQUEST);
        assertThat(refusal(() -> Transitions.addPartitions(now, now.producer(), two, 2, 25))).isEqualTo(ErrorKind.INVALID_REQUEST);
        assertThat(Transitions.addPartitions(now, now.producer(), two, 3, 25).next().partitions()).hasSize(3);
    }

    @Test
    void theEndIsToldToEachPartitionWithTheNextEpoch() {
        Transaction decided = end(add(ongoing(4), 25, BILLS), TransactionResult.COMMIT, NONE).next();
        assertThat(decided.markers(17)).containsExactly(
            new TransactionMarker(BILLS, new ProducerIdAndEpoch(42, (short) 5), 17, TransactionResult.COMMIT),
            new TransactionMarker(ORDERS, new ProducerIdAndEpoch(42, (short) 5), 17, TransactionResult.COMMIT));
        Transaction completed = Transitions.complete(decided, decided.producer(), 40).next();
        assertThat(completed.markers(17)).isEmpty();
        assertThat(completed.partitions()).isEmpty();
        assertThat(completed.producer().epoch()).isEqualTo((short) 5);
    }

    @Test
    void nothingIsToldToPartitionsBeforeItIsDecided() {
        assertThat(ongoing(0).markers(1)).isEmpty();
        assertThat(Transitions.prepare(ongoing(0), ongoing(0).producer(), null, NONE, 30).next().markers(1)).isEmpty();
    }

    @Test
    void whatItWasPreparedAsGoesWithItToItsEndAndNotFurther() {
        Transaction prepared = Transitions.prepare(ongoing(0), ongoing(0).producer(), "1.YQ.Yg", NONE, 30).next();
        Transaction decided = end(prepared, TransactionResult.COMMIT, NONE).next();
        Transaction completed = Transitions.complete(decided, decided.producer(), 40).next();
        assertThat(List.of(prepared, decided, completed)).extracting(Transaction::xid).containsOnly("1.YQ.Yg");
        assertThat(add(completed, 50, BILLS).xid()).isNull();
        assertThat(end(completed, TransactionResult.ABORT, NONE).next().xid()).as("of an empty one").isNull();
    }

    @Test
    void theNextTransactionBeginsAtItsOwnTime() {
        Transaction decided = end(ongoing(0), TransactionResult.COMMIT, NONE).next();
        Transaction completed = Transitions.complete(decided, decided.producer(), 40).next();
        assertThat(add(completed, 700, BILLS).startedAtMs()).isEqualTo(700);
    }

    @Test
    void aTransactionIsOverdueOnceItsTimeIsUpAndNotBefore() {
        Transaction now = ongoing(0);
        assertThat(Transitions.timeOut(now, NONE, 1_019).next()).isNull();
        assertThat(Transitions.timeOut(now, NONE, 1_020).state()).isEqualTo(TransactionState.PREPARE_ABORT);
    }

    @Test
    void whoseTransactionWasTimedOutMayAbortItAndGoOnButNotCommitIt() {
        ProducerIdAndEpoch producer = ongoing(0).producer();
        Transaction timedOut = Transitions.timeOut(ongoing(0), NONE, 5_000).next();
        assertThat(Transitions.end(timedOut, producer, TransactionResult.ABORT, NONE, 5_001).producer().epoch()).isEqualTo((short) 1);
        assertThat(refusal(() -> Transitions.end(timedOut, producer, TransactionResult.COMMIT, NONE, 5_001)))
            .isEqualTo(ErrorKind.INVALID_TXN_STATE);
        assertThat(refusal(() -> Transitions.addPartitions(timedOut, producer, List.of(BILLS), 9, 5_001)))
            .isEqualTo(ErrorKind.PRODUCER_FENCED);
    }

    @Test
    void whoWasReplacedIsToldSoWhateverHeAsksFor() {
        Transaction now = ongoing(3);
        ProducerIdAndEpoch replaced = now.producer();
        Transaction aborting = Transitions.init(now, 1_000, NONE, 30).next();
        Transaction aborted = Transitions.complete(aborting, aborting.producer(), 40).next();
        Transaction begun = Transitions.init(aborted, 1_000, NONE, 50).next();
        assertThat(begun.producer().epoch()).isEqualTo((short) 6);
        for (Transaction after : List.of(aborting, aborted, begun)) {
            for (TransactionResult result : TransactionResult.values()) {
                assertThat(refusal(() -> Transitions.end(after, replaced, result, NONE, 60))).isEqualTo(ErrorKind.PRODUCER_FENCED);
            }
            assertThat(refusal(() -> Transitions.addPartitions(after, replaced, List.of(BILLS), 9, 60)))
                .isEqualTo(ErrorKind.PRODUCER_FENCED);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, ProducerIdAndEpoch.LAST_EPOCH - 1, ProducerIdAndEpoch.LAST_EPOCH})
    void theMarkersOfWhoeverWasReplacedAreOneEpochAboveItsRecordsAsAllOthers(int epoch) {
        Transaction now = ongoing(epoch);
        Transaction aborting = Transitions.init(now, 1_000, NONE, 30).next();
        Transaction timedOut = Transitions.timeOut(now, FRESH, 5_000).next();
        for (Transaction decided : List.of(aborting, timedOut)) {
            assertThat(decided.markers(1)).extracting(TransactionMarker::producer)
                .containsOnly(new ProducerIdAndEpoch(42, (short) (epoch + 1)));
        }
        for (Transaction underWay : List.of(now, aborting, timedOut)) {
            assertThat(underWay.isOfEpoch((short) epoch)).isTrue();
            assertThat(underWay.isOfEpoch((short) (epoch - 1))).isFalse();
            assertThat(underWay.isOfEpoch((short) (epoch + 1))).isFalse();
        }
        assertThat(Transitions.complete(aborting, aborting.producer(), 40).next().producer().epoch())
            .isEqualTo((short) Math.min(epoch + 2, Short.MAX_VALUE));
    }

    @Test
    void aProducerThatDoesNotKnowItsIdNamesTheEpoch() {
        Transaction now = ongoing(3);
        assertThat(Transitions.producer(now, ProducerIdAndEpoch.ofEpoch((short) 3))).isEqualTo(now.producer());
        assertThat(Transitions.end(now, ProducerIdAndEpoch.ofEpoch((short) 3), TransactionResult.COMMIT, NONE, 30).next()).isNotNull();
        assertThat(refusal(() -> Transitions.producer(now, ProducerIdAndEpoch.ofEpoch((short) 2)))).isEqualTo(ErrorKind.PRODUCER_FENCED);
    }

    // ---- the end of the epochs

    @Test
    void whereTheEpochsAreUsedUpTheNextTransactionHasAnotherProducerId() {
        Transaction last = ongoing(ProducerIdAndEpoch.LAST_EPOCH);
        assertThat(end(last, TransactionResult.COMMIT, NONE).progress()).isEqualTo(Progress.NEEDS_PRODUCER_ID);
        Step step = end(last, TransactionResult.COMMIT, FRESH);
        assertThat(step.producer()).isEqualTo(ProducerIdAndEpoch.first(99));
        assertThat(step.next().markers(1)).extracting(TransactionMarker::producer)
            .containsExactly(new ProducerIdAndEpoch(42, Short.MAX_VALUE));
        Transaction completed = Transitions.complete(step.next(), step.next().producer(), 40).next();
        assertThat(completed.producer()).isEqualTo(ProducerIdAndEpoch.first(99));
        assertThat(completed.nextProducerId()).isEqualTo(Transaction.NONE);
        for (Transaction after : List.of(step.next(), completed)) {
            assertThat(Transitions.end(after, last.producer(), TransactionResult.COMMIT, NONE, 50))
                .as("asked again").isEqualTo(Step.stays(after));
            assertThat(Transitions.end(after, ProducerIdAndEpoch.ofEpoch(ProducerIdAndEpoch.LAST_EPOCH), TransactionResult.COMMIT, NONE, 50))
                .as("asked again, without the id").isEqualTo(Step.stays(after));
        }
        Transaction next = add(completed, 60, BILLS);
        assertThat(refusal(() -> Transitions.end(next, last.producer(), TransactionResult.COMMIT, NONE, 70)))
            .isEqualTo(ErrorKind.INVALID_PRODUCER_ID_MAPPING);
    }

    @Test
    void aTimeOutAndAnEmptyEndRotateTheProducerIdToo() {
        Transaction last = ongoing(ProducerIdAndEpoch.LAST_EPOCH);
        assertThat(Transitions.timeOut(last, NONE, 5_000).progress()).isEqualTo(Progress.NEEDS_PRODUCER_ID);
        assertThat(Transitions.timeOut(last, FRESH, 5_000).producer()).isEqualTo(ProducerIdAndEpoch.first(99));
        Step empty = end(begun(ProducerIdAndEpoch.LAST_EPOCH), TransactionResult.ABORT, FRESH);
        assertThat(empty.next().state()).isEqualTo(TransactionState.COMPLETE_ABORT);
        assertThat(empty.next().producer()).isEqualTo(ProducerIdAndEpoch.first(99));
    }

    @Test
    void whoWasFencedWithItsLastEpochIsNotTakenForOneThatAsksAgain() {
        Transaction last = ongoing(ProducerIdAndEpoch.LAST_EPOCH);
        Transaction aborting = Transitions.init(last, 1_000, NONE, 30).next();
        Transaction aborted = Transitions.complete(aborting, aborting.producer(), 40).next();
        for (Transaction after : List.of(aborting, aborted)) {
            assertThat(refusal(() -> Transitions.end(after, last.producer(), TransactionResult.ABORT, NONE, 50)))
                .isEqualTo(ErrorKind.PRODUCER_FENCED);
        }
        assertThat(Transitions.init(aborted, 1_000, NONE, 50).progress()).isEqualTo(Progress.NEEDS_PRODUCER_ID);
        assertThat(Transitions.init(aborted, 1_000, FRESH, 50).producer()).isEqualTo(ProducerIdAndEpoch.first(99));
    }

    // ---- expiry

    @Test
    void onlyWhatRestsExpires() {
        assertThat(begun(0).isExpired(109, 100)).isFalse();
        assertThat(begun(0).isExpired(110, 100)).isTrue();
        assertThat(ongoing(0).isExpired(1_000_000, 100)).isFalse();
        assertThat(Transitions.prepare(ongoing(0), ongoing(0).producer(), null, NONE, 30).next().isExpired(1_000_000, 100)).isFalse();
    }
}
