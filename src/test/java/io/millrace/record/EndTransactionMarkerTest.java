package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EndTransactionMarkerTest {
    @ParameterizedTest
    @EnumSource(EndTransactionMarker.Type.class)
    void aMarkerComesBackAsItWasWritten(EndTransactionMarker.Type type) {
        EndTransactionMarker marker = new EndTransactionMarker(type, 17);
        RecordBatch batch = RecordBatch.at(marker.batch(1L << 40, (short) 3, 1_000));

        assertThat(EndTransactionMarker.of(batch)).contains(marker);
        assertThat(batch.isControl()).isTrue();
        assertThat(batch.isTransactional()).isTrue();
        assertThat(batch.checksumMatches()).isTrue();
        assertThat(batch.producerId()).isEqualTo(1L << 40);
        assertThat(batch.producerEpoch()).isEqualTo((short) 3);
        assertThat(batch.baseSequence()).isEqualTo(RecordBatch.NO_SEQUENCE);
        assertThat(batch.recordCount()).isEqualTo(1);
        assertThat(batch.maxTimestamp()).isEqualTo(1_000);
    }

    @ParameterizedTest
    @EnumSource(EndTransactionMarker.Type.class)
    void kafkaClientsTakeItForTheirOwn(EndTransactionMarker.Type type) {
        ByteBuffer ours = new EndTransactionMarker(type, 17).batch(5, (short) 3, 1_000);
        RecordBatch.at(ours).assign(42, 7);

        Iterator<MutableRecordBatch> batches = MemoryRecords.readableRecords(ours.duplicate()).batches().iterator();
        MutableRecordBatch batch = batches.next();
        batch.ensureValid();
        assertThat(batches.hasNext()).isFalse();
        assertThat(batch.isControlBatch()).isTrue();
        assertThat(batch.isTransactional()).isTrue();
        assertThat(batch.producerId()).isEqualTo(5);
        assertThat(batch.producerEpoch()).isEqualTo((short) 3);
        org.apache.kafka.common.record.internal.Record record = batch.iterator().next();
        assertThat(ControlRecordType.parse(record.key())).isEqualTo(ControlRecordType.valueOf(type.name()));
        var marker = org.apache.kafka.common.record.internal.EndTransactionMarker.deserialize(record);
        assertThat(marker.controlType()).isEqualTo(ControlRecordType.valueOf(type.name()));
        assertThat(marker.coordinatorEpoch()).isEqualTo(17);
    }

    @ParameterizedTest
    @EnumSource(EndTransactionMarker.Type.class)
    void whatKafkaClientsWriteIsTheSameBytes(EndTransactionMarker.Type type) {
        ByteBuffer ours = new EndTransactionMarker(type, 17).batch(5, (short) 3, 1_000);
        RecordBatch.at(ours).assign(42, 7);
        ByteBuffer theirs = MemoryRecords.withEndTransactionMarker(42, 1_000, 7, 5, (short) 3,
            new org.apache.kafka.common.record.internal.EndTransactionMarker(ControlRecordType.valueOf(type.name()), 17)).buffer();

        assertThat(EndTransactionMarker.of(RecordBatch.at(theirs))).contains(new EndTransactionMarker(type, 17));
        assertThat(ours).isEqualTo(theirs);
    }

    @Test
    void recordsAndOtherControlBatchesAndEmptiedOnesAreNoMarkers() {
        RecordBatchBuilder records = new RecordBatchBuilder(Codec.NONE).producer(5, (short) 3, 0).transactional();
        records.append(1, ByteBuffer.allocate(4), ByteBuffer.allocate(6), List.of());
        RecordBatch emptied = EmptyBatch.emptied(RecordBatch.at(
            new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 1).batch(5, (short) 3, 1)));

        assertThat(EndTransactionMarker.of(RecordBatch.at(records.build()))).isEmpty();
        assertThat(EndTransactionMarker.of(control(new byte[] {0, 0, 0, 2}, new byte[6]))).isEmpty();
        assertThat(emptied.isControl()).isTrue();
        assertThat(EndTransactionMarker.of(emptied)).isEmpty();
    }

    @Test
    void aLaterVersionMayHaveMoreBehind() {
        assertThat(EndTransactionMarker.of(control(new byte[] {0, 1, 0, 1, 9}, new byte[] {0, 2, 0, 0, 0, 8, 1, 2, 3})))
            .contains(new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 8));
    }

    @Test
    void aDamagedRecordIsRefused() {
        byte[] key = {0, 0, 0, 1};
        for (RecordBatch damaged : List.of(control(new byte[] {0, 0, 0}, new byte[6]), control(null, new byte[6]),
                control(key, new byte[5]), control(key, null), control(new byte[] {-1, 0, 0, 1}, new byte[6]),
                control(key, new byte[] {-1, -1, 0, 0, 0, 0}))) {
            assertThatThrownBy(() -> EndTransactionMarker.of(damaged)).isInstanceOf(InvalidBatchException.class)
                .hasMessageContaining("control record");
        }
    }

    private static RecordBatch control(byte[] key, byte[] value) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(5, (short) 3, RecordBatch.NO_SEQUENCE)
            .transactional().control();
        builder.append(1, key == null ? null : ByteBuffer.wrap(key), value == null ? null : ByteBuffer.wrap(value), List.of());
        return RecordBatch.at(builder.build());
    }
}
