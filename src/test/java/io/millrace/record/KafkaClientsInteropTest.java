package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The field's own client library judges our batches, and we read what it wrote. */
class KafkaClientsInteropTest {
    private static final BatchValidator.Limits LIMITS = new BatchValidator.Limits(1 << 20, 1 << 22);

    @ParameterizedTest
    @EnumSource(Codec.class)
    void kafkaClientsReadWhatTheBuilderWrote(Codec codec) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        builder.append(1000, utf8("k0"), utf8("v0"), List.of(new Header("h", utf8("x")), new Header("h", null)));
        builder.append(900, null, utf8("an earlier timestamp"), List.of());
        builder.append(1100, utf8(""), null, List.of());
        builder.append(1000, utf8("big"), utf8("z".repeat(200_000)), List.of());
        ByteBuffer bytes = builder.build();
        RecordBatch.at(bytes).assign(42, 7);

        Iterator<MutableRecordBatch> batches = MemoryRecords.readableRecords(bytes).batches().iterator();
        MutableRecordBatch batch = batches.next();
        batch.ensureValid();
        assertThat(batches.hasNext()).isFalse();
        assertThat(batch.baseOffset()).isEqualTo(42);
        assertThat(batch.lastOffset()).isEqualTo(45);
        assertThat(batch.partitionLeaderEpoch()).isEqualTo(7);
        assertThat(batch.maxTimestamp()).isEqualTo(1100);
        assertThat(batch.compressionType().name).isEqualTo(codec.codecName());
        List<org.apache.kafka.common.record.internal.Record> records = new ArrayList<>();
        batch.forEach(record -> records.add(record));
        assertThat(records).hasSize(4);
        assertThat(text(records.get(0).key())).isEqualTo("k0");
        assertThat(records.get(0).headers()).containsExactly(
                new RecordHeader("h", "x".getBytes(StandardCharsets.UTF_8)), new RecordHeader("h", (byte[]) null));
        assertThat(records.get(1).hasKey()).isFalse();
        assertThat(records.get(1).timestamp()).isEqualTo(900);
        assertThat(records.get(2).hasValue()).isFalse();
        assertThat(records.get(2).key().remaining()).isZero();
        assertThat(records.get(3).valueSize()).isEqualTo(200_000);
        records.forEach(record -> record.ensureValid());
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void whatKafkaClientsWroteIsValidAndDecodes(Codec codec) {
        MemoryRecordsBuilder kafka = MemoryRecords.builder(ByteBuffer.allocate(1 << 16),
                Compression.of(CompressionType.forName(codec.codecName())).build(), TimestampType.CREATE_TIME, 0L);
        kafka.append(5L, bytes("key"), bytes("value"),
                new org.apache.kafka.common.header.Header[] {new RecordHeader("a", bytes("b"))});
        kafka.append(4L, null, bytes("q".repeat(5_000)));
        kafka.append(6L, bytes("tombstone"), null);
        ByteBuffer bytes = kafka.build().buffer();

        List<RecordBatch> batches = BatchValidator.validate(bytes, LIMITS);
        assertThat(batches).hasSize(1);
        assertThat(batches.get(0).codec()).isEqualTo(codec);
        List<Record> records = new ArrayList<>();
        batches.get(0).records().forEachRemaining(records::add);
        assertThat(records).extracting(Record::offset).containsExactly(0L, 1L, 2L);
        assertThat(records).extracting(Record::timestamp).containsExactly(5L, 4L, 6L);
        assertThat(text(records.get(0).key())).isEqualTo("key");
        assertThat(text(records.get(0).value())).isEqualTo("value");
        assertThat(records.get(0).headers()).containsExactly(new Header("a", utf8("b")));
        assertThat(records.get(1).key()).isNull();
        assertThat(text(records.get(1).value())).isEqualTo("q".repeat(5_000));
        assertThat(records.get(2).value()).isNull();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(bytes(text));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
