package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimestampLookupTest {
    @TempDir
    Path root;

    private TestDirectory test;

    @BeforeEach
    void open() {
        test = new TestDirectory(root);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static ByteBuffer batchOf(Codec codec, long... timestamps) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        for (long timestamp : timestamps) {
            builder.append(timestamp, null, ByteBuffer.allocate(3), List.of());
        }
        return builder.build();
    }

    @Test
    void theFirstRecordInOffsetOrderIsFoundAndNotTheNearestInTime() {
        PartitionLog log = test.log();
        test.append(log, batchOf(Codec.NONE, 100, 300, 200));
        test.append(log, batchOf(Codec.GZIP, 250, 150));
        assertThat(log.offsetForTimestamp(0)).hasValue(new OffsetAndTimestamp(0, 100));
        assertThat(log.offsetForTimestamp(200)).hasValue(new OffsetAndTimestamp(1, 300));
        assertThat(log.offsetForTimestamp(300)).hasValue(new OffsetAndTimestamp(1, 300));
        assertThat(log.offsetForTimestamp(301)).isEmpty();
    }

    @Test
    void recordsBelowTheLogStartAreNotFound() {
        PartitionLog log = test.log();
        test.append(log, batchOf(Codec.NONE, 100, 300, 200));
        test.append(log, batchOf(Codec.NONE, 250));
        test.directory.deleteRecordsBefore(log, 2).join();
        assertThat(log.offsetForTimestamp(100)).hasValue(new OffsetAndTimestamp(2, 200));
        assertThat(log.offsetForTimestamp(201)).hasValue(new OffsetAndTimestamp(3, 250));
        assertThat(log.offsetForTimestamp(260)).isEmpty();
    }

    @Test
    void anEmptyLogAndOneWithoutTimestampsFindNothing() {
        PartitionLog log = test.log();
        assertThat(log.offsetForTimestamp(0)).isEmpty();
        test.append(log, batch(-1, "a"));
        assertThat(log.offsetForTimestamp(0)).isEmpty();
    }

    @Test
    void everyLookUpIsThatOfALinearSearchAlsoAfterAReopen() {
        LogConfig config = new LogConfig(4000, Long.MAX_VALUE, -1, -1, 200, TimestampType.CREATE_TIME, FlushPolicy.OS);
        PartitionLog log = test.log(config);
        Random random = new Random(11);
        List<Long> timestamps = new ArrayList<>();
        long now = 1000;
        for (int i = 0; i < 300; i++) {
            long[] batch = new long[1 + random.nextInt(4)];
            for (int j = 0; j < batch.length; j++) {
                now += random.nextInt(20);
                batch[j] = Math.max(0, now - random.nextInt(60));
                timestamps.add(batch[j]);
            }
            test.append(log, batchOf(Codec.NONE, batch));
        }
        assertFinds(log, timestamps, now);
        test.close();
        open();
        assertFinds(test.log(config), timestamps, now);
    }

    private static void assertFinds(PartitionLog log, List<Long> timestamps, long now) {
        for (long target = 900; target < now + 5; target += 3) {
            Optional<OffsetAndTimestamp> expected = Optional.empty();
            for (int offset = 0; offset < timestamps.size() && expected.isEmpty(); offset++) {
                if (timestamps.get(offset) >= target) {
                    expected = Optional.of(new OffsetAndTimestamp(offset, timestamps.get(offset)));
                }
            }
            assertThat(log.offsetForTimestamp(target)).as("at %d", target).isEqualTo(expected);
        }
    }
}
