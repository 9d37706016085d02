package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.CommittedRecordsException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.ProducerLimits;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.FileAccess;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log knows of how far it is committed, and what it does and refuses because of that. */
class HighWatermarkTest {
    private static final String FILE = "replication-offset-checkpoint";
    private static final int SIZE = batch(0, "v0").remaining();
    private static final LogConfig CONFIG = TestDirectory.segmentBytes(2L * SIZE);
    private static final LogDirectory.Options OFTEN = new LogDirectory.Options(1 << 20, 100, 60_000, 0, 1,
        ProducerLimits.DEFAULT);

    @TempDir
    Path temp;
    private Path root;
    private final SettableClock clock = new SettableClock(0);
    private TestDirectory test;
    private int copies;

    @BeforeEach
    void open() {
        root = root == null ? temp.resolve("logs") : root;
        test = new TestDirectory(root, clock);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private void reopen() {
        test.close();
        open();
    }

    /** As after a kill at this moment. */
    private void crash() {
        Path copy = TestDirectory.copy(root, temp.resolve("crash" + copies++));
        test.close();
        root = copy;
        open();
    }

    private PartitionLog log(LogConfig config) {
        return test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, config, Integer.MAX_VALUE);
    }

    private PartitionLog fill(int batches) {
        PartitionLog log = log(CONFIG);
        for (int i = 0; i < batches; i++) {
            test.append(log, batch(i, "v" + i));
        }
        return log;
    }

    @Test
    void itRisesToTheLogsEndAndNeverGoesBack() {
        PartitionLog log = fill(4);
        assertThat(log.highWatermark()).isZero();
        log.raiseHighWatermark(3);
        log.raiseHighWatermark(1);
        assertThat(log.highWatermark()).isEqualTo(3);
        log.raiseHighWatermark(50);
        assertThat(log.highWatermark()).isEqualTo(4);
        test.append(log, batch(4, "v4"));
        assertThat(log.highWatermark()).isEqualTo(4);
    }

    @Test
    void aLogThatBeginsAnewBeforeItsStartKnowsOfNothingCommittedThere() {
        PartitionLog log = fill(4);
        log.raiseHighWatermark(4);
        test.directory.deleteRecordsBefore(log, 4).join();
        assertThat(test.directory.beginAnew(log, 0, Truncation.CLEAN)).failsWithin(Duration.ofSeconds(10))
                .withThrowableThat().withCauseInstanceOf(CommittedRecordsException.class);
        assertThat(log.logStartOffset()).isEqualTo(4);

        assertThat(test.directory.beginAnew(log, 0, Truncation.UNCLEAN).join()).isZero();
        assertThat(List.of(log.logStartOffset(), log.logEndOffset(), log.highWatermark())).containsOnly(0L);
        test.append(log, batch(0, "new"));
        crash();
        PartitionLog again = log(CONFIG);
        assertThat(again.logEndOffset()).isEqualTo(1);
        assertThat(again.highWatermark()).as("what came instead is not committed").isZero();
    }

    @Test
    void aCleanCutBehindDamageThatNobodyHasFoundTakesNothingCommitted() throws Exception {
        PartitionLog log = log(TestDirectory.CONFIG);
        for (int i = 0; i < 6; i++) {
            test.append(log, batch(i, "v" + i));
        }
        log.raiseHighWatermark(4);
        Path segment = TestDirectory.segment(root, 0, ".log");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[2 * SIZE + 16] = 9; // no such magic
        Files.write(segment, bytes);
        assertThat(test.directory.truncateTo(log, 5, Truncation.CLEAN)).failsWithin(Duration.ofSeconds(10))
            .withThrowableThat().withCauseInstanceOf(CommittedRecordsException.class);
        assertThat(log.logEndOffset()).isEqualTo(6);
        assertThat(log.highWatermark()).isEqualTo(4);
        bytes[2 * SIZE + 16] = 2;
        Files.write(segment, bytes);
        assertThat(test.directory.truncateTo(log, 5, Truncation.CLEAN).join()).isEqualTo(5);
        assertThat(allValues(log, 0)).containsExactly("v0", "v1", "v2", "v3", "v4");
    }

    @Test
    void aLogThatNobodyReplicatesIsCommittedToItsEnd() {
        PartitionLog log = test.log(CONFIG);
        test.append(log, batch(0, "a"));
        log.raiseHighWatermark(0);
        assertThat(log.highWatermark()).isEqualTo(1);
        assertThat(test.directory.truncateTo(log, 0).join()).isZero();
        assertThat(log.highWatermark()).isZero();
        test.close();
        assertThat(root.resolve(FILE)).doesNotExist();
    }

    @Test
    void raisesFromManyThreadsWhileTheLogIsCutNeverPassItsEnd() throws Exception {
        PartitionLog log = fill(1);
        AtomicLong above = new AtomicLong();
        Thread raiser = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                log.raiseHighWatermark(Long.MAX_VALUE);
            }
        });
        raiser.start();
        for (int i = 0; i < 200; i++) {
            test.append(log, batch(i, "v"));
            test.directory.truncateTo(log, 1, Truncation.UNCLEAN).join();
            above.set(Math.max(above.get(), log.highWatermark() - 1));
        }
        raiser.interrupt();
        raiser.join();
        assertThat(above).hasValue(0);
    }

    @Test
    void itIsKnownAgainAfterACleanStop() throws Exception {
        fill(4).raiseHighWatermark(3);
        PartitionLog other = test.directory.openReplicated("orders", 1, TestDirectory.TOPIC_ID, CONFIG,
            Integer.MAX_VALUE);
        test.append(other, batch(0, "a"));
        other.raiseHighWatermark(1);
        test.close();
        assertThat(Files.readAllLines(root.resolve(FILE))).startsWith("0", "2", "orders 0 3", "orders 1 1").hasSize(5);
        open();
        assertThat(log(CONFIG).highWatermark()).isEqualTo(3);
        reopen();
        assertThat(Files.readAllLines(root.resolve(FILE))).as("also of a log that was not opened")
            .contains("orders 1 1");
    }

    @Test
    void itIsNotedWhileTheServerRunsAlsoWhenNothingIsWrittenAnyMore() throws Exception {
        test.close();
        test = new TestDirectory(root, clock, LogObserver.NONE, FileAccess.DISK, OFTEN);
        PartitionLog log = fill(4);
        for (long mark = 1; mark <= 3; mark++) {
            log.raiseHighWatermark(mark);
            awaitEntry("orders 0 " + mark);
        }
        crash();
        assertThat(log(CONFIG).highWatermark()).isEqualTo(3);
    }

    private void awaitEntry(String entry) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!Files.exists(root.resolve(FILE)) || !Files.readString(root.resolve(FILE)).contains(entry)) {
            assertThat(System.nanoTime()).as(entry).isLessThan(until);
            Thread.sleep(1);
        }
    }

    @Test
    void aDamagedCheckpointIsNotBelieved() throws Exception {
        fill(4).raiseHighWatermark(2);
        test.close();
        Files.writeString(root.resolve(FILE), Files.readString(root.resolve(FILE)).replace("orders 0 2", "orders 0 3"));
        open();
        assertThat(log(CONFIG).highWatermark()).isZero();
    }

    @Test
    void whatIsNotThereAnyMoreIsNotCommitted() throws Exception {
        fill(4).raiseHighWatermark(4);
        test.close();
        Files.delete(TestDirectory.segment(root, 2, ".log"));
        Files.delete(root.resolve("orders-0/recovery-point-checkpoint"));
        open();
        assertThat(log(CONFIG).highWatermark()).isEqualTo(2);
    }

    @Test
    void aLogOfTheSameNameBeginsFromNothing() throws Exception {
        PartitionLog log = fill(4);
        log.raiseHighWatermark(4);
        test.directory.delete(log).join();
        assertThat(fill(4).highWatermark()).isZero();
        reopen();
        assertThat(log(CONFIG).highWatermark()).isZero();
        test.close();
        Path lost = root.resolve("orders-0");
        Files.move(lost, temp.resolve("lost"));
        open();
        assertThat(fill(2).highWatermark()).isZero();
    }

    // ---- retention and deletion

    private static LogConfig retention(long millis, long bytes) {
        return new LogConfig(SIZE, Long.MAX_VALUE, millis, bytes, 4096, TimestampType.CREATE_TIME, FlushPolicy.COMMIT);
    }

    private PartitionLog fillOneASegment(LogConfig config) {
        PartitionLog log = log(config);
        for (int i = 0; i < 5; i++) {
            test.append(log, batch(i, "v" + i));
        }
        return log;
    }

    @Test
    void retentionByTimeDeletesNothingThatIsNotCommitted() {
        PartitionLog log = fillOneASegment(retention(10, -1));
        clock.set(1000);
        test.directory.applyRetention().join();
        assertThat(log.logStartOffset()).isZero();
        log.raiseHighWatermark(3);
        test.directory.applyRetention().join();
        assertThat(log.logStartOffset()).isEqualTo(3);
        assertThat(allValues(log, 3)).containsExactly("v3", "v4");
        log.raiseHighWatermark(5);
        test.directory.applyRetention().join();
        assertThat(log.logStartOffset()).isEqualTo(5);
        assertThat(log.highWatermark()).isEqualTo(5);
    }

    @Test
    void retentionBySizeDeletesNothingThatIsNotCommitted() {
        PartitionLog log = fillOneASegment(retention(-1, 0));
        log.raiseHighWatermark(2);
        test.directory.applyRetention().join();
        assertThat(log.logStartOffset()).isEqualTo(2);
    }

    @Test
    void whereTheLeaderDecidesRetentionDeletesNothing() {
        PartitionLog log = fillOneASegment(retention(10, 0));
        log.raiseHighWatermark(5);
        log.upkeep().leaveRetentionToLeader(true);
        clock.set(1000);
        test.directory.applyRetention().join();
        assertThat(log.logStartOffset()).isZero();
        log.upkeep().leaveRetentionToLeader(false);
        test.directory.applyRetention().join();
        assertThat(log.logStartOffset()).isEqualTo(5);
    }

    @Test
    void recordsAreDeletedUpToTheHighWatermarkOnly() {
        PartitionLog log = fill(4);
        log.raiseHighWatermark(2);
        assertThatThrownBy(() -> test.directory.deleteRecordsBefore(log, 3).join())
            .hasCauseInstanceOf(OffsetOutOfRangeException.class).hasMessageContaining("0 to 2");
        assertThat(test.directory.deleteRecordsBefore(log, 2).join()).isEqualTo(2);
    }

    // ---- the leader's start

    @Test
    void aLeadersStartIsTakenOverWhateverIsKnownToBeCommitted() {
        PartitionLog log = fill(4);
        assertThat(test.directory.advanceLogStart(log, 3).join()).isEqualTo(3);
        assertThat(log.highWatermark()).isEqualTo(3);
        assertThat(allValues(log, 3)).containsExactly("v3");
        assertThat(TestDirectory.segment(root, 0, ".log")).doesNotExist();
        assertThat(test.directory.advanceLogStart(log, 1).join()).as("never back").isEqualTo(3);
        assertThat(test.directory.advanceLogStart(log, 4).join()).isEqualTo(4);
        assertThat(log.logEndOffset()).isEqualTo(4);
        crash();
        assertThat(log(CONFIG).logStartOffset()).isEqualTo(4);
    }

    @Test
    void beyondItsEndTheLogBeginsAnewAtTheLeadersStart() {
        PartitionLog log = fill(5);
        log.raiseHighWatermark(2);
        assertThat(test.directory.advanceLogStart(log, 100).join()).isEqualTo(100);
        assertThat(List.of(log.logStartOffset(), log.logEndOffset(), log.highWatermark())).containsOnly(100L);
        assertThat(log.segmentCount()).isEqualTo(1);
        assertThat(test.append(log, batch(9, "new")).baseOffset()).isEqualTo(100);
        crash();
        PartitionLog again = log(CONFIG);
        assertThat(allValues(again, 100)).containsExactly("new");
        assertThat(again.highWatermark()).isEqualTo(100);
    }

    // ---- truncation

    @Test
    void whatIsCommittedIsNotCutOffUnlessTheTruncationIsUncleanAndBothAreSaidLoudly() {
        PartitionLog log = fill(6);
        log.raiseHighWatermark(4);
        try (Recorded said = new Recorded()) {
            assertThatThrownBy(() -> test.directory.truncateTo(log, 3).join())
                .hasCauseInstanceOf(CommittedRecordsException.class).hasMessageContaining("topic orders, partition 0")
                .hasMessageContaining("offset 3").hasMessageContaining("high watermark, 4");
            assertThatThrownBy(() -> test.directory.truncateTo(log, 3).join());
            assertThat(said.errors).singleElement().asString().contains("topic orders, partition 0", "6", "to 3", "4");
            assertThat(log.logEndOffset()).isEqualTo(6);
            assertThat(log.highWatermark()).isEqualTo(4);
            assertThat(test.directory.truncateTo(log, 4).join()).isEqualTo(4);
            said.errors.clear();
            assertThat(test.directory.truncateTo(log, 3, Truncation.UNCLEAN).join()).isEqualTo(3);
            assertThat(said.errors).singleElement().asString().contains("topic orders, partition 0", "COMMITTED",
                "ends at 4", "back to 3", "high watermark, 4");
        }
        assertThat(log.highWatermark()).isEqualTo(3);
        assertThat(allValues(log, 0)).containsExactly("v0", "v1", "v2");
        reopen();
        assertThat(log(CONFIG).highWatermark()).isEqualTo(3);
    }

    @Test
    void aBatchThatReachesOverTheHighWatermarkTakesItWithIt() {
        PartitionLog log = fill(1);
        ByteBuffer three = batch(1, "a", "b", "c");
        test.append(log, three);
        log.raiseHighWatermark(2);
        assertThat(test.directory.truncateTo(log, 3).join()).isEqualTo(1);
        assertThat(log.highWatermark()).isEqualTo(1);
    }

    /** What the log says at the level of errors. */
    private static final class Recorded extends Handler implements AutoCloseable {
        private final List<String> errors = new ArrayList<>();
        private final Logger logger = Logger.getLogger("io.millrace.log");
        private final Level before = logger.getLevel();

        private Recorded() {
            logger.setLevel(Level.SEVERE);
            logger.setUseParentHandlers(false);
            logger.addHandler(this);
        }

        @Override
        public void publish(LogRecord line) {
            Object[] parameters = line.getParameters();
            errors.add(parameters == null ? line.getMessage()
                : java.text.MessageFormat.format(line.getMessage(), parameters));
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            logger.removeHandler(this);
            logger.setUseParentHandlers(true);
            logger.setLevel(before);
        }
    }
}
