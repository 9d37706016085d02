package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StewardTest {
    /** Three brokers of three, the consensus among them, seen by the oldest. */
    private static StewardView healthy() {
        return new StewardView(true, true, true, 3, 3, 3, 3, true, 0, 0, false, true, false, 3, false, 0, 0);
    }

    private static StewardView live(int live, long minorityMillis, boolean othersAnswer) {
        return new StewardView(true, true, true, 3, live, live, 3, true, 9_000, minorityMillis, othersAnswer, true, false, live,
            false, 0, 0);
    }

    private static StewardView waiting(boolean oldest, int members, boolean discovered, long millis) {
        return new StewardView(true, true, oldest, 3, 2, members, 3, discovered, millis, 0, false, false, false, 0, false,
            members - 2, 0);
    }

    private static StewardView answering(boolean oldest, boolean selfInCp, int brokersInCp, boolean gone,
                                         int witnesses) {
        return new StewardView(true, true, oldest, 3, 3, 3 + witnesses, 3, true, 0, 0, false, selfInCp, false, brokersInCp, gone,
            witnesses, 0);
    }

    @Test
    void aHealthyClusterIsLeftAlone() {
        assertThat(Steward.decide(healthy())).isEqualTo(StewardAction.NONE);
    }

    @Test
    void aMemberThatStoppedOrWentOverToAnotherClusterIsReplaced() {
        assertThat(Steward.decide(new StewardView(true, false, false, 3, 1, 1, 3, false, 0, 0, false, false, false, 0, false, 0, 0)))
            .isEqualTo(StewardAction.REPLACE_MEMBER);
    }

    @Test
    void aMemberWhoseJournalCannotBeWrittenLeavesAndComesBackWithIt() {
        assertThat(Steward.decide(withJournal(false, true))).isEqualTo(StewardAction.LEAVE);
        assertThat(Steward.decide(withJournal(false, false))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(withJournal(true, false))).isEqualTo(StewardAction.REPLACE_MEMBER);
    }

    private static StewardView withJournal(boolean writable, boolean running) {
        return new StewardView(writable, running, false, 3, 1, 1, 3, false, 0, 0, false, false, false, 0, false, 0, 0);
    }

    @Test
    void aMinorityNeverResetsAndStartsAnewOnlyWhenOthersAreThere() {
        assertThat(Steward.decide(live(1, 60_000, false))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(live(1, 7_000, true))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(live(1, 9_000, true))).isEqualTo(StewardAction.REPLACE_MEMBER);
    }

    @Test
    void aMajorityThatGetsNoAnswerIsFilledUpWithAWitnessAndReset() {
        assertThat(Steward.decide(waiting(true, 2, true, 3_000))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(waiting(true, 2, true, 4_500))).isEqualTo(StewardAction.ADD_WITNESS);
        assertThat(Steward.decide(waiting(true, 3, true, 4_500))).isEqualTo(StewardAction.RESET);
    }

    @Test
    void aFormationThatHangsGetsAWitnessAndIsNotReset() {
        assertThat(Steward.decide(waiting(true, 2, false, 5_000))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(waiting(true, 2, false, 6_500))).isEqualTo(StewardAction.ADD_WITNESS);
        assertThat(Steward.decide(waiting(true, 3, false, 6_500))).isEqualTo(StewardAction.NONE);
    }

    /** Nobody else can tell, and nothing else ends it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMemberThatHasNoPartInTheAgreementForLongAlthoughItIsWantedIsReplaced(boolean oldest) {
        assertThat(Steward.decide(excluded(oldest, 1, 44_000))).isNotEqualTo(StewardAction.REPLACE_MEMBER);
        assertThat(Steward.decide(excluded(oldest, 45_001, 45_001))).as("it gets no answer").isEqualTo(StewardAction.REPLACE_MEMBER);
        assertThat(Steward.decide(excluded(oldest, 0, 44_000))).isEqualTo(StewardAction.PROMOTE_SELF);
        assertThat(Steward.decide(excluded(oldest, 0, 45_001))).as("it is not taken in").isEqualTo(StewardAction.REPLACE_MEMBER);
    }

    private static StewardView excluded(boolean oldest, long waitedMillis, long excludedMillis) {
        return new StewardView(true, true, oldest, 3, 3, 3, 3, true, waitedMillis, 0, false, false, false, 2, false, 0,
            excludedMillis);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4_500, 100_000})
    void onlyTheOldestActsForAll(long millis) {
        assertThat(Steward.decide(waiting(false, 2, true, millis))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(waiting(false, 3, true, millis))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(answering(false, true, 2, true, 0))).isEqualTo(StewardAction.NONE);
    }

    @Test
    void whoIsGoneIsRemovedBeforeAnybodyIsPromoted() {
        assertThat(Steward.decide(answering(true, false, 2, true, 0))).isEqualTo(StewardAction.REMOVE_GONE);
        assertThat(Steward.decide(answering(true, false, 2, false, 0))).isEqualTo(StewardAction.PROMOTE_SELF);
        assertThat(Steward.decide(answering(false, false, 2, false, 0))).isEqualTo(StewardAction.PROMOTE_SELF);
    }

    @Test
    void nobodyIsPromotedBeyondTheTarget() {
        assertThat(Steward.decide(answering(false, false, 3, false, 0))).isEqualTo(StewardAction.NONE);
    }

    @Test
    void aWitnessStaysUntilEnoughBrokersTakePart() {
        assertThat(Steward.decide(answering(true, true, 2, false, 1))).isEqualTo(StewardAction.NONE);
        assertThat(Steward.decide(answering(true, true, 3, false, 1))).isEqualTo(StewardAction.RETIRE_WITNESSES);
    }

    @Test
    void aMemberThatWasTakenOutOfTheConsensusWhileItRanIsReplaced() {
        StewardView expelled = new StewardView(true, true, false, 3, 3, 3, 3, true, 0, 0, false, false, true, 2, false, 0, 0);
        assertThat(Steward.decide(expelled)).isEqualTo(StewardAction.REPLACE_MEMBER);
    }
}
