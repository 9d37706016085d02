package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.offsets;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.file.TestFiles;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IndexTest {
    private static final int BATCHES = 600;
    private static final LogConfig DENSE = new LogConfig(30_000, Long.MAX_VALUE, -1, -1, 100,
        TimestampType.CREATE_TIME, FlushPolicy.OS);

    @TempDir
    Path root;

    /** What can become of an index file. */
    enum Harm {
        NONE, DELETED, EMPTIED, CUT_IN_THE_MIDDLE, CUT_IN_AN_ENTRY, ZEROED, RANDOM,
        LAST_ENTRY_WRONG, MIDDLE_ENTRY_WRONG;

        void strike(Path file) throws Exception {
            byte[] bytes = Files.readAllBytes(file);
            int middle = bytes.length / 2 / 24 * 24;
            switch (this) {
                case NONE -> { }
                case DELETED -> Files.delete(file);
                case EMPTIED -> Files.write(file, new byte[0]);
                case CUT_IN_THE_MIDDLE -> Files.write(file, java.util.Arrays.copyOf(bytes, middle));
                case CUT_IN_AN_ENTRY -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 3));
                case ZEROED -> Files.write(file, new byte[bytes.length]);
                case RANDOM -> {
                    new Random(7).nextBytes(bytes);
                    Files.write(file, bytes);
                }
                case LAST_ENTRY_WRONG -> {
                    bytes[bytes.length - 2] ^= 0x55;
                    Files.write(file, bytes);
                }
                case MIDDLE_ENTRY_WRONG -> {
                    bytes[middle + 6] ^= 0x15;
                    Files.write(file, bytes);
                }
                default -> throw new AssertionError(this);
            }
        }
    }

    @Test
    void theIndexesAreNotWrittenForEachAppend() {
        TestFiles files = new TestFiles();
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log(DENSE);
            for (int i = 0; i < BATCHES; i++) {
                test.append(log, batch(1000 + i * 10L, "a" + i, "b"));
            }
            assertThat(files.indexWrites.get()).isLessThan(BATCHES / 10);
            for (int i = 0; i < BATCHES; i++) {
                assertThat(offsets(log.read(2L * i, Long.MAX_VALUE, 1))).startsWith(2L * i);
                assertThat(log.offsetForTimestamp(1000 + i * 10L)).hasValue(new OffsetAndTimestamp(2L * i, 1000 + i * 10L));
            }
        }
    }

    private void fill() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(DENSE);
            for (int i = 0; i < BATCHES; i++) {
                test.append(log, batch(1000 + i * 10L, "a" + i, "b"));
            }
            assertThat(log.segmentCount()).isGreaterThan(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Harm.class)
    void everyOffsetAndTimestampIsFoundWhateverBecameOfTheIndexes(Harm harm) throws Exception {
        fill();
        for (String suffix : new String[] {".index", ".timeindex"}) {
            harm.strike(TestDirectory.segment(root, 0, suffix));
        }
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(DENSE);
            for (int i = 0; i < BATCHES; i++) {
                assertThat(offsets(log.read(2L * i, Long.MAX_VALUE, 1))).containsExactly(2L * i, 2L * i + 1);
                assertThat(log.offsetForTimestamp(1000 + i * 10L - 5))
                    .hasValue(new OffsetAndTimestamp(2L * i, 1000 + i * 10L));
            }
            assertThat(log.offsetForTimestamp(1000 + BATCHES * 10L)).isEmpty();
        }
    }

    @Test
    void rebuiltIndexesAreTheOnesThatWereThere() throws Exception {
        fill();
        Path index = TestDirectory.segment(root, 0, ".index");
        Path times = TestDirectory.segment(root, 0, ".timeindex");
        byte[] indexBefore = Files.readAllBytes(index);
        byte[] timesBefore = Files.readAllBytes(times);
        Files.delete(index);
        Files.delete(times);
        try (TestDirectory test = new TestDirectory(root)) {
            test.log(DENSE);
            assertThat(Files.readAllBytes(index)).isEqualTo(indexBefore);
            assertThat(Files.readAllBytes(times)).isEqualTo(timesBefore);
        }
    }

    @Test
    void entriesNameLastOffsetAndPositionOfABatchAtLeastAnIntervalApart() throws Exception {
        fill();
        ByteBuffer log = ByteBuffer.wrap(Files.readAllBytes(TestDirectory.segment(root, 0, ".log")));
        ByteBuffer index = ByteBuffer.wrap(Files.readAllBytes(TestDirectory.segment(root, 0, ".index")));
        assertThat(index.remaining()).isPositive();
        int previous = 0;
        while (index.hasRemaining()) {
            int relativeOffset = index.getInt();
            int position = index.getInt();
            assertThat(position - previous).isGreaterThan(DENSE.indexIntervalBytes());
            assertThat(RecordBatch.lastOffsetAt(log, position)).isEqualTo(relativeOffset);
            previous = position;
        }
        ByteBuffer times = ByteBuffer.wrap(Files.readAllBytes(TestDirectory.segment(root, 0, ".timeindex")));
        assertThat(times.remaining()).isPositive();
        long previousTimestamp = -1;
        while (times.hasRemaining()) {
            long timestamp = times.getLong();
            int relativeOffset = times.getInt();
            assertThat(timestamp).isGreaterThan(previousTimestamp).isEqualTo(1000 + relativeOffset / 2 * 10L);
            assertThat(relativeOffset % 2).as("last offset of its batch").isOne();
            previousTimestamp = timestamp;
        }
    }

    @Test
    void anIndexOfManyEntriesIsSearchedInSteps() {
        LogConfig config = new LogConfig(1 << 30, Long.MAX_VALUE, -1, -1, 0, TimestampType.CREATE_TIME, FlushPolicy.OS);
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(config);
            for (int i = 0; i < 50; i++) {
                ByteBuffer[] batches = new ByteBuffer[100];
                for (int j = 0; j < batches.length; j++) {
                    batches[j] = batch(i * 100L + j, "v");
                }
                test.append(log, batches);
            }
            for (long offset = 0; offset < 5000; offset++) {
                assertThat(offsets(log.read(offset, Long.MAX_VALUE, 1))).containsExactly(offset);
                assertThat(log.offsetForTimestamp(offset)).hasValue(new OffsetAndTimestamp(offset, offset));
            }
        }
    }
}
