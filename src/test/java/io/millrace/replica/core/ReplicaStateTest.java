package io.millrace.replica.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LeaderEpochEnd;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchResponse.EpochEnd;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The decisions of a replica, one event at a time. */
class ReplicaStateTest {
    private static final TopicPartition ID = new TopicPartition("orders", 0);
    private static final UUID TOPIC = new UUID(1, 2);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final LeaderEpochEnd NO_EPOCH = new LeaderEpochEnd(LeaderEpochEnd.NO_EPOCH, 0);

    private static Moment at(long start, long end, int lastEpoch) {
        return new Moment(1_000, new LogSpan(start, end, lastEpoch), 1, false);
    }

    private static Topic.Assignment led(int leader, int epoch, Integer... isr) {
        return new Topic.Assignment(leader, epoch, List.of(1, 2, 3), List.of(isr));
    }

    private static ReplicaState leader(Moment moment, Integer... isr) {
        return ReplicaState.opened(1, moment.log().startOffset()).assigned(led(1, 5, isr), 1, moment).state();
    }

    private static ReplicaState follower(Moment moment) {
        return ReplicaState.opened(1, moment.log().startOffset()).assigned(led(2, 5, 2, 3), 1, moment).state();
    }

    private static ReplicaFetchRequest.Partition asking(int epoch, long offset, int lastEpoch) {
        return new ReplicaFetchRequest.Partition(ID, TOPIC, epoch, offset, lastEpoch);
    }

    private static ReplicaFetchResponse.Partition answer(Outcome outcome, long highWatermark, long start,
                                                         EpochEnd diverging) {
        return new ReplicaFetchResponse.Partition(ID, outcome, 5, highWatermark, start, diverging, NOTHING);
    }

    @Test
    void aLeadershipBeginsAtTheLogsEndAndIsToldOnce() {
        Moment moment = at(0, 10, 4);
        Transition first = ReplicaState.opened(1, 0).assigned(led(1, 5, 1, 2), 1, moment);

        assertThat(first.effects()).containsExactly(new Effect.LeadershipBegan(5, 10));
        assertThat(first.state().assigned(led(1, 5, 1, 2), 2, moment).effects()).isEmpty();
        assertThat(first.state().assigned(led(2, 9, 2), 1, moment).state()).as("an older version")
                .isEqualTo(first.state());
    }

    @Test
    void aRecordIsCommittedOnceEveryReplicaHasItThatIsOrMayBeInSync() {
        Moment moment = at(0, 10, 5);
        ReplicaState state = leader(moment, 1, 2);
        FollowerAnswer.Given two = state.asked(asking(5, 10, 5), 2, "s2", new LeaderEpochEnd(5, 10), Asking.ARRIVED, moment);

        assertThat(two.transition().state().highWatermark()).isEqualTo(10);

        FollowerAnswer.Given three = state.asked(asking(5, 7, 5), 3, "s3", new LeaderEpochEnd(5, 10), Asking.ARRIVED, moment);
        ReplicaState proposing = three.transition().state();
        proposing = proposing.proposed(new IsrProposal(5, Set.of(1, 2, 3), Set.of(3), Set.of()), 1).state();
        FollowerAnswer.Given after = proposing.asked(asking(5, 10, 5), 2, "s2", new LeaderEpochEnd(5, 10), Asking.ARRIVED, moment);
        assertThat(after.transition().state().highWatermark()).as("3 may be in the ISR by now").isEqualTo(7);
    }

    @Test
    void theHighWatermarkStandsWhileTooFewAreInSync() {
        Moment strict = new Moment(0, new LogSpan(0, 10, 5), 2, false);
        ReplicaState state = ReplicaState.opened(1, 3).assigned(led(1, 5, 1), 1, strict).state();

        assertThat(state.logGrew(strict).state().highWatermark()).isEqualTo(3);
        assertThat(state.confirmed(led(1, 5, 1), 5, 10, strict).state().highWatermark()).isEqualTo(3);
    }

    @Test
    void theSoleReplicaInSyncAsksTheRegisterOnceBeforeItCallsAnythingCommitted() {
        Moment moment = at(0, 10, 5);
        Transition began = ReplicaState.opened(1, 0).assigned(led(1, 5, 1), 1, moment);

        assertThat(began.effects()).contains(new Effect.Confirm());
        assertThat(began.state().highWatermark()).isZero();
        assertThat(began.state().logGrew(at(0, 12, 5)).effects()).as("it is being asked").isEmpty();
        Transition confirmed = began.state().confirmed(led(1, 5, 1), 5, 10, at(0, 12, 5));
        assertThat(confirmed.state().highWatermark()).isEqualTo(10);
        assertThat(confirmed.effects()).contains(new Effect.Confirm());
        assertThat(began.state().confirmed(led(2, 6, 2), 5, 10, moment).state().highWatermark())
                .as("another leads").isZero();
    }

    @Test
    void aFollowerWithoutAnyRecordAgreesWhereverItIsInTheLeadersLog() {
        Moment moment = at(50, 150, 5);
        ReplicaState state = leader(moment, 1, 2, 3);

        assertThat(state.asked(asking(5, 100, -1), 2, "s2", new LeaderEpochEnd(-1, 50), Asking.ARRIVED, moment).answer().outcome())
                .isEqualTo(Outcome.OK);
        assertThat(state.asked(asking(5, 151, -1), 2, "s2", new LeaderEpochEnd(-1, 50), Asking.ARRIVED, moment).answer().outcome())
                .as("beyond the end").isEqualTo(Outcome.DIVERGED);
        assertThat(state.asked(asking(5, 49, -1), 2, "s2", new LeaderEpochEnd(-1, 50), Asking.ARRIVED, moment).answer().outcome())
                .isEqualTo(Outcome.BELOW_START);
    }

    @Test
    void whatAFollowerHadInAnEarlierEpochOrSessionCountsForNothing() {
        Moment moment = at(0, 10, 5);
        ReplicaState state = leader(moment, 1, 2);
        assertThat(state.asked(asking(4, 10, 4), 2, "s2", new LeaderEpochEnd(4, 10), Asking.ARRIVED, moment).answer().outcome())
                .isEqualTo(Outcome.FENCED_EPOCH);
        ReplicaState has = state.asked(asking(5, 10, 5), 2, "s2", new LeaderEpochEnd(5, 10), Asking.ARRIVED, moment).transition().state();
        ReplicaState next = has.assigned(led(1, 6, 1, 2), 2, moment).state();

        assertThat(next.logGrew(at(0, 12, 5)).state().highWatermark()).as("2 has to fetch again").isEqualTo(10);
        ReplicaState restarted = next.asked(asking(6, 10, 5), 2, "another", new LeaderEpochEnd(5, 12), Asking.ARRIVED, at(0, 12, 5))
                .transition().state();
        assertThat(restarted.isrProposal(new IsrRules(0, Map.of(2, "s2"), false), new Moment(9_999_999,
                new LogSpan(0, 12, 5), 1, false)).orElseThrow().out()).containsExactly(2);
    }

    @Test
    void aFollowerCutsWhereTheEpochsPartAndOneWayAtATime() {
        Moment moment = at(0, 10, 4);
        ReplicaState state = follower(moment);
        ReplicaFetchResponse.Partition diverged = answer(Outcome.DIVERGED, 3, 0, new EpochEnd(3, 6));
        Transition cut = state.answered(2, asking(5, 10, 4), diverged, new LeaderEpochEnd(3, 8), moment);

        assertThat(cut.effects()).containsExactly(new Effect.Truncate(6, false));
        assertThat(cut.state().mayFetch()).isFalse();
        assertThat(cut.state().answered(2, asking(5, 10, 4), diverged, NO_EPOCH, moment).effects())
                .as("an answer that crosses it").isEmpty();
        assertThat(cut.state().logChanged(0, at(0, 6, 3)).state().mayFetch()).isTrue();
    }

    @Test
    void aFollowerBeyondALeaderWhoseRecordsWereAllDeletedKeepsWhatWasCommittedBefore() {
        Moment moment = at(12, 15, 4);
        ReplicaFetchResponse.Partition diverged = answer(Outcome.DIVERGED, 14, 14, new EpochEnd(-1, 14));

        assertThat(follower(moment).answered(2, asking(5, 15, 4), diverged, new LeaderEpochEnd(-1, 12), moment).effects())
                .containsExactly(new Effect.Truncate(14, false));
    }

    @Test
    void aLateAnswerDoesNotCutWhatCameAfterItWasAskedFor() {
        Moment moment = at(0, 12, 5);
        ReplicaFetchResponse.Partition diverged = answer(Outcome.DIVERGED, 3, 0, new EpochEnd(3, 6));

        assertThat(follower(moment).answered(2, asking(5, 10, 4), diverged, new LeaderEpochEnd(3, 8), moment).effects())
                .isEmpty();
    }

    @Test
    void aFollowerWithoutRecordsBeyondTheLeadersEndBeginsAnew() {
        Moment empty = at(100, 100, -1);
        ReplicaFetchResponse.Partition diverged = answer(Outcome.DIVERGED, 80, 50, new EpochEnd(-1, 50));

        assertThat(follower(empty).answered(2, asking(5, 100, -1), diverged, new LeaderEpochEnd(-1, 100), empty)
                .effects()).containsExactly(new Effect.BeginAnew(50, false));
    }

    @Test
    void aLeadershipWaitsForTheChangeOfTheLogThatIsUnderWay() {
        Moment moment = at(0, 10, 4);
        ReplicaState cutting = follower(moment).answered(2, asking(5, 10, 4),
                answer(Outcome.DIVERGED, 3, 0, new EpochEnd(3, 6)), new LeaderEpochEnd(3, 8), moment).state();
        Transition elected = cutting.assigned(led(1, 6, 1), 2, moment);

        assertThat(elected.state().isLeading()).isFalse();
        assertThat(elected.state().logChanged(0, at(0, 6, 3)).effects()).contains(new Effect.LeadershipBegan(6, 6));
    }

    @Test
    void aDamagedReplicaFetchesNothingUntilItIsHealedAndIsHealedOnlyWhenNobodyCountsOnIt() {
        Moment moment = at(0, 10, 5);
        ReplicaState state = ReplicaState.opened(1, 0).assigned(led(2, 5, 1, 2), 1, moment).state()
                .foundDamage(7).state().foundDamage(4).state();

        assertThat(state.mayFetch()).isFalse();
        assertThat(state.mayHeal()).as("it is in sync").isFalse();
        ReplicaState out = state.assigned(led(2, 6, 2), 2, moment).state();
        assertThat(out.mayHeal()).isTrue();
        assertThat(out.damaged().offsets()).containsExactly(4L, 7L);
        ReplicaState one = out.healing().state().healed(4, moment).state();
        assertThat(one.mayFetch()).as("there is another damage").isFalse();
        ReplicaState healed = one.healing().state().healed(7, at(0, 7, 5)).state();
        assertThat(healed.mayFetch()).isTrue();
        assertThat(healed.highWatermark()).isLessThanOrEqualTo(7);
    }

    @Test
    void aRetiredReplicaTakesNoRoleAnyMore() {
        Moment moment = at(0, 10, 5);
        Transition retired = leader(moment, 1, 2).retired();

        assertThat(retired.effects()).containsExactly(new Effect.LeadershipEnded(5));
        assertThat(retired.state().assigned(led(1, 7, 1), 9, moment).state().isLeading()).isFalse();
    }

    @Test
    void aFollowerThatBeginsAFetchSessionIsToldAgainWhatItMayNotHaveHeard() {
        Moment moment = at(0, 10, 5);
        FollowerAnswer.Given first = leader(moment, 1, 2).asked(asking(5, 10, 5), 2, "s2", new LeaderEpochEnd(5, 10),
                Asking.ARRIVED, moment);
        ReplicaState told = first.transition().state();

        assertThat(first.answer().news()).isTrue();
        assertThat(told.asked(asking(5, 10, 5), 2, "s2", new LeaderEpochEnd(5, 10), Asking.ARRIVED, moment).answer().news())
                .as("it has heard").isFalse();
        assertThat(told.asked(asking(5, 10, 5), 2, "s2", new LeaderEpochEnd(5, 10), Asking.BEGAN, moment).answer().news())
                .as("the answer may have been lost").isTrue();
    }

    private static Moment written(long end, long durableEnd) {
        return new Moment(1_000, new LogSpan(0, end, durableEnd, 5), 1, false);
    }

    private static FollowerAnswer.Given asked(ReplicaState leader, long offset, long durable, Moment moment) {
        return leader.asked(new ReplicaFetchRequest.Partition(ID, TOPIC, 5, offset, 5, durable), 2, "second",
                new LeaderEpochEnd(5, moment.log().endOffset()), Asking.ARRIVED, moment);
    }

    @Test
    void whatIsOnlyWrittenCountsForNothingAtAFollower() {
        ReplicaState leader = leader(at(0, 0, 5), 1, 2);

        ReplicaState onlyWritten = asked(leader, 10, 4, at(0, 10, 5)).transition().state();
        ReplicaState durable = asked(onlyWritten, 10, 10, at(0, 10, 5)).transition().state();

        assertThat(onlyWritten.highWatermark()).isEqualTo(4);
        assertThat(durable.highWatermark()).isEqualTo(10);
    }

    @Test
    void whatIsOnlyWrittenCountsForNothingAtTheLeader() {
        ReplicaState leader = leader(at(0, 0, 5), 1, 2);

        FollowerAnswer.Given before = asked(leader, 10, 10, written(10, 3));
        ReplicaState after = before.transition().state().logGrew(written(10, 10)).state();

        assertThat(before.answer().outcome()).as("it may be read").isEqualTo(Outcome.OK);
        assertThat(before.transition().state().highWatermark()).isEqualTo(3);
        assertThat(after.highWatermark()).isEqualTo(10);
    }

    @Test
    void aFollowerThatHasOnlyWrittenWhatIsCommittedIsNotLetIntoTheIsr() {
        ReplicaState leader = leader(at(0, 0, 5), 1).logGrew(written(10, 10)).state();
        ReplicaState committed = leader.confirmed(led(1, 5, 1), 5, 10, written(10, 10)).state();

        assertThat(committed.highWatermark()).isEqualTo(10);
        assertThat(asked(committed, 10, 4, written(10, 10)).transition().effects()).isEmpty();
        assertThat(asked(committed, 10, 10, written(10, 10)).transition().effects())
                .containsExactly(new Effect.ProposeIsr());
    }

    @Test
    void aFollowerFetchesOnWhileItForcesAndKnowsAsCommittedOnlyWhatItHasDurably() {
        ReplicaState follower = follower(at(0, 10, 5));
        ByteBuffer batches = ByteBuffer.allocate(1);
        ReplicaState changing = follower.answered(2, asking(5, 10, 5), new ReplicaFetchResponse.Partition(ID, Outcome.OK,
                5, 20, 0, null, batches), null, at(0, 10, 5)).state();

        assertThat(changing.mayFetch()).isFalse();
        ReplicaState written = changing.logWritten(written(20, 10)).state();
        assertThat(written.mayFetch()).isTrue();
        assertThat(written.logForced(20, written(30, 10)).state().highWatermark()).isEqualTo(10);
        assertThat(written.logForced(20, written(30, 20)).state().highWatermark()).isEqualTo(20);
    }

    @Test
    void aLeaderThatWasElectedWhileItForcedGoesOnWhenThatIsDone() {
        ReplicaState follower = follower(at(0, 10, 5)).logWritten(written(20, 10)).state();

        ReplicaState leader = follower.assigned(led(1, 6, 1), 2, written(20, 10)).state()
                .confirmed(led(1, 6, 1), 6, 20, written(20, 10)).state();

        assertThat(leader.leadershipStart()).as("what others may have").isEqualTo(20);
        assertThat(leader.highWatermark()).isEqualTo(10);
        assertThat(leader.logForced(0, written(20, 20)).state().highWatermark()).isEqualTo(20);
    }

    @Test
    void aFollowerThatAsksForMoreWhileItForcesIsCaughtUpByWhatItHasWrittenAndCountsByWhatIsDurable() {
        FollowerProgress progress = FollowerProgress.unknown("s2", 0).fetched(100, 100, 200, 10)
                .fetched(200, 100, 300, 20).fetched(300, 200, 400, 30);

        assertThat(progress.caughtUpAt()).as("it had at 30 what the leader had at 20").isEqualTo(20);
        assertThat(progress.endOffset()).isEqualTo(200);
    }
}
