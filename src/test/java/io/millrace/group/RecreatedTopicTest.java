package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetTarget;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A topic that is deleted and created anew under its name, with no time between that and what its readers do next. */
class RecreatedTopicTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void aTopicOfWhichTenRecordsWereRead() {
        harness.log.create("orders", 2);
        harness.log.append(FIRST, 10);
    }

    private void readTen(ConsumerConfig config) {
        harness.create("c", config, "orders");
        harness.read("c", 10);
    }

    private void recreated() {
        harness.log.recreate("orders", 2);
        harness.log.append(FIRST, 20);
    }

    /** Five records or more, commits that, and leaves. */
    private void anotherReadsOn() {
        harness.create("next", GroupHarness.manual(), "orders");
        assertThat(harness.read("next", 5)).isPositive();
        harness.get(harness.groups.commitPolled(GroupHarness.GROUP, ConsumerId.of("next"), Groups.ANY_EPOCH, GroupHarness.HERE));
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("next"), GroupHarness.HERE));
    }

    private void commit(long offset, int epoch) {
        harness.get(harness.groups.commit(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.plain(Map.of(FIRST, offset)), epoch));
    }

    private void commitPolled() {
        harness.get(harness.groups.commitPolled(GroupHarness.GROUP, ConsumerId.of("c"), Groups.ANY_EPOCH, GroupHarness.HERE));
    }

    private void seek(long offset) {
        harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("c"), Map.of(FIRST, offset)));
    }

    private static void fenced(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BrokerException.class,
                failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.FENCED));
    }

    private static ConsumerConfig latest() {
        ConsumerConfig manual = GroupHarness.manual();
        return new ConsumerConfig(manual.form(), OffsetReset.LATEST, false, IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500,
                10_000, null, null);
    }

    @Test
    void itsFirstRecordsAreReadByAConsumerThatReadTheOldOne() {
        readTen(GroupHarness.manual());
        recreated();
        assertThat(harness.read("c", 20)).isEqualTo(20);
        commitPolled();
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
    }

    @Test
    void itIsReadFromItsFirstRecordAlsoByThoseWhoReadFromTheEnd() {
        harness.create("c", latest(), "orders");
        assertThat(harness.poll("c", 0)).isEmpty();
        recreated();
        assertThat(harness.read("c", 20)).isEqualTo(20);
    }

    @Test
    void aPollThatWaitedInTheOldOneGivesTheRecordsOfTheNewOne() {
        readTen(GroupHarness.manual());
        CompletableFuture<Polled> waiting = harness.asked("c", 5_000);
        harness.pass(500);
        recreated();
        long first = harness.taken(harness.get(waiting)).get(FIRST);
        assertThat(first + harness.read("c", 20 - first)).isEqualTo(20);
        assertThat(harness.poll("c", 0)).as("what was given is not given again").isEmpty();
    }

    @Test
    void aCommitOfAllThatWasPolledCommitsNothingInIt() {
        readTen(GroupHarness.manual());
        recreated();
        commitPolled();
        assertThat(harness.read("c", 20)).isEqualTo(20);
    }

    @Test
    void anExplicitCommitOfWhatWasReadInTheOldOneIsRefusedHoweverLateItComes() {
        readTen(GroupHarness.manual());
        int epoch = harness.state().member("c").epoch();
        recreated();
        fenced(() -> commit(10, Groups.ANY_EPOCH));
        fenced(() -> commit(10, epoch));
        harness.pass(5_000);
        fenced(() -> commit(10, Groups.ANY_EPOCH));
        fenced(() -> commit(10, epoch));
        assertThat(harness.read("c", 20)).isEqualTo(20);
        commit(20, Groups.ANY_EPOCH);
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
    }

    @Test
    void anEmptyPollDoesNotMakeOffsetsOfTheOldOneOnesOfTheNew() {
        readTen(GroupHarness.manual());
        harness.log.recreate("orders", 2);
        assertThat(harness.poll("c", 0)).isEmpty();
        harness.log.append(FIRST, 20);
        fenced(() -> commit(10, Groups.ANY_EPOCH));
        assertThat(harness.read("c", 20)).isEqualTo(20);
    }

    @Test
    void anExplicitCommitIsRefusedAlsoByACoordinatorThatDoesNotKnowWhatWasGiven() {
        readTen(GroupHarness.manual());
        recreated();
        harness.restart();
        harness.pass(1_000);
        fenced(() -> commit(10, Groups.ANY_EPOCH));
        assertThat(harness.read("c", 20)).isEqualTo(20);
        commit(20, Groups.ANY_EPOCH);
    }

    @Test
    void anExplicitCommitIsRefusedByACoordinatorThatDoesNotKnowWhatWasGivenAlsoWhereTheGroupHasReadOnInIt() {
        readTen(GroupHarness.manual());
        harness.pass(20_000); // its session is over
        recreated();
        anotherReadsOn();
        long read = harness.committed().get(FIRST);
        harness.restart();
        fenced(() -> commit(10, Groups.ANY_EPOCH));
        assertThat(harness.read("c", 20 - read)).isEqualTo(20 - read);
        commit(19, Groups.ANY_EPOCH);
        commit(20, Groups.ANY_EPOCH);
    }

    @Test
    void anExplicitCommitIsRefusedAlsoWhenTheConsumerSubscribedAnewOrTheGroupWasReset() {
        readTen(GroupHarness.manual());
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("c"), new Subscription.None(), GroupHarness.HERE));
        recreated();
        anotherReadsOn();
        harness.subscribe("c", "orders");
        fenced(() -> commit(10, Groups.ANY_EPOCH));
        harness.pass(20_000);
        harness.get(harness.groups.reset(GroupHarness.GROUP, new OffsetTarget.AtOffset(5), List.of("orders"), List.of(), false));
        fenced(() -> commit(10, Groups.ANY_EPOCH));
        assertThat(harness.read("c", 15)).isEqualTo(15);
        commit(20, Groups.ANY_EPOCH);
    }

    @Test
    void oneThatSaysItsEpochMayCommitWhatAnEarlierCoordinatorGaveItOfTheNewOne() {
        readTen(GroupHarness.manual());
        recreated();
        assertThat(harness.read("c", 20)).isEqualTo(20);
        int epoch = harness.state().member("c").epoch();
        harness.restart();
        fenced(() -> commit(19, Groups.ANY_EPOCH));
        commit(19, epoch);
        commit(20, Groups.ANY_EPOCH);
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
    }

    @Test
    void aConsumerWithAutomaticCommitsThatLeavesCommitsNothingInIt() {
        readTen(GroupHarness.automatic());
        recreated();
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        harness.create("next", GroupHarness.manual(), "orders");
        assertThat(harness.read("next", 20)).isEqualTo(20);
    }

    @Test
    void automaticCommitsAtAPollOrAChangeOfTheSubscriptionAreNotOfIt() {
        readTen(GroupHarness.automatic());
        harness.pass(6_000);
        recreated();
        harness.subscribe("c", "orders");
        assertThat(harness.read("c", 20)).isEqualTo(20);
        harness.pass(6_000);
        harness.log.recreate("orders", 2);
        harness.log.append(FIRST, 5);
        assertThat(harness.read("c", 5)).isEqualTo(5);
    }

    @Test
    void aNewConsumerIsGivenItsRecordsOnce() {
        readTen(GroupHarness.manual());
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        recreated();
        harness.create("next", GroupHarness.manual(), "orders");
        assertThat(harness.read("next", 20)).isEqualTo(20);
        harness.pass(500);
        assertThat(harness.poll("next", 0)).isEmpty();
    }

    @Test
    void aSeekToAnOffsetOfTheOldOneIsRefusedUntilTheConsumerHasPolled() {
        readTen(GroupHarness.manual());
        recreated();
        fenced(() -> seek(5));
        harness.pass(1_000);
        fenced(() -> seek(5));
        assertThat(harness.poll("c", 5_000)).isNotEmpty();
        seek(5);
        assertThat(harness.read("c", 15)).isEqualTo(15);
    }

    @Test
    void aSeekToItsBeginningOrEndIsOneInTheNewOne() {
        readTen(GroupHarness.manual());
        recreated();
        harness.pass(300);
        harness.get(harness.groups.seekTo(GroupHarness.GROUP, ConsumerId.of("c"), List.of(FIRST), OffsetReset.LATEST));
        harness.log.append(FIRST, 2);
        assertThat(harness.read("c", 2)).isEqualTo(2);
        commitPolled();
        assertThat(harness.committed()).containsEntry(FIRST, 22L);
    }

    @Test
    void whereAConsumerSoughtInTheOldOneIsForgotten() {
        readTen(GroupHarness.manual());
        seek(7);
        recreated();
        harness.restart();
        assertThat(harness.read("c", 20)).isEqualTo(20);
    }

    @Test
    void partitionsOfOnesOwnAreThoseOfTheNewOne() {
        harness.create("c", GroupHarness.manual());
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("c"),
                new Subscription.Assigned(new TreeSet<>(Set.of(FIRST))), GroupHarness.HERE));
        harness.read("c", 10);
        harness.log.delete("orders");
        harness.pass(500);
        assertThat(harness.owned("c")).isEmpty();
        harness.log.create("orders", 1);
        harness.log.append(FIRST, 20);
        assertThat(harness.read("c", 20)).isEqualTo(20);
    }

    @Test
    void whatAnAnswerToTheOldOneGaveDoesNotComeBackWhenItWasLost() {
        readTen(GroupHarness.manual());
        harness.log.append(FIRST, 3);
        Polled lost = harness.get(harness.asked("c", 1_000));
        lost.delivered(SimulatedConsumer.next(lost));
        recreated();
        harness.pass(300);
        lost.written(false);
        assertThat(harness.read("c", 20)).isEqualTo(20);
    }

    @Test
    void offsetsThatAreResetAreThoseOfTheNewOne() {
        readTen(GroupHarness.manual());
        commitPolled();
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        recreated();
        harness.get(harness.groups.reset(GroupHarness.GROUP, new OffsetTarget.AtOffset(15), List.of("orders"), List.of(), false));
        harness.create("next", GroupHarness.manual(), "orders");
        assertThat(harness.read("next", 5)).isEqualTo(5);
    }
}
