package io.millrace.record;

import static io.millrace.record.BatchBytes.NOW;
import static io.millrace.record.BatchBytes.recordsOf;
import static io.millrace.record.BatchBytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordBatchBuilderTest {
    @Test
    void theSizeIsToldBeforeARecordIsAppendedAndIsTheSizeOfTheBatch() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        assertThat(builder.sizeInBytes()).isEqualTo(RecordBatch.HEADER_BYTES);
        for (int round = 0; round < 20; round++) {
            for (Record record : BatchBytes.shapes()) {
                long told = builder.sizeInBytesWith(record.timestamp(), record.key(), record.value(),
                    record.headers());
                builder.append(record.timestamp(), record.key(), record.value(), record.headers());
                assertThat((long) builder.sizeInBytes()).isEqualTo(told);
            }
        }
        int size = builder.sizeInBytes();

        assertThat(builder.recordCount()).isEqualTo(160);
        assertThat(builder.build().remaining()).isEqualTo(size);
    }

    @Test
    void keysAndValuesAreCopiedAndTheirPositionsLeftAlone() {
        ByteBuffer value = utf8("--value--").position(2).limit(7);
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);

        builder.append(NOW, value, value, List.of(new Header("h", value)));
        assertThat(value.position()).isEqualTo(2);
        value.put(2, (byte) 'X');

        Record record = recordsOf(RecordBatch.at(builder.build())).get(0);
        assertThat(record.key()).isEqualTo(utf8("value"));
        assertThat(record.value()).isEqualTo(utf8("value"));
        assertThat(record.headers()).containsExactly(BatchBytes.header("h", "value"));
    }

    @Test
    void recordsWithoutTimestampMakeABatchWithoutTimestamp() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        builder.append(-1, null, utf8("a"), List.of());
        builder.append(-1, null, utf8("b"), List.of());

        ByteBuffer bytes = builder.build();

        assertThat(RecordBatch.at(bytes).maxTimestamp()).isEqualTo(-1);
        assertThat(recordsOf(RecordBatch.at(bytes))).extracting(Record::timestamp).containsExactly(-1L, -1L);
        assertThat(BatchValidator.validate(bytes, BatchBytes.LIMITS)).hasSize(1);
    }

    @Test
    void aTimestampBelowNoneIsRefusedAndTheBatchStaysAsItWas() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        assertThatThrownBy(() -> builder.append(-2, null, null, List.of()))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("-2");
        assertThat(builder.recordCount()).isZero();
        assertThat(builder.sizeInBytes()).isEqualTo(RecordBatch.HEADER_BYTES);
    }

    @Test
    void aBatchWithoutRecordsIsNotBuilt() {
        assertThatThrownBy(() -> new RecordBatchBuilder(Codec.GZIP).build())
            .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aControlBatchSaysSo() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(9, (short) 0, -1).transactional()
            .control();
        builder.append(NOW, ByteBuffer.wrap(new byte[] {0, 0, 0, 1}), ByteBuffer.allocate(6), List.of());

        RecordBatch batch = RecordBatch.at(builder.build());

        assertThat(batch.isControl()).isTrue();
        assertThat(batch.isTransactional()).isTrue();
        assertThat(batch.producerId()).isEqualTo(9);
    }
}
