package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.sized;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import io.millrace.log.segment.LogFolder;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentRollTest {
    @TempDir
    Path root;

    private final SettableClock clock = new SettableClock(1000);
    private final TestFiles files = new TestFiles();
    private TestDirectory test;

    @BeforeEach
    void open() {
        test = new TestDirectory(root, clock, LogObserver.NONE, files, TestDirectory.OPTIONS);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static LogConfig millis(long segmentMillis) {
        return new LogConfig(1 << 20, segmentMillis, -1, -1, 4096, TimestampType.CREATE_TIME, FlushPolicy.COMMIT);
    }

    @Test
    void aSegmentRollsBeforeItWouldPassItsBytes() {
        int size = sized(1, 100).remaining();
        PartitionLog log = test.log(TestDirectory.segmentBytes(2L * size));
        test.append(log, sized(1, 100));
        test.append(log, sized(1, 100));
        assertThat(log.segmentCount()).isEqualTo(1);
        test.append(log, sized(1, 100));
        assertThat(log.segmentCount()).isEqualTo(2);
        assertThat(TestDirectory.segment(root, 0, ".log")).hasSize(2L * size);
        assertThat(TestDirectory.segment(root, 2, ".log")).hasSize(size);
    }

    @Test
    void anAppendOfSeveralBatchesStaysInOneSegment() {
        int size = sized(1, 100).remaining();
        PartitionLog log = test.log(TestDirectory.segmentBytes(3L * size));
        test.append(log, sized(1, 100), sized(1, 100));
        test.append(log, sized(1, 100), sized(1, 100));
        assertThat(TestDirectory.segment(root, 0, ".log")).hasSize(2L * size);
        assertThat(TestDirectory.segment(root, 2, ".log")).hasSize(2L * size);
    }

    @Test
    void aSegmentRollsWhenARecordIsTooMuchNewerThanItsFirst() {
        PartitionLog log = test.log(millis(100));
        test.append(log, batch(1000, "a"));
        test.append(log, batch(1100, "b"));
        assertThat(log.segmentCount()).isEqualTo(1);
        test.append(log, batch(1101, "c"));
        assertThat(log.segmentCount()).isEqualTo(2);
    }

    @Test
    void theFirstTimestampIsStillKnownAfterAReopen() {
        test.append(test.log(millis(100)), batch(1000, "a"));
        test.close();
        open();
        PartitionLog log = test.log(millis(100));
        test.append(log, batch(1101, "b"));
        assertThat(log.segmentCount()).isEqualTo(2);
    }

    @Test
    void aSegmentWithoutTimestampsRollsByItsOwnAge() {
        PartitionLog log = test.log(millis(100));
        test.append(log, batch(-1, "a"));
        clock.advance(100);
        test.append(log, batch(-1, "b"));
        assertThat(log.segmentCount()).isEqualTo(1);
        clock.advance(1);
        test.append(log, batch(-1, "c"));
        assertThat(log.segmentCount()).isEqualTo(2);
    }

    @Test
    void anIdleSegmentRollsWithRetentionButAnEmptyOneDoesNot() {
        PartitionLog log = test.log(millis(100));
        test.append(log, batch(1000, "a"));
        clock.set(1101);
        test.directory.applyRetention().join();
        assertThat(log.segmentCount()).isEqualTo(2);
        clock.set(5000);
        test.directory.applyRetention().join();
        assertThat(log.segmentCount()).isEqualTo(2);
        assertThat(allValues(log, 0)).containsExactly("a");
    }

    @Test
    void aSegmentRollsBeforeAnOffsetIsTooFarFromItsBase() {
        PartitionLog log = test.log();
        test.append(log, batch(1, "a"));
        test.append(log, spanning(Integer.MAX_VALUE));
        assertThat(log.segmentCount()).isEqualTo(2);
        test.append(log, batch(1, "b"));
        assertThat(log.segmentCount()).isEqualTo(3);
        assertThat(log.logEndOffset()).isEqualTo(1L + (1L << 31) + 1);
        assertThat(Batches.values(log.read(1L + (1L << 31), Long.MAX_VALUE, 100))).containsExactly("b");
    }

    @Test
    void aRollForcesTheOldSegmentAndMovesTheRecoveryPoint() throws Exception {
        PartitionLog log = test.log(TestDirectory.segmentBytes(100));
        test.append(log, batch(1, "a"));
        test.append(log, batch(1, "b"));
        assertThat(log.segmentCount()).isEqualTo(2);
        assertThat(new LogFolder(root.resolve("orders-0"), new OpenFiles(10)).recoveryPoint()
            .read(SmallFilesTest::unexpected).offset()).isEqualTo(1);
    }

    @Test
    void withFlushOsAnOldSegmentIsForcedOnlyWhenTheSystemHasHadTheTimeToWriteIt() throws Exception {
        PartitionLog log = test.log(new LogConfig(100, Long.MAX_VALUE, -1, -1, 4096, TimestampType.CREATE_TIME,
            FlushPolicy.OS));
        int forcesBefore = files.logForces.get();
        test.append(log, batch(1, "a"));
        test.append(log, batch(1, "b"));
        assertThat(log.segmentCount()).isEqualTo(2);
        test.directory.applyRetention().join();
        assertThat(files.logForces).hasValue(forcesBefore);
        clock.advance(70_000);
        test.directory.applyRetention().join();
        assertThat(files.logForces).hasValue(forcesBefore + 1);
        assertThat(new LogFolder(root.resolve("orders-0"), new OpenFiles(10)).recoveryPoint()
            .read(SmallFilesTest::unexpected).offset()).isEqualTo(1);
    }

    /** A batch that says that it takes so many offsets more than its one. */
    private static ByteBuffer spanning(int lastOffsetDelta) {
        ByteBuffer batch = batch(1, "s");
        batch.putInt(23, lastOffsetDelta);
        CRC32C crc = new CRC32C();
        crc.update(batch.slice(21, batch.limit() - 21));
        return batch.putInt(17, (int) crc.getValue());
    }
}
