package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.CoordinatorStatus.State;
import io.millrace.coordinator.LoadProgress;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoordinatorNotesTest {
    private static final LoadProgress HALF_WAY = new LoadProgress(10, 50, 90, 40, 7);

    private static CoordinatorNotes notes(CoordinatorStatus... led) {
        return new CoordinatorNotes("__consumer_offsets", List.of(led));
    }

    @Test
    void onlyPartitionsThatAreServedCount() {
        CoordinatorNotes notes = notes(new CoordinatorStatus(0, State.ACTIVE, 1, HALF_WAY, null),
                new CoordinatorStatus(1, State.LOADING, 1, HALF_WAY, null),
                new CoordinatorStatus(2, State.FAILED, 1, HALF_WAY, "it is broken"));

        assertThat(notes.summary()).isEqualTo("1 of 3 led partitions of __consumer_offsets");
    }

    @Test
    void aPartitionThatIsReadIsNamedWithHowFarThatHasCome() {
        CoordinatorNotes notes = notes(new CoordinatorStatus(0, State.ACTIVE, 1, HALF_WAY, null),
                new CoordinatorStatus(7, State.LOADING, 1, HALF_WAY, null));

        assertThat(notes.loading()).containsExactly("partition __consumer_offsets-7 is being read: offset 50 of 90");
        assertThat(notes.failures()).isEmpty();
    }

    @Test
    void aPartitionThatFailedIsNotedWithTheReason() {
        CoordinatorNotes notes = notes(new CoordinatorStatus(0, State.FAILED, 1, null, "it is broken"),
                new CoordinatorStatus(1, State.ACTIVE, 1, HALF_WAY, null));

        assertThat(notes.failures()).containsExactly("it is broken");
        assertThat(notes.loading()).isEmpty();
    }
}
