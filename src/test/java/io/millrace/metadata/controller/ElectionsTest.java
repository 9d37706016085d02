package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.Topic.Assignment;
import io.millrace.metadata.Topic.Move;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ElectionsTest {
    private static final Assignment WHOLE = new Assignment(1, 4, List.of(1, 2, 3), List.of(1, 2, 3));

    @Test
    void whereAllIsWellNothingChanges() {
        assertThat(Elections.reconcile(WHOLE, Set.of(1, 2, 3), true)).isEqualTo(WHOLE);
    }

    @Test
    void aDeadFollowerLeavesTheIsrAndTheEpochStays() {
        assertThat(Elections.reconcile(WHOLE, Set.of(1, 3), false))
                .isEqualTo(new Assignment(1, 4, List.of(1, 2, 3), List.of(1, 3)));
    }

    @Test
    void aDeadLeaderIsFollowedByTheFirstInSyncReplicaThatIsUpInANewEpoch() {
        assertThat(Elections.reconcile(WHOLE, Set.of(2, 3), false))
                .isEqualTo(new Assignment(2, 5, List.of(1, 2, 3), List.of(2, 3)));
        assertThat(Elections.reconcile(new Assignment(1, 4, List.of(1, 2, 3), List.of(1, 3)), Set.of(2, 3), false))
                .isEqualTo(new Assignment(3, 5, List.of(1, 2, 3), List.of(3)));
    }

    @Test
    void nobodyOutsideTheIsrIsElectedUnlessTheTopicSaysSo() {
        Assignment alone = new Assignment(1, 4, List.of(1, 2, 3), List.of(1));

        Assignment waiting = Elections.reconcile(alone, Set.of(2, 3), false);
        assertThat(waiting).isEqualTo(new Assignment(-1, 5, List.of(1, 2, 3), List.of(1)));
        assertThat(Elections.reconcile(waiting, Set.of(2, 3), false)).as("and stays so").isEqualTo(waiting);
        assertThat(Elections.outOfSync(waiting, Set.of(3, 2))).containsExactly(2, 3);
        assertThat(Elections.outOfSync(waiting, Set.of(1, 2))).as("an in-sync one is up").isEmpty();
        assertThat(Elections.outOfSync(alone, Set.of(2, 3))).as("there is a leader yet").isEmpty();
        assertThat(Elections.uncleanly(waiting, 3)).isEqualTo(new Assignment(3, 6, List.of(1, 2, 3), List.of(3), null, 6));
    }

    @Test
    void aDamagedReplicaIsFencedAlsoWhenItWasNotInSyncButLeavesNobodyWithoutALeader() {
        List<Integer> all = List.of(1, 2, 3);

        assertThat(Elections.fencedWithout(new Assignment(1, 4, all, List.of(1, 2)), 1, Set.of(1, 2)))
                .isEqualTo(new Assignment(2, 5, all, List.of(2)));
        assertThat(Elections.fencedWithout(new Assignment(1, 4, all, List.of(1, 2)), 2, Set.of(1, 2)))
                .isEqualTo(new Assignment(1, 5, all, List.of(1)));
        assertThat(Elections.fencedWithout(new Assignment(1, 4, all, List.of(1)), 3, Set.of(1, 3)))
                .isEqualTo(new Assignment(1, 5, all, List.of(1)));
        Assignment lastOneUp = new Assignment(1, 4, all, List.of(1, 2));
        assertThat(Elections.fencedWithout(lastOneUp, 1, Set.of(1))).isEqualTo(lastOneUp);
    }

    @Test
    void thatAnElectionWasUncleanIsRememberedByAllThatFollow() {
        Assignment unclean = Elections.uncleanly(new Assignment(-1, 4, List.of(1, 2, 3), List.of(1)), 2);
        Assignment later = Elections.withIsr(Elections.led(unclean, 3, List.of(2, 3)), List.of(3));

        assertThat(later.uncleanEpoch()).isEqualTo(5);
        assertThat(Elections.reassign(later, List.of(3, 4)).uncleanEpoch()).isEqualTo(5);
        assertThat(Elections.cancel(Elections.reassign(later, List.of(3, 4)), Set.of(3)).uncleanEpoch()).isEqualTo(5);
    }

    @Test
    void anInSyncReplicaThatComesBackLeadsAgain() {
        Assignment waiting = new Assignment(-1, 5, List.of(1, 2, 3), List.of(1, 2));

        assertThat(Elections.reconcile(waiting, Set.of(2), false))
                .isEqualTo(new Assignment(2, 6, List.of(1, 2, 3), List.of(2)));
    }

    @Test
    void thePreferredLeaderTakesOverOnlyWhenAskedToAndInSync() {
        Assignment other = new Assignment(2, 5, List.of(1, 2, 3), List.of(1, 2, 3));

        assertThat(Elections.reconcile(other, Set.of(1, 2, 3), false)).isEqualTo(other);
        assertThat(Elections.reconcile(other, Set.of(1, 2, 3), true))
                .isEqualTo(new Assignment(1, 6, List.of(1, 2, 3), List.of(1, 2, 3)));
        Assignment behind = new Assignment(2, 5, List.of(1, 2, 3), List.of(2, 3));
        assertThat(Elections.reconcile(behind, Set.of(1, 2, 3), true)).isEqualTo(behind);
    }

    @Test
    void aPartitionThatMovesHasTheReplicasOfBothUntilTheNewOnesAreInSync() {
        Assignment moving = Elections.reassign(WHOLE, List.of(4, 2));
        assertThat(moving).isEqualTo(new Assignment(1, 4, List.of(1, 2, 3, 4), List.of(1, 2, 3),
                new Move(List.of(1, 2, 3), List.of(4, 2))));
        assertThat(Elections.reconcile(moving, Set.of(1, 2, 3, 4), true)).isEqualTo(moving);

        Assignment arrived = Elections.withIsr(moving, List.of(1, 2, 3, 4));
        assertThat(Elections.reconcile(arrived, Set.of(1, 2, 3, 4), false))
                .isEqualTo(new Assignment(4, 5, List.of(4, 2), List.of(2, 4)));
    }

    @Test
    void aMoveThatIsCancelledLeavesTheReplicasThatThereWere() {
        Assignment moving = Elections.withIsr(Elections.reassign(WHOLE, List.of(4, 5)), List.of(1, 2, 3, 4));

        assertThat(Elections.cancel(moving, Set.of(1, 2, 3, 4))).isEqualTo(Elections.led(WHOLE, 1, WHOLE.isr()));
        assertThat(Elections.cancel(WHOLE, Set.of(1))).isEqualTo(WHOLE);
    }

    @Test
    void aMoveThatOnlyAddsReplicasLeavesTheEpochAndOneThatTakesSomeAwayDoesNot() {
        Assignment more = Elections.withIsr(Elections.reassign(WHOLE, List.of(1, 2, 3, 4)), List.of(1, 2, 3, 4));
        assertThat(Elections.reconcile(more, Set.of(1, 2, 3, 4), false))
                .isEqualTo(new Assignment(1, 4, List.of(1, 2, 3, 4), List.of(1, 2, 3, 4)));

        Assignment fewer = Elections.reassign(WHOLE, List.of(1, 2));
        assertThat(Elections.reconcile(fewer, Set.of(1, 2, 3), false))
                .as("what the third one fetched before must not count if it is a replica again")
                .isEqualTo(new Assignment(1, 5, List.of(1, 2), List.of(1, 2)));
    }

    @Test
    void aBrokerThatGivesItsReplicaUpHandsTheLeadershipToAnotherInSyncOne() {
        assertThat(Elections.without(WHOLE, 1, Set.of(1, 2, 3)))
                .isEqualTo(new Assignment(2, 5, List.of(1, 2, 3), List.of(2, 3)));
        assertThat(Elections.without(WHOLE, 3, Set.of(1, 2, 3)))
                .isEqualTo(new Assignment(1, 4, List.of(1, 2, 3), List.of(1, 2)));
        assertThat(Elections.without(new Assignment(1, 4, List.of(1, 2), List.of(1)), 1, Set.of(1, 2)))
                .as("the only one in sync stays so, and nobody leads")
                .isEqualTo(new Assignment(-1, 5, List.of(1, 2), List.of(1)));
    }
}
