package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.CommittedAs;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.group.offsets.OffsetChange;
import io.millrace.group.offsets.OffsetTarget;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a coordinator does for its consumers when all is well with the servers. A specification, to be read from top to bottom:
 * that is why it is long.
 */
class GroupsTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void topic() {
        harness.log.create("orders", 2);
    }

    private static void refused(ErrorKind kind, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BrokerException.class,
                failure -> assertThat(failure.kind()).isEqualTo(kind));
    }

    private void commitPolled(String name) {
        harness.get(harness.groups.commitPolled(GroupHarness.GROUP, ConsumerId.of(name), Groups.ANY_EPOCH, GroupHarness.HERE));
    }

    // ---- reading

    @Test
    void aConsumerReadsEverythingOnceAndGoesOnFromItsCommitAfterARestartOfTheServer() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 10);
        commitPolled("c");
        assertThat(harness.committed()).containsEntry(FIRST, 10L);
        harness.log.append(FIRST, 5);
        harness.read("c", 5);
        harness.restart();
        assertThat(harness.read("c", 5)).as("what was not committed is read again").isEqualTo(5);
        assertThat(harness.poll("c", 0)).isEmpty();
    }

    @Test
    void aPollWaitsForRecordsAndEndsWithThemOrWithItsTime() {
        harness.create("c", GroupHarness.manual(), "orders");
        long before = harness.millis();
        assertThat(harness.poll("c", 3_000)).isEmpty();
        assertThat(harness.millis() - before).isBetween(2_900L, 3_200L);
        CompletableFuture<Polled> waiting = harness.asked("c", 4_000);
        harness.pass(500);
        harness.log.append(SECOND, 1);
        before = harness.millis();
        assertThat(harness.taken(harness.get(waiting))).containsExactly(Map.entry(SECOND, 1L));
        assertThat(harness.millis() - before).isLessThan(100);
    }

    @Test
    void aPollWaitsAtMostHalfASessionSoThatADeadConsumerIsFoundInTime() {
        harness.create("c", GroupHarness.config(false, 4_000, null), "orders");
        long before = harness.millis();
        assertThat(harness.poll("c", 30_000)).isEmpty();
        assertThat(harness.millis() - before).isBetween(1_900L, 2_300L);
    }

    @Test
    void aSecondPollOfTheSameConsumerEndsTheFirstOneWithNothing() {
        harness.create("c", GroupHarness.manual(), "orders");
        CompletableFuture<Polled> first = harness.asked("c", 5_000);
        harness.pass(100);
        CompletableFuture<Polled> second = harness.asked("c", 5_000);
        assertThat(harness.get(first).parts()).isEmpty();
        harness.log.append(FIRST, 1);
        assertThat(harness.taken(harness.get(second))).containsEntry(FIRST, 1L);
    }

    @Test
    void aPollWithoutPartitionsWaitsForOne() {
        harness.create("a", GroupHarness.manual(), "orders");
        harness.create("b", GroupHarness.manual(), "orders");
        harness.create("idle", GroupHarness.manual(), "orders");
        harness.log.append(FIRST, 1);
        harness.log.append(SECOND, 1);
        String without = harness.owned("idle").isEmpty() ? "idle" : harness.owned("a").isEmpty() ? "a" : "b";
        CompletableFuture<Polled> waiting = harness.asked(without, 4_000);
        harness.pass(200);
        assertThat(waiting).isNotDone();
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of(without.equals("a") ? "b" : "a"), GroupHarness.HERE));
        assertThat(harness.taken(harness.get(waiting))).hasSize(1);
    }

    @Test
    void whatCouldNotBeWrittenToTheConsumerIsGivenAgain() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.automatic(), "orders");
        Polled lost = harness.get(harness.asked("c", 1_000));
        lost.delivered(SimulatedConsumer.next(lost));
        lost.written(false);
        long read = harness.read("c", 3);
        assertThat(read).isEqualTo(3);
    }

    @Test
    void aPollThatComesWhileAnotherAnswerIsBeingWrittenIsGivenItsRecordsWhenThatDoesNotArrive() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        Polled lost = harness.get(harness.asked("c", 1_000));
        CompletableFuture<Polled> again = harness.asked("c", 1_000);
        harness.pass(10);
        assertThat(again).as("waits for what becomes of the other one").isNotDone();
        lost.delivered(SimulatedConsumer.next(lost));
        harness.pass(10);
        assertThat(again).isNotDone();
        lost.written(false);
        Polled second = harness.get(again);
        assertThat(second.parts().get(0).result().offset()).isEqualTo(0);
        harness.taken(second);
    }

    @Test
    void anAnswerThatWasNeverMadeMovesNothing() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.get(harness.asked("c", 1_000)).abandoned();
        assertThat(harness.read("c", 3)).isEqualTo(3);
    }

    @Test
    void aConsumerThatSaysWhichPollItGotIsGivenAgainWhatItMissed() {
        harness.log.append(FIRST, 30);
        harness.create("c", GroupHarness.manual(), "orders");
        Polled first = harness.get(harness.asked("c", 1_000));
        harness.taken(first);
        Polled missed = harness.get(harness.asked("c", 1_000));
        harness.taken(missed);
        Polled again = harness.get(harness.groups.poll(GroupHarness.GROUP, ConsumerId.of("c"), new PollRequest(null, 1 << 20, 1_000,
                new PollRequest.Source(1, first.number(), null))));
        assertThat(again.parts().get(0).result().offset()).isEqualTo(missed.parts().get(0).result().offset());
    }

    @Test
    void aFormatThatTheConsumerWasNotCreatedForIsRefused() {
        harness.create("c", GroupHarness.manual(), "orders");
        refused(ErrorKind.WRONG_FORMAT, () -> harness.get(harness.groups.poll(GroupHarness.GROUP, ConsumerId.of("c"),
                new PollRequest(Set.of(RecordForm.RAW), 1000, 0, GroupHarness.HERE))));
    }

    // ---- where to begin

    @Test
    void latestBeginsWhereTheLogEndsAtTheFirstPollAndTheGroupKeepsThatPlace() {
        harness.log.append(FIRST, 5);
        ConsumerConfig latest = new ConsumerConfig(RecordForm.JSON, OffsetReset.LATEST, false,
                IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500, 10_000, null, null);
        harness.create("c", latest, "orders");
        assertThat(harness.poll("c", 0)).isEmpty();
        assertThat(harness.committed()).containsEntry(FIRST, 5L);
        harness.log.append(FIRST, 2);
        harness.restart();
        assertThat(harness.read("c", 2)).as("a crash before the first commit skips nothing").isEqualTo(2);
    }

    @Test
    void withoutAResetAPollOfWhatWasNeverCommittedFails() {
        ConsumerConfig none = new ConsumerConfig(RecordForm.JSON, OffsetReset.NONE, false,
                IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500, 10_000, null, null);
        harness.create("c", none, "orders");
        refused(ErrorKind.NO_OFFSET, () -> harness.poll("c", 1_000));
        harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("c"), Map.of(FIRST, 0L, SECOND, 0L)));
        assertThat(harness.poll("c", 0)).isEmpty();
    }

    @Test
    void aSeekIsKeptWhenTheCoordinatorDies() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 10);
        commitPolled("c");
        harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("c"), Map.of(FIRST, 4L)));
        harness.restart();
        assertThat(harness.read("c", 6)).isEqualTo(6);
        commitPolled("c");
    }

    @Test
    void seekingToTheBeginningAndToTheEnd() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.get(harness.groups.seekTo(GroupHarness.GROUP, ConsumerId.of("c"), Set.of(FIRST), OffsetReset.LATEST));
        assertThat(harness.poll("c", 0)).isEmpty();
        harness.get(harness.groups.seekTo(GroupHarness.GROUP, ConsumerId.of("c"), Set.of(FIRST), OffsetReset.EARLIEST));
        assertThat(harness.read("c", 10)).isEqualTo(10);
        refused(ErrorKind.NOT_ASSIGNED, () -> harness.get(harness.groups.seekTo(GroupHarness.GROUP, ConsumerId.of("c"),
                Set.of(new TopicPartition("orders", 7)), OffsetReset.EARLIEST)));
        refused(ErrorKind.NOT_ASSIGNED, () -> harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("c"),
                Map.of(new TopicPartition("others", 0), 1L))));
    }

    // ---- committing

    @Test
    void automaticCommitsCoverWhatWasGivenBeforeTheLastPollAndEverythingAtTheEnd() {
        harness.log.append(FIRST, 4);
        harness.create("c", GroupHarness.automatic(), "orders");
        long read = harness.poll("c", 1_000).get(FIRST);
        harness.pass(6_000);
        assertThat(harness.committed()).containsEntry(FIRST, 0L);
        harness.poll("c", 0);
        harness.pass(100);
        assertThat(harness.committed().get(FIRST)).isGreaterThanOrEqualTo(read);
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        assertThat(harness.committed().get(FIRST)).isGreaterThanOrEqualTo(read);
        assertThat(harness.state().membership().members()).isEmpty();
    }

    @Test
    void commitsThatWaitAreWrittenTogether() {
        harness.log.append(FIRST, 50);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 50);
        int before = harness.offsets.records;
        List<CompletableFuture<Void>> commits = new ArrayList<>();
        for (long offset = 1; offset <= 50; offset++) {
            commits.add(harness.groups.commit(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.plain(Map.of(FIRST, offset)),
                    Groups.ANY_EPOCH));
        }
        commits.forEach(harness::get);
        assertThat(harness.committed()).containsEntry(FIRST, 50L);
        assertThat(harness.offsets.records - before).isLessThanOrEqualTo(3);
    }

    @Test
    void aCommitDoesNotGoBackUnlessTheConsumerSoughtBack() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 10);
        harness.commit("c", Map.of(FIRST, 8L));
        harness.commit("c", Map.of(FIRST, 8L));
        refused(ErrorKind.FENCED, () -> harness.commit("c", Map.of(FIRST, 5L)));
        harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("c"), Map.of(FIRST, 3L)));
        harness.commit("c", Map.of(FIRST, 5L));
        assertThat(harness.committed()).containsEntry(FIRST, 5L);
        refused(ErrorKind.FENCED, () -> harness.commit("c", Map.of(FIRST, 4L)));
    }

    @Test
    void aCommitOfAPartitionThatIsNotTheConsumersCommitsNothingOfTheRequest() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.poll("c", 0);
        harness.read("c", 0);
        refused(ErrorKind.FENCED, () -> harness.commit("c", Map.of(FIRST, 5L, new TopicPartition("others", 0), 1L)));
        assertThat(harness.committed()).containsEntry(FIRST, 0L);
    }

    @Test
    void aCommitBeyondTheEndIsRefusedAndOneThatPassesOverRecordsIsNot() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        refused(ErrorKind.OFFSET_OUT_OF_RANGE, () -> harness.commit("c", Map.of(FIRST, 11L)));
        harness.commit("c", Map.of(FIRST, 10L));
        assertThat(harness.committed()).containsEntry(FIRST, 10L);
    }

    @Test
    void committingAllThatWasPolledLeavesWhatWasCommittedBeyondThat() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.poll("c", 1_000);
        harness.commit("c", Map.of(FIRST, 10L));
        commitPolled("c");
        assertThat(harness.committed()).containsEntry(FIRST, 10L);
    }

    @Test
    void aMemberEpochOfBeforeThePartitionWasGivenIsFenced() {
        harness.create("c", GroupHarness.manual(), "orders");
        int old = harness.state().member("c").owned().get(FIRST) - 1;
        refused(ErrorKind.FENCED, () -> harness.get(harness.groups.commit(GroupHarness.GROUP, ConsumerId.of("c"),
                GroupHarness.plain(Map.of(FIRST, 0L)), old)));
        harness.get(harness.groups.commit(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.plain(Map.of(FIRST, 0L)), old + 1));
    }

    @Test
    void committingAllThatWasPolledIsRefusedWhereItIsNotKnownWhatThatIs() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        commitPolled("c");
        harness.read("c", 10);
        harness.restart();
        refused(ErrorKind.FENCED, () -> commitPolled("c"));
    }

    // ---- members

    @Test
    void twoConsumersShareThePartitionsAndOneThatCommittedHandsItsOverAtOnce() {
        harness.log.append(FIRST, 3);
        harness.log.append(SECOND, 3);
        harness.create("a", GroupHarness.manual(), "orders");
        harness.read("a", 6);
        harness.create("b", GroupHarness.manual(), "orders");
        assertThat(harness.owned("b")).as("what is not committed stays").isEmpty();
        assertThat(harness.state().member("b").target()).hasSize(1);
        commitPolled("a");
        assertThat(harness.owned("a")).hasSize(1);
        assertThat(harness.owned("b")).hasSize(1);
        assertThat(harness.poll("b", 0)).isEmpty();
    }

    @Test
    void aConsumerThatDoesNotLetGoLosesThePartitionAfterItsSessionTimeout() {
        harness.log.append(FIRST, 3);
        harness.log.append(SECOND, 3);
        harness.create("a", GroupHarness.manual(), "orders");
        harness.read("a", 6);
        harness.create("b", GroupHarness.manual(), "orders");
        for (int i = 0; i < 12; i++) {
            harness.poll("a", 0);
            harness.get(harness.groups.member(GroupHarness.GROUP, ConsumerId.of("b")));
            harness.pass(1_000);
        }
        assertThat(harness.owned("b")).hasSize(1);
        TopicPartition lost = harness.owned("b").first();
        refused(ErrorKind.FENCED, () -> harness.commit("a", Map.of(lost, 3L)));
        assertThat(harness.read("b", 3)).isEqualTo(3);
    }

    @Test
    void aConsumerThatIsNotHeardOfLosesItsPartitionsAndIsBackWithItsNextRequest() {
        harness.create("a", GroupHarness.config(false, 2_000, null), "orders");
        harness.create("b", GroupHarness.manual(), "orders");
        harness.pass(2_500);
        assertThat(harness.state().member("a").status()).isEqualTo(Status.DORMANT);
        assertThat(harness.owned("b")).containsExactly(FIRST, SECOND);
        harness.poll("a", 0);
        assertThat(harness.state().member("a").status()).isEqualTo(Status.ACTIVE);
        assertThat(harness.owned("a")).hasSize(1);
    }

    @Test
    void aCommitOfAConsumerWhoseSessionEndedIsRefusedAndItsPollBringsItBackToCommitWhatItHas() {
        harness.log.append(FIRST, 3);
        harness.create("a", GroupHarness.config(false, 2_000, null), "orders");
        harness.read("a", 3);
        harness.pass(5_000);
        assertThatThrownBy(() -> harness.commit("a", Map.of(FIRST, 3L))).isInstanceOfSatisfying(BrokerException.class, failure ->
                assertThat(failure.kind()).isEqualTo(ErrorKind.FENCED)).hasMessageContaining("session").hasMessageContaining("poll");
        refused(ErrorKind.FENCED, () -> commitPolled("a"));
        assertThat(harness.state().member("a").status()).as("a commit does not bring it back").isEqualTo(Status.DORMANT);
        assertThat(harness.poll("a", 0)).as("it goes on where it was, as nobody else was given that").isEmpty();
        commitPolled("a");
        assertThat(harness.committed()).containsEntry(FIRST, 3L);
    }

    @Test
    void aCommitOfAConsumerWhoseSessionEndedDoesNotMoveWhatAnOperatorHasSet() {
        harness.log.append(FIRST, 10);
        harness.create("a", GroupHarness.config(false, 2_000, null), "orders");
        harness.read("a", 10);
        harness.pass(5_000);
        reset(new OffsetTarget.AtOffset(2), false);
        refused(ErrorKind.FENCED, () -> harness.commit("a", Map.of(FIRST, 10L)));
        refused(ErrorKind.FENCED, () -> harness.get(harness.groups.commitPolled(GroupHarness.GROUP, ConsumerId.of("a"), Groups.ANY_EPOCH,
                GroupHarness.HERE)));
        assertThat(harness.committed()).containsEntry(FIRST, 2L);
        assertThat(harness.read("a", 8)).isEqualTo(8);
    }

    @Test
    void aStaticMemberThatIsBackInTimeKeepsItsPartitionsAndNobodyElseNotices() {
        harness.create("a", GroupHarness.config(false, 5_000, "host-1"), "orders");
        harness.create("b", GroupHarness.config(false, 5_000, "host-2"), "orders");
        Set<TopicPartition> before = harness.owned("a");
        int epoch = harness.state().membership().epoch();
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("a"), GroupHarness.HERE));
        refused(ErrorKind.UNKNOWN_CONSUMER, () -> harness.poll("a", 0));
        harness.create("a2", GroupHarness.config(false, 5_000, "host-1"), "orders");
        assertThat(harness.owned("a2")).isEqualTo(before);
        assertThat(harness.state().member("a")).isNull();
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("a2"), GroupHarness.HERE));
        for (int i = 0; i < 7; i++) {
            harness.poll("b", 0);
            harness.pass(1_000);
        }
        assertThat(harness.owned("b")).as("after the session timeout its place is gone").hasSize(2);
        assertThat(harness.state().membership().epoch()).isGreaterThan(epoch);
    }

    @Test
    void aNameIsTakenWhileItsConsumerIsThere() {
        harness.create("a", GroupHarness.manual());
        refused(ErrorKind.CONSUMER_EXISTS, () -> harness.create("a", GroupHarness.manual()));
        harness.pass(11_000);
        harness.create("a", GroupHarness.manual());
        assertThat(harness.get(harness.groups.create(GroupHarness.GROUP, null, GroupHarness.manual())).name()).isEqualTo("made-up");
    }

    @Test
    void aGroupHasNoMoreConsumersThanItMay() {
        for (int i = 0; i < 20; i++) {
            harness.create("c" + i, GroupHarness.manual());
        }
        refused(ErrorKind.OVERLOADED, () -> harness.create("one-more", GroupHarness.manual()));
    }

    @Test
    void whatIsCommittedIsGivenBackWithItsMetadata() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 10);
        harness.get(harness.groups.commit(GroupHarness.GROUP, ConsumerId.of("c"), Map.of(FIRST, new OffsetAndMetadata(4, "half")),
                Groups.ANY_EPOCH));
        harness.restart();
        Map<TopicPartition, CommittedOffset> committed = harness.get(harness.groups.committed(GroupHarness.GROUP,
                ConsumerId.of("c"), null));
        assertThat(committed.get(FIRST).offset()).isEqualTo(4);
        assertThat(committed.get(FIRST).metadata()).isEqualTo("half");
        assertThat(harness.get(harness.groups.committed(GroupHarness.GROUP, ConsumerId.of("c"),
                List.of(new TopicPartition("none", 0), new TopicPartition("orders", 9))))).isEmpty();
        refused(ErrorKind.UNKNOWN_CONSUMER, () -> harness.get(harness.groups.committed(GroupHarness.GROUP, ConsumerId.of("x"), null)));
        refused(ErrorKind.INVALID_REQUEST, () -> harness.get(harness.groups.commit(GroupHarness.GROUP, ConsumerId.of("c"),
                Map.of(FIRST, new OffsetAndMetadata(4, "x".repeat(4_097))), Groups.ANY_EPOCH)));
    }

    @Test
    void aConsumerMayNameTheLastRecordThatItConsumedInsteadOfTheNextOne() {
        ConsumerConfig next = GroupHarness.manual();
        harness.log.append(FIRST, 10);
        harness.create("c", new ConsumerConfig(next.form(), next.reset(), false, next.isolation(), 1, next.requestTimeoutMs(), 500,
                next.sessionTimeoutMs(), null, null, CommittedAs.CONSUMED, null), "orders");
        harness.read("c", 10);
        harness.commit("c", Map.of(FIRST, 3L));
        assertThat(harness.committed()).containsEntry(FIRST, 4L);
        refused(ErrorKind.OFFSET_OUT_OF_RANGE, () -> harness.commit("c", Map.of(FIRST, 10L)));
        harness.restart();
        harness.commit("c", Map.of(FIRST, 9L));
        assertThat(harness.committed()).as("it is remembered").containsEntry(FIRST, 10L);
    }

    @Test
    void newPartitionsAndNewTopicsThatMatchAPatternAreSharedOut() {
        harness.create("a", GroupHarness.manual());
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("a"),
                new Subscription.Matching(Subscription.TopicPattern.of("ord.*|inv.*")), GroupHarness.HERE));
        assertThat(harness.owned("a")).hasSize(2);
        harness.log.create("orders", 3);
        harness.log.create("invoices", 1);
        harness.log.create("others", 1);
        harness.pass(500);
        assertThat(harness.owned("a")).contains(new TopicPartition("orders", 2), new TopicPartition("invoices", 0)).hasSize(4);
    }

    @Test
    void partitionsOfOnesOwnAreNobodyElses() {
        harness.create("own", GroupHarness.manual());
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("own"),
                new Subscription.Assigned(new TreeSet<>(Set.of(FIRST))), GroupHarness.HERE));
        harness.create("sharing", GroupHarness.manual(), "orders");
        assertThat(harness.owned("own")).containsExactly(FIRST);
        assertThat(harness.owned("sharing")).containsExactly(SECOND);
        harness.create("late", GroupHarness.manual());
        refused(ErrorKind.ILLEGAL_SUBSCRIPTION, () -> harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("late"),
                new Subscription.Assigned(new TreeSet<>(Set.of(FIRST))), GroupHarness.HERE)));
        refused(ErrorKind.ILLEGAL_SUBSCRIPTION, () -> harness.subscribe("own", "orders"));
        refused(ErrorKind.UNKNOWN_PARTITION, () -> assign("late", new TopicPartition("orders", 9)));
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("own"), new Subscription.None(), GroupHarness.HERE));
        assertThat(harness.owned("sharing")).containsExactly(FIRST, SECOND);
    }

    private void assign(String name, TopicPartition partition) {
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of(name),
                new Subscription.Assigned(new TreeSet<>(Set.of(partition))), GroupHarness.HERE));
    }

    @Test
    void partitionsOfATopicThatIsCreatedLaterAreHisWhoAssignedThemToHimselfFirst() {
        TopicPartition later = new TopicPartition("later", 1);
        harness.create("own", GroupHarness.manual());
        harness.create("late", GroupHarness.manual());
        assign("own", later);
        refused(ErrorKind.ILLEGAL_SUBSCRIPTION, () -> assign("late", later));
        assertThat(harness.owned("own")).isEmpty();
        assertThat(harness.poll("own", 100)).isEmpty();
        harness.log.create("later", 2);
        harness.pass(500);
        assertThat(harness.owned("own")).containsExactly(later);
        harness.log.append(later, 1);
        assertThat(harness.read("own", 1)).isEqualTo(1);
    }

    @Test
    void whoSaidNothingOfWhatToReadIsToldSoWhenItPolls() {
        harness.create("c", GroupHarness.manual());
        refused(ErrorKind.ILLEGAL_SUBSCRIPTION, () -> harness.poll("c", 100));
        harness.subscribe("c", "orders");
        assertThat(harness.poll("c", 100)).isEmpty();
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("c"), new Subscription.None(), GroupHarness.HERE));
        refused(ErrorKind.ILLEGAL_SUBSCRIPTION, () -> harness.poll("c", 100));
    }

    @Test
    void aTopicThatIsDeletedAndCreatedAnewIsReadFromItsOwnBeginning() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 8);
        harness.log.recreate("orders", 2);
        harness.log.append(FIRST, 20);
        harness.pass(300);
        assertThat(harness.read("c", 20)).isEqualTo(20);
        commitPolled("c");
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
    }

    @Test
    void ofPollsThatComeWhileAnAnswerIsBeingWrittenTheLastOneGoesOnBehindIt() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        Polled first = harness.get(harness.asked("c", 1_000));
        CompletableFuture<Polled> second = harness.asked("c", 1_000);
        CompletableFuture<Polled> third = harness.asked("c", 1_000);
        harness.pass(100);
        assertThat(harness.get(second).parts()).as("the third one ends it").isEmpty();
        assertThat(third).as("it waits for what becomes of the first").isNotDone();
        long given = harness.taken(first).get(FIRST);
        harness.log.append(FIRST, 4);
        assertThat(harness.get(third).parts().get(0).result().offset()).isEqualTo(given);
    }

    @Test
    void aPollBehindAnAnswerThatIsBeingMadeEndsWithItsOwnTimeAndTakesNothingOfThat() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        Polled first = harness.get(harness.asked("c", 1_000));
        assertEndsWithItsTime(harness.asked("c", 1_000));
        CompletableFuture<Polled> third = harness.asked("c", 1_000);
        harness.pass(500);
        assertThat(third).as("one answer at a time").isNotDone();
        long given = harness.taken(first).get(FIRST);
        harness.log.append(FIRST, 4);
        assertThat(harness.get(third).parts().get(0).result().offset()).isEqualTo(given);
    }

    @Test
    void aPollBehindAnAnswerThatIsStuckInItsConnectionEndsWithItsOwnTimeAndTheNextIsGivenWhatWasLost() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        Polled stuck = harness.get(harness.asked("c", 1_000));
        stuck.delivered(SimulatedConsumer.next(stuck));
        assertEndsWithItsTime(harness.asked("c", 1_000));
        assertEndsWithItsTime(harness.asked("c", 1_000));
        stuck.written(false);
        assertThat(harness.get(harness.asked("c", 1_000)).parts().get(0).result().offset()).isZero();
    }

    private void assertEndsWithItsTime(CompletableFuture<Polled> poll) {
        harness.pass(900);
        assertThat(poll).isNotDone();
        harness.pass(300);
        assertThat(poll).isDone();
        assertThat(poll.join().parts()).isEmpty();
    }

    @Test
    void aSessionDoesNotEndWhileItsAnswerIsBeingMadeAlsoWhenAnotherPollWaitsBehindIt() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.config(false, 4_000, null), "orders");
        Polled first = harness.get(harness.asked("c", 1_000));
        harness.asked("c", 1_000);
        harness.pass(6_000);
        assertThat(harness.state().member("c").status()).isEqualTo(Status.ACTIVE);
        harness.taken(first);
        commitPolled("c");
        assertThat(harness.committed()).containsKey(FIRST);
        harness.pass(6_000);
        assertThat(harness.state().member("c").status()).as("nor does it last for ever").isNotEqualTo(Status.ACTIVE);
    }

    @Test
    void aHandOverWaitsForTheAnswerThatIsBeingWrittenAlsoWhenAnotherPollWaitsBehindIt() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        Polled first = harness.get(harness.asked("c", 1_000));
        CompletableFuture<Polled> second = harness.asked("c", 1_000);
        harness.pass(100);
        harness.moveAway();
        harness.pass(100);
        assertThat(harness.get(second).parts()).isEmpty();
        long given = harness.taken(first).get(FIRST);
        harness.pass(500);
        assertThat(harness.kept("c")).containsEntry(FIRST, given);
    }

    @Test
    void whoCoordinatesInThePlaceOfAnotherHandsOverAndGivesBackWhenThatOneCouldForAWhile() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.config(false, 600_000, null), "orders");
        harness.read("c", 3);
        harness.borrowed = true;
        harness.pass(29_000);
        assertThat(harness.kept("c")).as("not at once").isEmpty();
        harness.poll("c", 0);
        harness.pass(35_000);
        assertThat(harness.offsets.leader()).isEqualTo(2);
        assertThat(harness.kept("c")).containsEntry(FIRST, 3L);
        refused(ErrorKind.NOT_COORDINATOR, () -> harness.poll("c", 0));
    }

    @Test
    void aGroupOrAConsumerThatNoPathCanNameIsNotCreated() {
        for (String name : List.of(";g", ";")) {
            refused(ErrorKind.INVALID_CONSUMER, () -> harness.get(harness.groups.create(name, "c", GroupHarness.manual())));
            refused(ErrorKind.INVALID_CONSUMER, () -> harness.create(name, GroupHarness.manual()));
        }
        assertThat(harness.get(harness.groups.create("g;h", "c;d", GroupHarness.manual())).name()).isEqualTo("c;d");
    }

    // ---- what is forgotten

    @Test
    void aDormantConsumerIsForgottenWithinTwiceTheTimeThatIsSet() {
        harness.restart(new GroupOptions("sticky", 20, 20_000, 3_600_000, 3_000, 30_000, 30_000));
        harness.create("c", GroupHarness.config(false, 1_000, null), "orders");
        harness.pass(1_500);
        assertThat(harness.state().member("c").status()).isEqualTo(Status.DORMANT);
        harness.pass(6_000);
        assertThat(harness.isKept()).isFalse();
    }

    @Test
    void offsetsAreKeptFromWhenTheGroupBecameEmptyOn() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 3);
        commitPolled("c");
        for (int minute = 0; minute < 70; minute++) {
            harness.poll("c", 0);
            harness.pass(9_000);
        }
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        long empty = harness.state().membership().emptySinceMs();
        assertThat(empty).isGreaterThan(1_000_000_000_000L + 600_000);
    }

    @Test
    void offsetsThatNobodyUsesAndConsumersThatNobodyHeardOfAreForgottenInTime() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 3);
        commitPolled("c");
        harness.pass(15_000);
        assertThat(harness.state().member("c").status()).isEqualTo(Status.DORMANT);
        harness.pass(700_000);
        assertThat(harness.state().membership().members()).isEmpty();
        assertThat(harness.committed()).containsEntry(FIRST, 3L);
        harness.pass(3_700_000);
        assertThat(harness.isKept()).as("a record of the group").isFalse();
    }

    // ---- administration

    @Test
    void aGroupIsDescribedWithItsLagAndResetOnlyWhileItIsEmpty() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 10);
        harness.commit("c", Map.of(FIRST, 4L));
        GroupDescription description = harness.get(harness.groups.describe(GroupHarness.GROUP));
        assertThat(description.state()).isEqualTo(GroupDescription.State.STABLE);
        assertThat(description.partitions().get(0)).satisfies(each -> {
            assertThat(each.owner()).isEqualTo("c");
            assertThat(each.committed()).isEqualTo(4);
            assertThat(each.endOffset()).isEqualTo(10);
            assertThat(each.lag()).isEqualTo(6);
        });
        refused(ErrorKind.GROUP_NOT_EMPTY, () -> reset(new OffsetTarget.Earliest(), false));
        refused(ErrorKind.GROUP_NOT_EMPTY, () -> harness.get(harness.groups.delete(GroupHarness.GROUP)));
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        assertThat(reset(new OffsetTarget.Latest(), true)).extracting(OffsetChange::after).containsExactly(10L, 0L);
        assertThat(harness.committed()).as("a dry run changes nothing").containsEntry(FIRST, 4L);
        assertThat(reset(new OffsetTarget.By(3), false)).extracting(OffsetChange::after).containsExactly(7L, 0L);
        assertThat(reset(new OffsetTarget.AtOffset(2), false)).extracting(OffsetChange::after).containsExactly(2L, 0L);
        assertThat(harness.committed()).containsEntry(FIRST, 2L);
        harness.get(harness.groups.delete(GroupHarness.GROUP));
        refused(ErrorKind.UNKNOWN_GROUP, () -> harness.get(harness.groups.describe(GroupHarness.GROUP)));
    }

    @Test
    void aGroupIsListedWithThoseThatTakePartWhereItIsCoordinated() {
        harness.create("c", GroupHarness.manual(), "orders");
        harness.create("d", GroupHarness.config(false, 2_000, null), "orders");
        harness.pass(3_000);
        assertThat(harness.get(harness.groups.list()))
                .containsExactly(new GroupSummary(GroupHarness.GROUP, GroupDescription.State.STABLE, 1));
        harness.moveAway();
        harness.pass(2_000);
        assertThat(harness.get(harness.groups.list())).isEmpty();
        refused(ErrorKind.NOT_COORDINATOR, () -> harness.get(harness.groups.describe(GroupHarness.GROUP)));
    }

    private List<OffsetChange> reset(OffsetTarget target, boolean dryRun) {
        return harness.get(harness.groups.reset(GroupHarness.GROUP, target, List.of(), List.of(), dryRun));
    }

    @Test
    void aConsumerThatComesBackAfterAResetGoesWhereTheGroupWasSet() {
        harness.log.append(FIRST, 10);
        harness.create("c", GroupHarness.config(false, 2_000, null), "orders");
        harness.read("c", 10);
        commitPolled("c");
        harness.pass(3_000);
        reset(new OffsetTarget.Earliest(), false);
        assertThat(harness.read("c", 10)).isEqualTo(10);
    }
}
