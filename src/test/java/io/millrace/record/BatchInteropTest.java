package io.millrace.record;

import static io.millrace.record.BatchBytes.LIMITS;
import static io.millrace.record.BatchBytes.NOW;
import static io.millrace.record.BatchBytes.recordsOf;
import static io.millrace.record.BatchBytes.shapes;
import static io.millrace.record.BatchBytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The field's own record classes as the judge, in both directions. */
class BatchInteropTest {
    @ParameterizedTest
    @EnumSource(Codec.class)
    void whatTheBuilderWritesTheFieldReads(Codec codec) {
        ByteBuffer bytes = BatchBytes.batchOf(codec, shapes());
        RecordBatch.at(bytes).assign(1000, 6);

        List<MutableRecordBatch> batches = new ArrayList<>();
        MemoryRecords.readableRecords(bytes).batches().forEach(batches::add);

        assertThat(batches).hasSize(1);
        MutableRecordBatch batch = batches.get(0);
        batch.ensureValid();
        assertThat(batch.baseOffset()).isEqualTo(1000);
        assertThat(batch.lastOffset()).isEqualTo(1007);
        assertThat(batch.partitionLeaderEpoch()).isEqualTo(6);
        assertThat(batch.compressionType().id).isEqualTo((byte) codec.id());
        assertThat(batch.maxTimestamp()).isEqualTo(Long.MAX_VALUE / 2);
        assertThat(batch.hasProducerId()).isFalse();
        List<Record> read = new ArrayList<>();
        batch.forEach(record -> read.add(fromField(record, -1000)));
        assertThat(read).isEqualTo(shapes());
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void logAppendTimeIsReadByTheField(Codec codec) {
        ByteBuffer bytes = BatchBytes.smallBatch(codec);
        RecordBatch.at(bytes).setLogAppendTime(NOW + 99);

        MutableRecordBatch batch = MemoryRecords.readableRecords(bytes).batches().iterator().next();

        batch.ensureValid();
        assertThat(batch).allSatisfy(record -> assertThat(record.timestamp()).isEqualTo(NOW + 99));
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void whatTheFieldWritesIsReadAndPassesTheValidator(Codec codec) {
        ByteBuffer bytes = byField(codec, shapes());

        assertThat(recordsOf(RecordBatch.at(bytes))).isEqualTo(shapes());
        List<RecordBatch> valid = BatchValidator.validate(bytes, LIMITS);
        assertThat(valid).hasSize(1);
        assertThat(valid.get(0).codec()).isEqualTo(codec);
        assertThat(valid.get(0).lastOffset()).isEqualTo(7);
    }

    @Test
    void withoutCompressionBothWriteTheSameBytes() {
        ByteBuffer field = byField(Codec.NONE, shapes());

        assertThat(BatchBytes.batchOf(Codec.NONE, shapes())).isEqualTo(field);
    }

    @Test
    void producerStateAndControlRecordsAreReadByTheField() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(4711, (short) 3, 42).transactional();
        builder.append(NOW, utf8("k"), utf8("v"), List.of());

        MutableRecordBatch batch = MemoryRecords.readableRecords(builder.build()).batches().iterator().next();

        batch.ensureValid();
        assertThat(batch.producerId()).isEqualTo(4711);
        assertThat(batch.producerEpoch()).isEqualTo((short) 3);
        assertThat(batch.baseSequence()).isEqualTo(42);
        assertThat(batch.isTransactional()).isTrue();
        assertThat(batch.isControlBatch()).isFalse();
    }

    private static ByteBuffer byField(Codec codec, List<Record> records) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024),
            Compression.of(codec.codecName()).build(), org.apache.kafka.common.record.TimestampType.CREATE_TIME, 0);
        for (Record record : records) {
            builder.append(record.timestamp(), record.key(), record.value(), record.headers().stream()
                .map(header -> new RecordHeader(header.key(), Utils.toNullableArray(header.value())))
                .toArray(org.apache.kafka.common.header.Header[]::new));
        }
        return builder.build().buffer();
    }

    private static Record fromField(org.apache.kafka.common.record.internal.Record record, long shift) {
        List<Header> headers = new ArrayList<>();
        for (org.apache.kafka.common.header.Header header : record.headers()) {
            headers.add(new Header(header.key(), header.value() == null ? null : ByteBuffer.wrap(header.value())));
        }
        return new Record(record.offset() + shift, record.timestamp(), record.key(), record.value(), headers);
    }
}
