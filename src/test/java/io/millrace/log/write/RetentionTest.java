package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.sized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.SettableClock;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.segment.LogFolder;
import io.millrace.record.TimestampType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionTest {
    @TempDir
    Path root;

    private final SettableClock clock = new SettableClock(0);
    private TestDirectory test;

    @BeforeEach
    void open() {
        test = new TestDirectory(root, clock);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static LogConfig config(long segmentBytes, long retentionMillis, long retentionBytes) {
        return new LogConfig(segmentBytes, Long.MAX_VALUE, retentionMillis, retentionBytes, 4096,
            TimestampType.CREATE_TIME, FlushPolicy.COMMIT);
    }

    private void applyAt(long now) {
        clock.set(now);
        test.directory.applyRetention().join();
    }

    @Test
    void segmentsWhoseNewestRecordIsTooOldAreDeleted() {
        PartitionLog log = test.log(config(100, 1000, -1));
        for (int i = 0; i < 5; i++) {
            test.append(log, batch(i * 100, "v" + i));
        }
        applyAt(1100);
        assertThat(log.logStartOffset()).isEqualTo(1);
        applyAt(1301);
        assertThat(log.logStartOffset()).isEqualTo(4);
        assertThat(allValues(log, 4)).containsExactly("v4");
        assertThat(TestDirectory.segment(root, 0, ".log")).doesNotExist();
        assertThat(TestDirectory.segment(root, 0, ".index")).doesNotExist();
        assertThat(TestDirectory.segment(root, 0, ".timeindex")).doesNotExist();
        assertThatThrownBy(() -> log.read(0, Long.MAX_VALUE, 100)).isInstanceOf(OffsetOutOfRangeException.class)
            .hasMessageContaining("4 to 5");
    }

    @Test
    void anOldSegmentBehindAYoungOneStays() {
        PartitionLog log = test.log(config(100, 1000, -1));
        test.append(log, batch(5000, "young"));
        test.append(log, batch(10, "old"));
        test.append(log, batch(10, "old"));
        applyAt(5100);
        assertThat(log.logStartOffset()).isZero();
    }

    @Test
    void anExpiredActiveSegmentIsRolledAndDeletedAndOffsetsGoOn() {
        PartitionLog log = test.log(config(1000, 1000, -1));
        test.append(log, batch(10, "a", "b"));
        applyAt(1011);
        assertThat(log.logStartOffset()).isEqualTo(2);
        assertThat(log.logEndOffset()).isEqualTo(2);
        assertThat(log.sizeInBytes()).isZero();
        test.close();
        open();
        PartitionLog again = test.log(config(1000, 1000, -1));
        assertThat(again.logStartOffset()).isEqualTo(2);
        assertThat(test.append(again, batch(1011, "c")).baseOffset()).isEqualTo(2);
    }

    @Test
    void theOldestSegmentsGoWhileTheLogIsTooLargeButNeverTheActiveOne() {
        int size = sized(1, 500).remaining();
        PartitionLog log = test.log(config(size, -1, 2L * size));
        for (int i = 0; i < 6; i++) {
            test.append(log, sized(1, 500));
        }
        applyAt(1);
        assertThat(log.logStartOffset()).isEqualTo(4);
        assertThat(log.sizeInBytes()).isEqualTo(2L * size);
        log.reconfigure(config(size, -1, 0));
        applyAt(1);
        assertThat(log.logStartOffset()).isEqualTo(5);
        assertThat(log.segmentCount()).isEqualTo(1);
        assertThat(log.sizeInBytes()).isEqualTo(size);
    }

    @Test
    void withoutLimitsEverythingStays() {
        PartitionLog log = test.log(config(100, -1, -1));
        for (int i = 0; i < 5; i++) {
            test.append(log, batch(0, "v" + i));
        }
        applyAt(Long.MAX_VALUE / 2);
        assertThat(log.logStartOffset()).isZero();
        assertThat(log.segmentCount()).isEqualTo(5);
    }

    @Test
    void recordsWithoutTimestampsAreAsOldAsTheirFile() throws Exception {
        PartitionLog log = test.log(config(100, 1000, -1));
        test.append(log, batch(-1, "a"));
        test.append(log, batch(-1, "b"));
        Files.setLastModifiedTime(TestDirectory.segment(root, 0, ".log"), FileTime.fromMillis(5000));
        Files.setLastModifiedTime(TestDirectory.segment(root, 1, ".log"), FileTime.fromMillis(9000));
        applyAt(6001);
        assertThat(log.logStartOffset()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, 1_800_000_000_000_000L})
    void recordsFromTheFutureAreAsOldAsTheirFileAndHoldNothingUp(long timestamp) throws Exception {
        clock.set(5000);
        PartitionLog log = test.log(config(100, 1000, -1));
        test.append(log, batch(timestamp, "a"));
        test.append(log, batch(5000, "b"));
        test.append(log, batch(9000, "c"));
        Files.setLastModifiedTime(TestDirectory.segment(root, 0, ".log"), FileTime.fromMillis(5000));
        applyAt(6000);
        assertThat(log.logStartOffset()).isZero();
        applyAt(6001);
        assertThat(log.logStartOffset()).isEqualTo(2);
    }

    @Test
    void aSegmentThatBeginsInTheFutureIsRolledByTheServersClock() {
        clock.set(5000);
        PartitionLog log = test.log(new LogConfig(1 << 20, 1000, -1, -1, 4096, TimestampType.CREATE_TIME,
            FlushPolicy.COMMIT));
        test.append(log, batch(Long.MAX_VALUE, "a"));
        test.append(log, batch(Long.MAX_VALUE, "b"));
        test.append(log, batch(5000, "c"));
        assertThat(log.segmentCount()).isEqualTo(1);
        clock.set(6001);
        test.append(log, batch(6001, "d"));
        assertThat(log.segmentCount()).isEqualTo(2);
        test.append(log, batch(Long.MAX_VALUE, "e"));
        assertThat(log.segmentCount()).as("one odd timestamp does not roll").isEqualTo(2);
    }

    @Test
    void ageIsStillKnownAfterAReopen() {
        PartitionLog log = test.log(config(100, 1000, -1));
        test.append(log, batch(500, "a"));
        test.append(log, batch(1500, "b"));
        test.close();
        open();
        PartitionLog again = test.log(config(100, 1000, -1));
        applyAt(1501);
        assertThat(again.logStartOffset()).isEqualTo(1);
        applyAt(2501);
        assertThat(again.logStartOffset()).isEqualTo(2);
    }

    @Test
    void retentionMovesTheRecoveryPointToTheLogsEnd() throws Exception {
        PartitionLog log = test.log(config(1000, -1, -1));
        test.append(log, batch(1, "a", "b"));
        applyAt(1);
        assertThat(new LogFolder(root.resolve("orders-0"), new OpenFiles(10)).recoveryPoint()
            .read(SmallFilesTest::unexpected).offset()).isEqualTo(2);
    }

    @Test
    void leaderEpochsThatEndedBeforeTheLogsStartAreForgotten() {
        PartitionLog log = test.log(config(100, 1000, -1));
        test.directory.append(log, java.util.List.of(batch(0, "a")), 1).join();
        test.directory.append(log, java.util.List.of(batch(0, "b")), 3).join();
        test.directory.append(log, java.util.List.of(batch(2000, "c")), 4).join();
        applyAt(1500);
        assertThat(log.logStartOffset()).isEqualTo(2);
        assertThat(root.resolve("orders-0/leader-epoch-checkpoint")).content().startsWith("0\n1\n4 2\n");
    }
}
