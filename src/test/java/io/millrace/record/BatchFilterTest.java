package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A batch some of whose records are taken out: the others stay as they are. */
class BatchFilterTest {
    private static final long HORIZON = 50_000;
    private static final long MOST = 1 << 20;

    private static ByteBuffer utf8(String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static RecordBatch batch(Codec codec, long... timestamps) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        for (int i = 0; i < timestamps.length; i++) {
            builder.append(timestamps[i], utf8("key" + i), utf8("value" + i), List.of(new Header("h" + i, utf8("x"))));
        }
        RecordBatch batch = RecordBatch.at(builder.build());
        batch.assign(100, 3);
        return batch;
    }

    private static List<Record> records(RecordBatch batch) {
        List<Record> records = new ArrayList<>();
        batch.records().forEachRemaining(records::add);
        return records;
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void whatStaysKeepsOffsetTimestampKeyValueAndHeaders(Codec codec) {
        RecordBatch batch = batch(codec, 1000, 900, 1100, 950);
        List<Record> before = records(batch);
        BatchFilter.Outcome outcome = BatchFilter.filter(batch, (offset, key, value) -> offset % 2 == 1, HORIZON, MOST);
        RecordBatch left = outcome.batch();
        assertThat(outcome.retained()).isEqualTo(2);
        assertThat(outcome.removed()).isEqualTo(2);
        assertThat(left.checksumMatches()).isTrue();
        assertThat(left.baseOffset()).isEqualTo(100);
        assertThat(left.lastOffset()).isEqualTo(103);
        assertThat(left.leaderEpoch()).isEqualTo(3);
        assertThat(left.codec()).isEqualTo(codec);
        assertThat(left.baseTimestamp()).isEqualTo(900);
        assertThat(left.maxTimestamp()).isEqualTo(950);
        assertThat(records(left)).isEqualTo(List.of(before.get(1), before.get(3)));
    }

    @Test
    void aBatchOfWhichAllStaysIsTheSame() {
        RecordBatch batch = batch(Codec.LZ4, 1, 2);
        assertThat(BatchFilter.filter(batch, (offset, key, value) -> true, HORIZON, MOST).batch()).isSameAs(batch);
    }

    @Test
    void nothingIsLeftOfABatchOfWhichAllGoes() {
        BatchFilter.Outcome outcome = BatchFilter.filter(batch(Codec.NONE, 1, 2), (offset, key, value) -> false, HORIZON, MOST);
        assertThat(outcome.batch()).isNull();
        assertThat(outcome.removed()).isEqualTo(2);
    }

    @Test
    void timestampsTooFarFromEachOtherForADeltaStayReadable() {
        RecordBatch batch = batch(Codec.NONE, 5, -1, Long.MAX_VALUE);
        RecordBatch left = BatchFilter.filter(batch, (offset, key, value) -> offset > 100, HORIZON, MOST).batch();
        assertThat(records(left)).extracting(Record::timestamp).containsExactly(-1L, Long.MAX_VALUE);
    }

    @Test
    void aTombstoneThatStaysGetsAHorizonOnceAndTheBatchLosesItWithTheLastOne() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.ZSTD);
        builder.append(700, utf8("a"), null, List.of());
        builder.append(800, utf8("b"), utf8("value"), List.of());
        RecordBatch batch = RecordBatch.at(builder.build());
        assertThat(batch.deleteHorizon()).isEmpty();
        RecordBatch first = BatchFilter.filter(batch, (offset, key, value) -> true, HORIZON, MOST).batch();
        assertThat(first.deleteHorizon()).hasValue(HORIZON);
        assertThat(first.maxTimestamp()).isEqualTo(800);
        assertThat(records(first)).extracting(Record::timestamp).containsExactly(700L, 800L);
        assertThat(BatchFilter.filter(first, (offset, key, value) -> true, 2 * HORIZON, MOST).batch()).isSameAs(first);
        RecordBatch without = BatchFilter.filter(first, (offset, key, value) -> value != null, 2 * HORIZON, MOST).batch();
        assertThat(without.deleteHorizon()).isEmpty();
        assertThat(without.baseTimestamp()).isEqualTo(800);
        assertThat(records(without)).extracting(Record::timestamp).containsExactly(800L);
    }

    @Test
    void aMarkerThatStaysGetsAHorizonOnceAndSaysWhatItSaid() {
        EndTransactionMarker marker = new EndTransactionMarker(EndTransactionMarker.Type.ABORT, 3);
        RecordBatch batch = RecordBatch.at(marker.batch(7, (short) 1, 700));
        assertThat(BatchFilter.filter(batch, (offset, key, value) -> true, BatchFilter.NO_HORIZON, MOST).batch()).isSameAs(batch);
        RecordBatch waiting = BatchFilter.filter(batch, (offset, key, value) -> true, HORIZON, MOST).batch();
        assertThat(waiting.deleteHorizon()).hasValue(HORIZON);
        assertThat(waiting.maxTimestamp()).isEqualTo(700);
        assertThat(waiting.isControl() && waiting.isTransactional()).isTrue();
        assertThat(waiting.producerId()).isEqualTo(7);
        assertThat(waiting.producerEpoch()).isEqualTo((short) 1);
        assertThat(EndTransactionMarker.of(waiting)).contains(marker);
        assertThat(BatchFilter.filter(waiting, (offset, key, value) -> true, 2 * HORIZON, MOST).batch()).isSameAs(waiting);
    }

    @Test
    void aLogAppendTimeIsThatOfAllThatStays() {
        RecordBatch batch = batch(Codec.NONE, 10, 20, 30);
        batch.setLogAppendTime(77_000);
        RecordBatch left = BatchFilter.filter(batch, (offset, key, value) -> offset > 100, HORIZON, MOST).batch();
        assertThat(left.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(records(left)).extracting(Record::timestamp).containsExactly(77_000L, 77_000L);
    }

    @Test
    void anEmptyBatchHasNoRecordsAndCanBeMadeShorter() {
        RecordBatch empty = EmptyBatch.of(10, 19, 4, 77);
        assertThat(empty.checksumMatches()).isTrue();
        assertThat(empty.records().hasNext()).isFalse();
        RecordBatch part = EmptyBatch.within(empty, 12, 15);
        assertThat(part.baseOffset()).isEqualTo(12);
        assertThat(part.lastOffset()).isEqualTo(14);
        assertThat(part.leaderEpoch()).isEqualTo(4);
        assertThat(EmptyBatch.within(empty, 0, 100)).isSameAs(empty);
        assertThatIllegalArgumentException().isThrownBy(() -> EmptyBatch.within(batch(Codec.NONE, 1, 2), 101, 102));
    }
}
