package io.millrace.record;

import static io.millrace.record.BatchBytes.LIMITS;
import static io.millrace.record.BatchBytes.NOW;
import static io.millrace.record.BatchBytes.copy;
import static io.millrace.record.BatchBytes.recordsOf;
import static io.millrace.record.BatchBytes.shapes;
import static io.millrace.record.BatchBytes.smallBatch;
import static io.millrace.record.BatchBytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordBatchTest {
    @ParameterizedTest
    @EnumSource(Codec.class)
    void everyShapeOfRecordComesBackAsItWasWritten(Codec codec) {
        RecordBatch batch = RecordBatch.at(BatchBytes.batchOf(codec, shapes()));

        assertThat(recordsOf(batch)).isEqualTo(shapes());
        assertThat(batch.codec()).isEqualTo(codec);
        assertThat(batch.checksumMatches()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void directAndReadOnlyBuffersAreReadLikeHeapBuffers(Codec codec) {
        ByteBuffer bytes = BatchBytes.batchOf(codec, shapes());
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining() + 3).position(3);
        direct.put(bytes.duplicate()).flip().position(3);

        assertThat(recordsOf(RecordBatch.at(direct))).isEqualTo(shapes());
        assertThat(recordsOf(RecordBatch.at(bytes.asReadOnlyBuffer()))).isEqualTo(shapes());
        assertThat(RecordBatch.at(bytes.asReadOnlyBuffer()).checksumMatches()).isTrue();
        assertThat(BatchValidator.validate(direct, LIMITS)).hasSize(1);
        assertThat(direct.position()).as("the validator leaves the position").isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void recordsThatCrossTheWindowsOfTheDecoderStayWhole(Codec codec) {
        Random random = new Random(7);
        List<Record> records = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            byte[] value = new byte[random.nextInt(i % 50 == 0 ? 200_000 : 2_000)];
            random.nextBytes(value);
            records.add(new Record(i, NOW + random.nextInt(1000), utf8("key " + i), ByteBuffer.wrap(value), List.of()));
        }

        ByteBuffer bytes = BatchBytes.batchOf(codec, records);

        assertThat(recordsOf(RecordBatch.at(bytes))).isEqualTo(records);
        assertThat(BatchValidator.validate(bytes, LIMITS)).hasSize(1);
    }

    @Test
    void headerFieldsAreThoseTheBuilderWasGiven() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.ZSTD).producer(77, (short) 5, 1000).transactional();
        builder.append(NOW, null, utf8("a"), List.of());
        builder.append(NOW + 9, null, utf8("b"), List.of());
        builder.append(NOW + 3, null, utf8("c"), List.of());

        RecordBatch batch = RecordBatch.at(builder.build());

        assertThat(batch.baseOffset()).isZero();
        assertThat(batch.lastOffset()).isEqualTo(2);
        assertThat(batch.lastOffsetDelta()).isEqualTo(2);
        assertThat(batch.leaderEpoch()).isEqualTo(-1);
        assertThat(batch.magic()).isEqualTo((byte) 2);
        assertThat(batch.attributes()).isEqualTo((short) 0x14);
        assertThat(batch.codec()).isEqualTo(Codec.ZSTD);
        assertThat(batch.timestampType()).isEqualTo(TimestampType.CREATE_TIME);
        assertThat(batch.isTransactional()).isTrue();
        assertThat(batch.isControl()).isFalse();
        assertThat(batch.baseTimestamp()).isEqualTo(NOW);
        assertThat(batch.maxTimestamp()).isEqualTo(NOW + 9);
        assertThat(batch.producerId()).isEqualTo(77);
        assertThat(batch.producerEpoch()).isEqualTo((short) 5);
        assertThat(batch.baseSequence()).isEqualTo(1000);
        assertThat(batch.recordCount()).isEqualTo(3);
        assertThat(batch.sizeInBytes()).isEqualTo(batch.buffer().remaining());
    }

    @Test
    void assignmentMovesTheOffsetsAndLeavesTheChecksumTrue() {
        ByteBuffer bytes = smallBatch(Codec.NONE);
        RecordBatch batch = RecordBatch.at(bytes);
        long checksum = batch.checksum();

        batch.assign(5_000_000_000L, 12);

        assertThat(batch.checksum()).isEqualTo(checksum);
        assertThat(batch.checksumMatches()).isTrue();
        assertThat(batch.leaderEpoch()).isEqualTo(12);
        assertThat(batch.lastOffset()).isEqualTo(5_000_000_002L);
        assertThat(recordsOf(batch)).extracting(Record::offset)
            .containsExactly(5_000_000_000L, 5_000_000_001L, 5_000_000_002L);
        assertThat(bytes.getLong(0)).as("the view writes through").isEqualTo(5_000_000_000L);
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void logAppendTimeIsTheTimestampOfEveryRecord(Codec codec) {
        RecordBatch batch = RecordBatch.at(smallBatch(codec));

        batch.setLogAppendTime(NOW + 1234);

        assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(batch.codec()).isEqualTo(codec);
        assertThat(batch.checksumMatches()).isTrue();
        assertThat(batch.maxTimestamp()).isEqualTo(NOW + 1234);
        assertThat(recordsOf(batch)).extracting(Record::timestamp).containsOnly(NOW + 1234).hasSize(3);
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void whoMadeABatchIsWrittenIntoItsHeaderAndItsChecksum(Codec codec) {
        RecordBatch batch = RecordBatch.at(smallBatch(codec));

        batch.setProducer(1_000_000_007L, (short) 3, Integer.MAX_VALUE);

        assertThat(batch.producerId()).isEqualTo(1_000_000_007L);
        assertThat(batch.producerEpoch()).isEqualTo((short) 3);
        assertThat(batch.baseSequence()).isEqualTo(Integer.MAX_VALUE);
        assertThat(batch.checksumMatches()).isTrue();
        assertThat(batch.codec()).isEqualTo(codec);
        assertThat(recordsOf(batch)).hasSize(3);
    }

    @Test
    void aBufferOfBatchesIsWalkedAndACutOffBatchAtTheEndLeftOut() {
        ByteBuffer one = smallBatch(Codec.NONE);
        ByteBuffer two = smallBatch(Codec.GZIP);
        ByteBuffer both = ByteBuffer.allocate(one.remaining() + two.remaining()).put(one.duplicate())
            .put(two.duplicate()).flip();

        for (int end = 0; end <= both.capacity(); end++) {
            List<Codec> codecs = new ArrayList<>();
            for (RecordBatch batch : RecordBatch.in(both.duplicate().limit(end))) {
                codecs.add(batch.codec());
            }
            int whole = end == both.capacity() ? 2 : end >= one.remaining() ? 1 : 0;
            assertThat(codecs).isEqualTo(List.of(Codec.NONE, Codec.GZIP).subList(0, whole));
        }
    }

    @Test
    void aHeaderIsReadAtAnIndexWithoutAView() {
        ByteBuffer bytes = smallBatch(Codec.NONE);
        RecordBatch.at(bytes).assign(40, 1);
        ByteBuffer padded = ByteBuffer.allocate(bytes.remaining() + 10).put(10, bytes, 0, bytes.remaining());

        for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
            padded.order(order);
            assertThat(RecordBatch.sizeInBytesAt(padded, 10)).isEqualTo(bytes.remaining());
            assertThat(RecordBatch.baseOffsetAt(padded, 10)).isEqualTo(40);
            assertThat(RecordBatch.lastOffsetAt(padded, 10)).isEqualTo(42);
            assertThat(RecordBatch.maxTimestampAt(padded, 10)).isEqualTo(NOW + 2);
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void aCompactedBatchIsReadFromDiskButNotTakenFromOutside(Codec codec) {
        ByteBuffer bytes = smallBatch(codec);
        bytes.putInt(RecordBatch.LAST_OFFSET_DELTA, 10);
        BatchBytes.fixChecksum(bytes);

        RecordBatch batch = RecordBatch.at(bytes);
        assertThat(recordsOf(batch)).hasSize(3);
        assertThat(batch.lastOffset()).isEqualTo(10);
        assertThatThrownBy(() -> BatchValidator.validate(bytes, LIMITS)).isInstanceOf(InvalidBatchException.class);
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void anEmptyBatchIsReadFromDiskButNotTakenFromOutside(Codec codec) {
        ByteBuffer bytes = BatchBytes.batchOver(codec, 0, new byte[0]);
        bytes.putInt(RecordBatch.LAST_OFFSET_DELTA, 4);
        BatchBytes.fixChecksum(bytes);

        assertThat(recordsOf(RecordBatch.at(bytes))).isEmpty();
        assertThat(RecordBatch.at(bytes).lastOffset()).isEqualTo(4);
        assertThatThrownBy(() -> BatchValidator.validate(bytes, LIMITS)).isInstanceOf(InvalidBatchException.class)
            .hasMessageContaining("record count");
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void anIteratorCanBeGivenUpAndBounded(Codec codec) {
        ByteBuffer bytes = BatchBytes.batchOf(codec, shapes());

        RecordIterator givenUp = RecordBatch.at(bytes).records();
        assertThat(givenUp.next().key()).isEqualTo(utf8("key"));
        givenUp.close();
        assertThat(givenUp.hasNext()).isFalse();

        assertThatThrownBy(() -> RecordBatch.at(bytes).records(100_000).forEachRemaining(record -> { }))
            .isInstanceOf(BatchTooLargeException.class).hasMessageContaining("allowed 100000");
    }

    @Test
    void anyFlippedBitBehindTheChecksumIsSeen() {
        ByteBuffer bytes = smallBatch(Codec.NONE);
        for (int bit = RecordBatch.CRC * 8; bit < bytes.limit() * 8; bit++) {
            ByteBuffer flipped = copy(bytes);
            flipped.put(bit / 8, (byte) (flipped.get(bit / 8) ^ 1 << bit % 8));
            assertThat(RecordBatch.at(flipped).checksumMatches()).as("bit %d", bit).isFalse();
        }
    }
}
