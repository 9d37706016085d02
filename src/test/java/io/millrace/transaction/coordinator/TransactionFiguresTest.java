package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Step;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import io.millrace.transaction.state.Transitions;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TransactionFiguresTest {
    private static final int TIMEOUT_MS = 60_000;
    private static final int MOST_PARTITIONS = 10;
    private static final ProducerIdAndEpoch NAMED = ProducerIdAndEpoch.ofEpoch((short) 0);

    private final TransactionMachine machine = new TransactionMachine(3, 1_000);
    private long producerIds;

    private Transaction set(String id, Step step) {
        machine.replay(new TransactionKey.Id(id), step.next());
        return step.next();
    }

    private Transaction idle(String id, long nowMs) {
        return set(id, Transitions.init(null, TIMEOUT_MS, OptionalLong.of(producerIds++), nowMs));
    }

    private Transaction ongoing(String id, long nowMs) {
        return set(id, Transitions.addPartitions(idle(id, nowMs), NAMED, List.of(new TopicPartition("orders", 0)), MOST_PARTITIONS, nowMs));
    }

    private void prepared(String id, long nowMs) {
        set(id, Transitions.prepare(ongoing(id, nowMs - 1_000), NAMED, null, OptionalLong.empty(), nowMs));
    }

    private void decided(String id, long nowMs) {
        set(id, Transitions.end(ongoing(id, nowMs - 1_000), NAMED, TransactionResult.COMMIT, OptionalLong.empty(), nowMs));
    }

    private TransactionFigures figures(long nowMs) {
        return machine.figures(nowMs, (id, transaction) -> TransactionDescription.of(id, transaction, Collections.emptySortedSet(), 3));
    }

    private static List<String> ids(TransactionFigures figures) {
        return figures.longest().stream().map(TransactionDescription::transactionalId).toList();
    }

    @Test
    void transactionalIdsAreCountedByState() {
        idle("a", 0);
        idle("b", 0);
        ongoing("c", 0);
        prepared("d", 1_000);

        assertThat(figures(2_000).byState()).isEqualTo(Map.of(TransactionState.EMPTY, 2L, TransactionState.ONGOING, 1L,
                TransactionState.PREPARED, 1L));
    }

    @Test
    void whatIsPreparedOrDecidedHangsFromThenOnAndWhatGoesOnWhenItsTimeIsUp() {
        ongoing("ongoing", 0);
        prepared("prepared", 5_000);
        decided("decided", 7_000);

        assertThat(figures(14_999).hanging()).isZero();
        assertThat(ids(figures(15_000))).containsExactly("prepared");
        assertThat(ids(figures(17_000))).containsExactly("prepared", "decided");
        assertThat(ids(figures(TIMEOUT_MS + 9_999))).doesNotContain("ongoing");
        assertThat(ids(figures(TIMEOUT_MS + 10_000))).containsExactly("prepared", "decided", "ongoing");
        assertThat(figures(TIMEOUT_MS + 10_000).hanging()).isEqualTo(3);
    }

    @Test
    void theAgeOfTheOldestPreparedOneIsToldFromItsPreparationOn() {
        decided("decided", 1_000);
        assertThat(figures(30_000).preparedMs()).isZero();
        prepared("old", 5_000);
        prepared("young", 6_000);

        assertThat(figures(5_500).preparedMs()).as("before it counts as hanging").isEqualTo(500);
        assertThat(figures(30_000).preparedMs()).isEqualTo(25_000);
    }

    @Test
    void whereManyHangTheLongestAreNamedAndAllAreCounted() {
        for (int each = 0; each < TransactionFigures.MOST_NAMED + 5; each++) {
            prepared("id-" + each, 100_000 - each);
        }
        TransactionFigures figures = figures(200_000);

        assertThat(figures.hanging()).isEqualTo(TransactionFigures.MOST_NAMED + 5);
        assertThat(figures.longest()).hasSize(TransactionFigures.MOST_NAMED);
        assertThat(ids(figures)).startsWith("id-24", "id-23").endsWith("id-5");
    }

    @Test
    void whatTwoPartitionsSayIsSaidTogether() {
        prepared("a", 100_000);
        idle("b", 0);
        TransactionFigures first = figures(200_000);
        machine.replay(new TransactionKey.Id("a"), null);
        machine.replay(new TransactionKey.Id("b"), null);
        prepared("c", 90_000);
        TransactionFigures both = first.plus(figures(200_000));

        assertThat(both.byState()).isEqualTo(Map.of(TransactionState.EMPTY, 1L, TransactionState.PREPARED, 2L));
        assertThat(both.hanging()).isEqualTo(2);
        assertThat(both.preparedMs()).isEqualTo(110_000);
        assertThat(ids(both)).containsExactly("c", "a");
        assertThat(TransactionFigures.none(200_000).plus(first)).isEqualTo(first);
    }
}
