package io.millrace.record;

import static io.millrace.record.BatchBytes.LIMITS;
import static io.millrace.record.BatchBytes.NOW;
import static io.millrace.record.BatchBytes.batchOver;
import static io.millrace.record.BatchBytes.fixChecksum;
import static io.millrace.record.BatchBytes.smallBatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BatchValidatorTest {
    @ParameterizedTest
    @EnumSource(Codec.class)
    void goodBatchesPassInTheirOrder(Codec codec) {
        ByteBuffer one = smallBatch(codec);
        ByteBuffer two = BatchBytes.batchOf(codec, BatchBytes.shapes());
        ByteBuffer both = ByteBuffer.allocate(one.remaining() + two.remaining()).put(one.duplicate())
            .put(two.duplicate()).flip();

        assertThat(BatchValidator.validate(both, LIMITS)).extracting(RecordBatch::recordCount).containsExactly(3, 8);
    }

    static Stream<Arguments> corruptedHeaders() {
        return Stream.of(
            corrupted("negative length", "length", b -> b.putInt(RecordBatch.LENGTH, -1)),
            corrupted("length shorter than a header", "length", b -> b.putInt(RecordBatch.LENGTH, 48)),
            corrupted("length beyond the bytes", "length", b -> b.putInt(RecordBatch.LENGTH, b.limit() - 11)),
            corrupted("length one too short", "checksum", b -> b.putInt(RecordBatch.LENGTH, b.limit() - 13)),
            corrupted("magic 0", "magic", b -> b.put(RecordBatch.MAGIC_BYTE, (byte) 0)),
            corrupted("magic 1", "magic", b -> b.put(RecordBatch.MAGIC_BYTE, (byte) 1)),
            corrupted("magic 3", "magic", b -> b.put(RecordBatch.MAGIC_BYTE, (byte) 3)),
            corrupted("codec 5", "codec id", attributes(5)),
            corrupted("codec 7", "codec id", attributes(7)),
            corrupted("codec that is not the records' own", "gzip", attributes(1)),
            corrupted("log append time", "timestamp type", attributes(0x08)),
            corrupted("transactional without a producer", "transactional batch without a producer id", attributes(0x10)),
            corrupted("control", "control", attributes(0x20)),
            corrupted("delete horizon", "0x40", attributes(0x40)),
            corrupted("highest attribute bit", "0x8000", attributes(0x8000)),
            corrupted("last offset delta too small", "last offset delta: found 1, allowed 2 only",
                b -> b.putInt(RecordBatch.LAST_OFFSET_DELTA, 1)),
            corrupted("last offset delta too large", "last offset delta",
                b -> b.putInt(RecordBatch.LAST_OFFSET_DELTA, 3)),
            corrupted("last offset delta negative", "last offset delta",
                b -> b.putInt(RecordBatch.LAST_OFFSET_DELTA, -1)),
            corrupted("base timestamp moved", "max timestamp",
                b -> b.putLong(RecordBatch.BASE_TIMESTAMP, NOW - 1)),
            corrupted("base timestamp overflowing", "timestamp delta",
                b -> b.putLong(RecordBatch.BASE_TIMESTAMP, Long.MAX_VALUE)),
            corrupted("base timestamp negative", "timestamp: found -5", b -> b.putLong(RecordBatch.BASE_TIMESTAMP, -5)),
            corrupted("max timestamp too large", "max timestamp", b -> b.putLong(RecordBatch.MAX_TIMESTAMP, NOW + 3)),
            corrupted("max timestamp too small", "max timestamp", b -> b.putLong(RecordBatch.MAX_TIMESTAMP, NOW)),
            corrupted("max timestamp negative", "max timestamp", b -> b.putLong(RecordBatch.MAX_TIMESTAMP, -1)),
            corrupted("producer id alone", "producer epoch: found -1, allowed 0 and above",
                b -> b.putLong(RecordBatch.PRODUCER_ID, 7)),
            corrupted("producer without a sequence", "base sequence: found -1, allowed 0 and above", producer(7, 0, -1)),
            corrupted("producer with a negative epoch", "producer epoch: found -2", producer(7, -2, 0)),
            corrupted("producer after a batch without one", "allowed -1 and -1 only", producer(7, 0, 0)),
            corrupted("negative producer id", "producer id", b -> b.putLong(RecordBatch.PRODUCER_ID, -2)),
            corrupted("producer epoch", "producer epoch", b -> b.putShort(RecordBatch.PRODUCER_EPOCH, (short) 0)),
            corrupted("base sequence", "base sequence", b -> b.putInt(RecordBatch.BASE_SEQUENCE, 1)),
            corrupted("no record", "record count", count(0)),
            corrupted("negative record count", "record count", count(-1)),
            corrupted("fewer records than there are", "bytes follow record 1", count(2)),
            corrupted("more records than there are", "the records end here", count(4)),
            corrupted("far more records than there are", "the records end here", count(Integer.MAX_VALUE)));
    }

    private static Arguments corrupted(String name, String message, Consumer<ByteBuffer> change) {
        return arguments(name, message, change);
    }

    private static Consumer<ByteBuffer> attributes(int bits) {
        return batch -> batch.putShort(RecordBatch.ATTRIBUTES, (short) bits);
    }

    private static Consumer<ByteBuffer> producer(long id, int epoch, int baseSequence) {
        return batch -> RecordBatch.at(batch).setProducer(id, (short) epoch, baseSequence);
    }

    private static Consumer<ByteBuffer> count(int count) {
        return batch -> batch.putInt(RecordBatch.RECORD_COUNT, count)
            .putInt(RecordBatch.LAST_OFFSET_DELTA, count - 1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("corruptedHeaders")
    void aWrongHeaderFieldIsNamedEvenWhenTheChecksumHolds(String name, String message, Consumer<ByteBuffer> change) {
        ByteBuffer first = smallBatch(Codec.NONE);
        ByteBuffer second = smallBatch(Codec.NONE);
        change.accept(second);
        fixChecksum(second);
        ByteBuffer both = ByteBuffer.allocate(first.remaining() + second.remaining()).put(first.duplicate())
            .put(second.duplicate()).flip();

        assertThatThrownBy(() -> BatchValidator.validate(both, LIMITS)).isInstanceOf(InvalidBatchException.class)
            .hasMessageStartingWith("batch 1 at byte " + first.remaining() + ": ").hasMessageContaining(message);
    }

    @Test
    void aWrongChecksumIsRefused() {
        ByteBuffer bytes = smallBatch(Codec.NONE);
        bytes.putInt(RecordBatch.CRC, bytes.getInt(RecordBatch.CRC) + 1);
        assertInvalid(bytes, "CRC-32C");
    }

    @Test
    void baseOffsetAndLeaderEpochMayBeAnythingBecauseTheAppendSetsThem() {
        ByteBuffer bytes = smallBatch(Codec.NONE);
        RecordBatch.at(bytes).assign(-77, 12);
        assertThat(BatchValidator.validate(bytes, LIMITS)).hasSize(1);
    }

    @Test
    void aBaseSequenceOfZeroWithoutProducerIdIsAnotherWayOfSayingNone() {
        ByteBuffer bytes = smallBatch(Codec.NONE);
        bytes.putInt(RecordBatch.BASE_SEQUENCE, 0);
        assertThat(BatchValidator.validate(fixChecksum(bytes), LIMITS)).hasSize(1);
    }

    /** Batches of three records each. */
    private static ByteBuffer request(List<Consumer<ByteBuffer>> producers) {
        ByteBuffer all = ByteBuffer.allocate(producers.size() * smallBatch(Codec.NONE).remaining());
        for (Consumer<ByteBuffer> producer : producers) {
            ByteBuffer batch = smallBatch(Codec.NONE);
            producer.accept(batch);
            all.put(batch);
        }
        return all.flip();
    }

    @Test
    void aBatchThatIsCountedIsAloneInItsRequest() {
        assertThat(BatchValidator.validate(request(List.of(producer(7, 3, 5))), LIMITS)).hasSize(1);
        assertInvalid(request(List.of(producer(7, 0, 5), producer(7, 0, 8))), "base sequence: found 8 in a batch behind another one:"
            + " send each batch that has a sequence in a request of its own");
        assertInvalid(request(List.of(producer(7, 0, 5), producer(7, 0, 5))), "base sequence: found 5 in a batch behind another one");
        assertThat(BatchValidator.validate(request(List.of(batch -> { }, batch -> { })), LIMITS)).hasSize(2);
    }

    @Test
    void batchesOfOneRequestAreOfOneProducer() {
        assertInvalid(request(List.of(producer(7, 0, 5), producer(8, 0, 8))), "producer: found id 8 and epoch 0, allowed 7 and 0");
        assertInvalid(request(List.of(producer(7, 0, 5), producer(7, 1, 8))), "producer: found id 7 and epoch 1, allowed 7 and 0");
        assertInvalid(request(List.of(producer(7, 0, 5), batch -> { })), "producer: found id -1 and epoch -1, allowed 7 and 0");
    }

    private static Consumer<ByteBuffer> inTransaction(int baseSequence) {
        return batch -> {
            RecordBatch.at(batch).setTransactional();
            RecordBatch.at(batch).setProducer(7, (short) 0, baseSequence);
        };
    }

    @Test
    void severalTransactionalBatchesLeaveTheirSequencesToTheLog() {
        assertThat(BatchValidator.validate(request(List.of(inTransaction(5))), LIMITS)).hasSize(1);
        assertThat(BatchValidator.validate(request(List.of(inTransaction(-1), inTransaction(-1))), LIMITS)).hasSize(2);

        assertInvalid(request(List.of(inTransaction(5), inTransaction(8))), "base sequence: found 8 in a batch behind another one");
        assertInvalid(request(List.of(inTransaction(5), inTransaction(-1))), "base sequence: found -1 in a batch behind another one");
        assertInvalid(request(List.of(inTransaction(-1), inTransaction(2))), "base sequence: found 2 in a batch behind another one");
        assertInvalid(request(List.of(inTransaction(5), producer(7, 0, 8))), "transactional batches and others");
        assertInvalid(request(List.of(producer(7, 0, 5), inTransaction(8))), "transactional batches and others");
        assertInvalid(request(List.of(inTransaction(-2))), "base sequence: found -2");
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void aRequestCutOffAtAnyByteIsRefused(Codec codec) {
        ByteBuffer bytes = smallBatch(codec);
        for (int end = 0; end < bytes.limit(); end++) {
            assertInvalid(bytes.duplicate().limit(end), "");
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void recordsCutOffAtAnyByteAreRefusedWhenLengthAndChecksumFit(Codec codec) {
        ByteBuffer bytes = smallBatch(codec);
        for (int end = RecordBatch.HEADER_BYTES; end < bytes.limit(); end++) {
            ByteBuffer cut = BatchBytes.copy(bytes.duplicate().limit(end));
            cut.putInt(RecordBatch.LENGTH, end - RecordBatch.PREFIX_BYTES);
            fixChecksum(cut);
            assertInvalid(cut, "");
        }
    }

    static Stream<Arguments> brokenRecords() {
        return Stream.of(
            arguments("length 0", "length: found 0, allowed at least 6", 1, bytes(0)),
            arguments("negative length", "length: found -1", 1, bytes(1)),
            arguments("length beyond the batch", "length: found 7, allowed at most 6", 1, bytes(14, 0, 0, 0, 1, 1, 0)),
            arguments("length one too long", "its length", 1, bytes(14, 0, 0, 0, 1, 1, 0, 0)),
            arguments("length varint of six bytes", "beyond 32 bits", 1, bytes(255, 255, 255, 255, 255, 0)),
            arguments("length varint of 33 bits", "beyond 32 bits", 1, bytes(128, 128, 128, 128, 16)),
            arguments("attributes", "attributes: found 1, allowed 0 only", 1, bytes(12, 1, 0, 0, 1, 1, 0)),
            arguments("timestamp varint of 65 bits", "beyond 64 bits", 1,
                bytes(30, 0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 2, 0, 1, 1, 0)),
            arguments("negative timestamp", "timestamp: found -2", 1, bytes(12, 0, 3, 0, 1, 1, 0)),
            arguments("first offset delta 1", "offset delta: found 1, allowed 0 to 0", 1,
                bytes(12, 0, 0, 2, 1, 1, 0)),
            arguments("negative offset delta", "offset delta: found -1", 1, bytes(12, 0, 0, 1, 1, 1, 0)),
            arguments("same offset delta twice", "offset delta: found 0, allowed 1 to 1", 2,
                bytes(12, 0, 0, 0, 1, 1, 0, 12, 0, 0, 0, 1, 1, 0)),
            arguments("offset delta with a gap", "record 1: offset delta: found 2, allowed 1 only", 3,
                bytes(12, 0, 0, 0, 1, 1, 0, 12, 0, 0, 4, 1, 1, 0, 12, 0, 0, 4, 1, 1, 0)),
            arguments("key length -2", "key length: found -2, allowed -1 to 2", 1, bytes(12, 0, 0, 0, 3, 1, 0)),
            arguments("key longer than the record", "key length: found 3, allowed -1 to 2", 1,
                bytes(12, 0, 0, 0, 6, 1, 0)),
            arguments("value length -2", "value length: found -2, allowed -1 to 1", 1, bytes(12, 0, 0, 0, 1, 3, 0)),
            arguments("value longer than the record", "value length: found 2, allowed -1 to 1", 1,
                bytes(12, 0, 0, 0, 1, 4, 0)),
            arguments("value that swallows the header count", "header count", 1, bytes(12, 0, 0, 0, 1, 2, 0)),
            arguments("negative header count", "header count: found -1, allowed 0 to 0", 1,
                bytes(12, 0, 0, 0, 1, 1, 1)),
            arguments("more headers than there is room for", "header count: found 1, allowed 0 to 0", 1,
                bytes(12, 0, 0, 0, 1, 1, 2)),
            arguments("null header key", "header key length: found -1, allowed 0 to 1", 1,
                bytes(16, 0, 0, 0, 1, 1, 2, 1, 1)),
            arguments("header value length -2", "header value length: found -2, allowed -1 to 0", 1,
                bytes(16, 0, 0, 0, 1, 1, 2, 0, 3)),
            arguments("header value beyond the record", "header value length: found 1", 1,
                bytes(16, 0, 0, 0, 1, 1, 2, 0, 2)),
            arguments("fewer headers than there are", "its length", 1, bytes(16, 0, 0, 0, 1, 1, 0, 0, 1)),
            arguments("a byte after the last record", "bytes follow record 0", 1, bytes(12, 0, 0, 0, 1, 1, 0, 0)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenRecords")
    void aBrokenRecordIsNamedWhetherCompressedOrNot(String name, String message, int count, byte[] records) {
        assertInvalid(batchOver(Codec.NONE, count, records), message);
        for (Codec codec : List.of(Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD)) {
            // A length that does not fit ends differently where the end of the bytes is not known beforehand.
            String expected = name.equals("length beyond the batch") ? "" : message;
            assertInvalid(batchOver(codec, count, compress(codec, records)), expected);
        }
    }

    @Test
    void theSmallestRecordIsValid() {
        assertThat(BatchValidator.validate(batchOver(Codec.NONE, 1, bytes(12, 0, 0, 0, 1, 1, 0)), LIMITS)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(value = Codec.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void garbageInsteadOfCompressedDataIsRefused(Codec codec) {
        assertInvalid(batchOver(codec, 1, new byte[0]), "");
        assertInvalid(batchOver(codec, 1, bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)), "");
    }

    @ParameterizedTest
    @EnumSource(value = Codec.class, mode = EnumSource.Mode.EXCLUDE, names = "GZIP")
    void bytesAfterTheCompressedDataAreRefused(Codec codec) {
        ByteBuffer good = smallBatch(codec);
        ByteBuffer longer = ByteBuffer.allocate(good.limit() + 5).put(good).put(bytes(9, 8, 7, 6, 5)).flip();
        longer.putInt(RecordBatch.LENGTH, longer.limit() - RecordBatch.PREFIX_BYTES);
        assertInvalid(fixChecksum(longer), "");
    }

    @Test
    void aBatchOverTheLimitIsToldApartFromABadOne() {
        ByteBuffer bytes = smallBatch(Codec.NONE);
        BatchValidator.Limits exact = new BatchValidator.Limits(bytes.limit(), bytes.limit());
        BatchValidator.Limits less = new BatchValidator.Limits(bytes.limit() - 1, bytes.limit());
        BatchValidator.Limits lessUncompressed = new BatchValidator.Limits(bytes.limit(), bytes.limit() - 1);

        assertThat(BatchValidator.validate(bytes, exact)).hasSize(1);
        for (BatchValidator.Limits limits : List.of(less, lessUncompressed)) {
            assertThatThrownBy(() -> BatchValidator.validate(bytes, limits))
                .isInstanceOf(BatchTooLargeException.class).hasMessageStartingWith("batch 0 at byte 0: ");
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void theUncompressedSizeCountsToTheByteWhateverTheCodec(Codec codec) {
        int uncompressed = smallBatch(Codec.NONE).limit();
        ByteBuffer bytes = smallBatch(codec);

        assertThat(BatchValidator.validate(bytes, new BatchValidator.Limits(1 << 20, uncompressed))).hasSize(1);
        assertThatThrownBy(() -> BatchValidator.validate(bytes, new BatchValidator.Limits(1 << 20, uncompressed - 1)))
            .isInstanceOf(BatchTooLargeException.class);
    }

    private static void assertInvalid(ByteBuffer bytes, String message) {
        assertThatThrownBy(() -> BatchValidator.validate(bytes, LIMITS)).isInstanceOf(InvalidBatchException.class)
            .hasMessageContaining(message);
    }

    private static byte[] compress(Codec codec, byte[] records) {
        VarintBytes out = new VarintBytes(64, 0);
        try (OutputStream compressor = codec.compress(out)) {
            compressor.write(records);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ByteBuffer compressed = out.asBuffer();
        byte[] exact = new byte[compressed.remaining()];
        compressed.get(exact);
        return exact;
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
