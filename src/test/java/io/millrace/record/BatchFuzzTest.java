package io.millrace.record;

import static io.millrace.record.BatchBytes.LIMITS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bytes changed at random, from a seed: a batch is refused with one of two exceptions, or all of it can be read. */
class BatchFuzzTest {
    private static final int ROUNDS = 5_000;

    @ParameterizedTest
    @EnumSource(Codec.class)
    void changedBytesAreRefusedOrReadToTheEnd(Codec codec) {
        List<ByteBuffer> seeds = List.of(BatchBytes.smallBatch(codec), withoutTheLarge(codec));
        int accepted = 0;
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(1_000_000L * codec.id() + round);
            ByteBuffer mutated = mutate(seeds.get(round % seeds.size()), random);
            if (validates(mutated, round)) {
                accepted++;
            } else {
                refused++;
            }
            readUnchecked(mutated, round);
        }
        assertThat(refused).as("refused").isGreaterThan(ROUNDS / 2);
        assertThat(accepted).as("accepted: the changes must not all fail at the first check").isPositive();
    }

    private static boolean validates(ByteBuffer bytes, int round) {
        List<RecordBatch> batches;
        try {
            batches = BatchValidator.validate(bytes, LIMITS);
        } catch (InvalidBatchException | BatchTooLargeException e) {
            assertThat(e.getMessage()).as("round %d", round).isNotBlank();
            return false;
        }
        for (RecordBatch batch : batches) {
            List<Record> records = BatchBytes.recordsOf(batch);
            assertThat(records).as("round %d", round).hasSize(batch.recordCount());
            assertThat(records.get(records.size() - 1).offset()).isEqualTo(batch.lastOffset());
        }
        return true;
    }

    /** As a log would after bit rot: whatever the bytes say, reading ends with an exception of ours or well. */
    private static void readUnchecked(ByteBuffer bytes, int round) {
        try {
            for (RecordBatch batch : RecordBatch.in(bytes)) {
                batch.records(LIMITS.maxUncompressedBytes()).forEachRemaining(
                    record -> assertThat(record.headers()).as("round %d", round).isNotNull());
            }
        } catch (InvalidBatchException | BatchTooLargeException e) {
            assertThat(e.getMessage()).as("round %d", round).isNotBlank();
        }
    }

    private static ByteBuffer mutate(ByteBuffer seed, Random random) {
        ByteBuffer bytes = BatchBytes.copy(seed);
        for (int change = random.nextInt(4); change >= 0; change--) {
            int at = random.nextInt(bytes.limit());
            switch (random.nextInt(5)) {
                case 0 -> bytes.put(at, (byte) random.nextInt());
                case 1 -> bytes.put(at, (byte) (bytes.get(at) ^ 1 << random.nextInt(8)));
                case 2 -> bytes.put(at, (byte) (random.nextBoolean() ? 0xFF : 0x80));
                case 3 -> bytes = without(bytes, at, Math.min(bytes.limit() - at, 1 + random.nextInt(8)));
                default -> bytes = with(bytes, at, 1 + random.nextInt(8), random);
            }
            if (bytes.limit() < RecordBatch.HEADER_BYTES) {
                return bytes;
            }
        }
        if (random.nextInt(4) > 0) {
            bytes.putInt(RecordBatch.LENGTH, bytes.limit() - RecordBatch.PREFIX_BYTES);
        }
        return random.nextInt(4) > 0 ? BatchBytes.fixChecksum(bytes) : bytes;
    }

    private static ByteBuffer without(ByteBuffer bytes, int at, int length) {
        return ByteBuffer.allocate(bytes.limit() - length).put(bytes.duplicate().limit(at))
            .put(bytes.duplicate().position(at + length)).flip();
    }

    private static ByteBuffer with(ByteBuffer bytes, int at, int length, Random random) {
        byte[] inserted = new byte[length];
        random.nextBytes(inserted);
        return ByteBuffer.allocate(bytes.limit() + length).put(bytes.duplicate().limit(at)).put(inserted)
            .put(bytes.duplicate().position(at)).flip();
    }

    private static ByteBuffer withoutTheLarge(Codec codec) {
        List<Record> records = new ArrayList<>(BatchBytes.shapes());
        records.removeIf(record -> record.value() != null && record.value().remaining() > 1_000);
        return BatchBytes.batchOf(codec, records);
    }
}
