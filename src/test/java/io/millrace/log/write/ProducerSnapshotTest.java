package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.OutOfOrderSequenceException;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import io.millrace.log.segment.LogFolder;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a log knows of its producers after a start, a kill, damage, and a new beginning, and the files that it knows it from. */
class ProducerSnapshotTest {
    private static final long PRODUCER = 7;

    @TempDir
    Path root;

    private final SettableClock clock = new SettableClock(100_000);

    private TestDirectory open() {
        return new TestDirectory(root.resolve("log"), clock);
    }

    private static AppendResult append(TestDirectory test, PartitionLog log, int sequence, int records) {
        return test.append(log, Sequenced.batch(PRODUCER, 0, sequence, records));
    }

    private static void assertOutOfOrder(TestDirectory test, PartitionLog log, ByteBuffer... batches) {
        long end = log.logEndOffset();
        assertThatThrownBy(() -> test.append(log, batches)).hasCauseInstanceOf(OutOfOrderSequenceException.class)
            .hasMessageContaining("producer " + PRODUCER).hasMessageContaining("topic orders, partition 0");
        assertThat(log.logEndOffset()).isEqualTo(end);
    }

    private List<Long> snapshots() throws IOException {
        return new LogFolder(root.resolve("log").resolve("orders-0"), new OpenFiles(10)).snapshots();
    }

    @ParameterizedTest
    @EnumSource(FlushPolicy.class)
    void aRestartKnowsTheLastFiveAppendsOfWhoeverWroteLately(FlushPolicy policy) throws IOException {
        List<AppendResult> answers = new ArrayList<>();
        for (int run = 0; run < 3; run++) {
            try (TestDirectory test = open()) {
                PartitionLog log = test.log(TestDirectory.flush(policy));
                for (int i = Math.max(0, answers.size() - 5); i < answers.size(); i++) {
                    assertThat(append(test, log, i, 1).baseOffset()).isEqualTo(answers.get(i).baseOffset());
                }
                for (int i = 0; i < 5; i++) {
                    answers.add(append(test, log, answers.size(), 1));
                    test.append(log, batch(1, "of somebody else"));
                }
                assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, answers.size() + 1, 1));
            }
            assertThat(snapshots()).endsWith(10L * (run + 1));
        }
    }

    @Test
    void aKillLosesNothingOfWhatIsKnown() {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            for (int i = 0; i < 20; i++) {
                append(test, log, i, 1);
            }
            Path copy = TestDirectory.copy(root.resolve("log"), root.resolve("killed"));
            try (TestDirectory after = new TestDirectory(copy, clock)) {
                PartitionLog found = after.log(TestDirectory.segmentBytes(300));
                for (int i = 15; i < 20; i++) {
                    assertThat(append(after, found, i, 1).baseOffset()).isEqualTo(i);
                }
                assertOutOfOrder(after, found, Sequenced.batch(PRODUCER, 0, 21, 1));
            }
        }
    }

    @Test
    void aKillAfterAKillLosesNothingAlthoughNoSegmentWasFullInBetween() {
        Path folder = root.resolve("log");
        for (int kills = 0; kills < 3; kills++) {
            Path before = folder;
            folder = root.resolve("killed" + kills);
            try (TestDirectory test = new TestDirectory(before, clock)) {
                PartitionLog log = test.log();
                assertThat(append(test, log, 0, 1).baseOffset()).isZero();
                test.append(log, batch(1, "of somebody else"));
                TestDirectory.copy(before, folder);
            }
        }
    }

    @Test
    void aLogWithoutSuchProducersHasNoSnapshots() throws IOException {
        for (int run = 0; run < 2; run++) {
            try (TestDirectory test = open()) {
                PartitionLog log = test.log(TestDirectory.segmentBytes(200));
                for (int i = 0; i < 10; i++) {
                    test.append(log, batch(1, "value"));
                }
                test.directory.truncateTo(log, 5).join();
                test.directory.applyRetention().join();
            }
        }
        assertThat(snapshots()).isEmpty();
    }

    @Test
    void aDamagedSnapshotIsPassedOverAndWhatIsBeforeItCounts() throws IOException {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            test.append(log, Sequenced.batch(8, 0, 0, 1));
            for (int i = 0; i < 20; i++) {
                append(test, log, i, 1);
            }
        }
        List<Long> offsets = snapshots();
        assertThat(offsets).hasSizeGreaterThan(3);
        for (int damaged = 1; damaged <= offsets.size(); damaged++) {
            Files.write(root.resolve("log/orders-0/%020d.snapshot".formatted(offsets.get(offsets.size() - damaged))),
                new byte[] {0, 1, 2});
            Path copy = TestDirectory.copy(root.resolve("log"), root.resolve("copy" + damaged));
            try (TestDirectory test = new TestDirectory(copy, clock)) {
                PartitionLog log = test.log(TestDirectory.segmentBytes(300));
                assertThat(test.append(log, Sequenced.batch(8, 0, 0, 1)).baseOffset()).isZero();
                assertThat(append(test, log, 19, 1).baseOffset()).isEqualTo(20);
                assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 21, 1));
            }
        }
    }

    @Test
    void aSnapshotOfWhatWasLostCountsForNothingWhenTheLogHasGrownAgain() throws IOException {
        LogConfig config = new LogConfig(300, Long.MAX_VALUE, -1, -1, 100, TimestampType.CREATE_TIME, FlushPolicy.OS);
        Path copy = root.resolve("copy");
        long lastSnapshot;
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(config);
            for (int i = 0; i < 20; i++) {
                append(test, log, i, 1);
            }
            lastSnapshot = snapshots().get(snapshots().size() - 1);
            TestDirectory.copy(root.resolve("log"), copy);
        }
        LogFolder folder = new LogFolder(copy.resolve("orders-0"), new OpenFiles(10));
        for (long segment : folder.segments().subList(2, folder.segments().size())) {
            Files.delete(folder.segmentFile(segment, LogFolder.LOG_SUFFIX));
        }
        long end = folder.segments().get(1) + 4;
        try (TestDirectory test = new TestDirectory(copy, clock)) {
            PartitionLog log = test.log(config);
            assertThat(log.logEndOffset()).isEqualTo(end);
            while (log.logEndOffset() <= lastSnapshot) {
                test.append(log, batch(1, "of somebody else"));
            }
        }
        try (TestDirectory test = new TestDirectory(copy, clock)) {
            PartitionLog log = test.log(config);
            test.directory.truncateTo(log, lastSnapshot).join();
            assertThat(append(test, log, (int) end, 1).baseOffset()).isEqualTo(lastSnapshot);
        }
    }

    @Test
    void aSnapshotBeforeTheFirstSegmentMakesNoGap() throws IOException {
        Path old;
        byte[] snapshot;
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            for (int i = 0; i < 8; i++) {
                append(test, log, i, 1);
                test.append(log, batch(1, "of somebody else"));
            }
            old = root.resolve("log/orders-0/%020d.snapshot".formatted(snapshots().get(0)));
            snapshot = Files.readAllBytes(old);
            for (int i = 0; i < 20; i++) {
                test.append(log, batch(1, "of somebody else"));
            }
            test.directory.deleteRecordsBefore(log, 30).join();
        }
        for (long offset : snapshots()) {
            Files.delete(root.resolve("log/orders-0/%020d.snapshot".formatted(offset)));
        }
        Files.write(old, snapshot);
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            assertThat(append(test, log, 8, 1).baseOffset()).isEqualTo(36);
        }
    }

    @ParameterizedTest
    @EnumSource(Truncation.class)
    void aLogThatBeginsAnewElsewhereKnowsNobody(Truncation kind) throws IOException {
        for (long offset : new long[] {3, 100}) {
            Path folder = root.resolve("log");
            try (TestDirectory test = open()) {
                PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                    TestDirectory.segmentBytes(300), Integer.MAX_VALUE);
                for (int i = 0; i < 20; i++) {
                    test.append(log, Sequenced.batch(PRODUCER, (int) offset, i, 1));
                }
                test.directory.beginAnew(log, offset, kind == Truncation.DAMAGED ? Truncation.UNCLEAN : kind).join();
                assertThat(snapshots()).isEmpty();
                assertThat(test.append(log, Sequenced.batch(PRODUCER, 0, 55, 1)).baseOffset()).isEqualTo(offset);
            }
            try (TestDirectory test = new TestDirectory(folder, clock)) {
                PartitionLog log = test.log(TestDirectory.segmentBytes(300));
                assertThat(test.append(log, Sequenced.batch(PRODUCER, 0, 55, 1)).baseOffset()).isEqualTo(offset);
            }
        }
    }

    @Test
    void snapshotsComeWithTheBatchesAndGoWithTheSegments() throws IOException {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(1 << 18));
            int batches = 3 * LogProducers.SNAPSHOT_INTERVAL;
            for (int i = 0; i < batches; i += 64) {
                List<CompletableFuture<AppendResult>> answers = new ArrayList<>();
                for (int j = i; j < i + 64; j++) {
                    answers.add(test.directory.append(log, List.of(Sequenced.batch(PRODUCER, 0, j, 1)), 0));
                }
                answers.forEach(CompletableFuture::join);
            }
            List<Long> found = snapshots();
            long bound = 2 + log.segmentCount();
            assertThat((long) found.size()).isBetween(log.segmentCount() - 1L, bound);
            assertThat(found.get(found.size() - 1)).isGreaterThan(batches - LogProducers.SNAPSHOT_INTERVAL - 64L);

            long cut = batches - 100;
            test.directory.truncateTo(log, cut).join();
            assertThat(append(test, log, batches - 101, 1).baseOffset()).isEqualTo(batches - 101);
            assertThat(append(test, log, batches - 100, 1).baseOffset()).isEqualTo(cut);
            test.directory.deleteRecordsBefore(log, cut).join();
            assertThat(snapshots()).hasSizeLessThanOrEqualTo(3);
        }
    }

    @Test
    void whereASegmentBeginsThereIsASnapshotAlsoAfterOneWasLost() throws IOException {
        List<Long> before;
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            for (int i = 0; i < 40; i++) {
                append(test, log, i, 1);
            }
            before = snapshots();
            assertThat(before).hasSizeGreaterThan(4);
        }
        for (long lost : before.subList(1, before.size())) {
            Files.delete(new LogFolder(root.resolve("log").resolve("orders-0"), new OpenFiles(10)).snapshotFile(lost));
        }
        try (TestDirectory test = open()) {
            test.log(TestDirectory.segmentBytes(300));
            assertThat(snapshots()).containsAll(before);
        }
    }

    @Test
    @Timeout(60)
    void aCutThatFindsNoRoomTakesNoSnapshotOfWhereASegmentBegins() throws IOException {
        TestFiles files = new TestFiles();
        try (TestDirectory test = new TestDirectory(root.resolve("log"), files)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            for (int i = 0; i < 40; i++) {
                append(test, log, i, 1);
            }
            List<Long> before = snapshots();
            assertThat(before).hasSizeGreaterThan(4);

            files.noSpaceFor = "recovery-point"; // the snapshot of what is known at the cut has found its place
            assertThatThrownBy(() -> test.directory.truncateTo(log, 2).join()).hasMessageContaining("No space left");
            files.noSpaceFor = null;
            while (test.directory.failure() != null) {
                Thread.onSpinWait();
            }

            append(test, log, 40, 1);
            assertThat(snapshots()).containsAll(before);
        }
    }
}
