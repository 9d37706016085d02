package io.millrace.log.compact;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CleanedTransactionsTest {
    private final CleanedTransactions transactions = new CleanedTransactions(Map.of());

    private static RecordBatch records(long offset, long producer) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(producer, (short) 0, 0).transactional();
        builder.append(1, null, ByteBuffer.allocate(1), List.of());
        return at(offset, builder.build());
    }

    private static RecordBatch marker(long offset, long producer, EndTransactionMarker.Type type) {
        return at(offset, new EndTransactionMarker(type, 1).batch(producer, (short) 0, 1));
    }

    private static RecordBatch commit(long offset, long producer) {
        return marker(offset, producer, EndTransactionMarker.Type.COMMIT);
    }

    private static RecordBatch control(long offset, long producer, int type) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE)
            .producer(producer, (short) 0, RecordBatch.NO_SEQUENCE).transactional().control();
        builder.append(1, ByteBuffer.allocate(4).putShort(2, (short) type), ByteBuffer.allocate(6), List.of());
        return at(offset, builder.build());
    }

    private static RecordBatch at(long offset, ByteBuffer bytes) {
        RecordBatch batch = RecordBatch.at(bytes);
        batch.assign(offset, 0);
        return batch;
    }

    @ParameterizedTest
    @EnumSource(EndTransactionMarker.Type.class)
    void aMarkerEndsWhatIsLeftOfItsProducersTransactionAndNothingTwice(EndTransactionMarker.Type type) {
        transactions.records(records(0, 7), true);
        transactions.records(records(1, 7), false);
        assertThat(transactions.endedBy(marker(2, 8, type))).isEqualTo(CleanedTransactions.Left.NOTHING);
        assertThat(transactions.endedBy(marker(3, 7, type))).isEqualTo(CleanedTransactions.Left.SOME);
        assertThat(transactions.endedBy(marker(4, 7, type))).isEqualTo(CleanedTransactions.Left.NOTHING);
    }

    @Test
    void recordsThatGoInThisPassAreToldFromThoseThatWereGone() {
        transactions.records(records(0, 7), false);
        assertThat(transactions.endedBy(commit(1, 7))).isEqualTo(CleanedTransactions.Left.GONE_NOW);
        transactions.records(records(2, 7), false);
        transactions.records(records(3, 7), true);
        assertThat(transactions.endedBy(commit(4, 7))).isEqualTo(CleanedTransactions.Left.SOME);
    }

    @Test
    void recordsOutsideOfTransactionsHoldNoMarker() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(7, (short) 0, 0);
        builder.append(1, null, ByteBuffer.allocate(1), List.of());
        transactions.records(at(0, builder.build()), true);
        assertThat(transactions.endedBy(commit(1, 7))).isEqualTo(CleanedTransactions.Left.NOTHING);
    }

    @Test
    void whatIsOpenInASnapshotIsEndedByTheFirstMarkerBehindIt() {
        CleanedTransactions withSnapshots = new CleanedTransactions(Map.of(2L, Set.of(7L), 5L, Set.of(8L)));
        assertThat(withSnapshots.endedBy(commit(1, 7))).as("before it").isEqualTo(CleanedTransactions.Left.NOTHING);
        assertThat(withSnapshots.endedBy(commit(2, 7))).isEqualTo(CleanedTransactions.Left.SOME);
        assertThat(withSnapshots.endedBy(commit(3, 7))).as("the second").isEqualTo(CleanedTransactions.Left.NOTHING);
        assertThat(withSnapshots.endedBy(commit(4, 8))).as("before it").isEqualTo(CleanedTransactions.Left.NOTHING);
        withSnapshots.records(records(6, 8), false);
        assertThat(withSnapshots.endedBy(commit(7, 8))).isEqualTo(CleanedTransactions.Left.SOME);
    }

    @Test
    void aControlBatchThatEndsNoTransactionStaysAndEndsNone() {
        transactions.records(records(0, 7), false);
        assertThat(transactions.endedBy(control(1, 7, 2))).isEqualTo(CleanedTransactions.Left.SOME);
        assertThat(transactions.endedBy(commit(2, 7))).isEqualTo(CleanedTransactions.Left.GONE_NOW);
    }
}
