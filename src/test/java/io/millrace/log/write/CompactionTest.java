package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.CommittedRecordsException;
import io.millrace.log.LogConfig;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.compact.LogCleaning.DamagedSegmentException;
import io.millrace.record.Codec;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What compaction takes out of a log, and what it leaves. */
class CompactionTest {
    /** Two batches of one small record each have room in a segment. */
    private static final long SEGMENT = 160;
    private static final long NOW = 1_000_000;

    @TempDir
    Path root;
    private final SettableClock clock = new SettableClock(NOW);

    private static void put(TestDirectory test, PartitionLog log, String... keysAndValues) {
        for (int i = 0; i < keysAndValues.length; i += 2) {
            test.append(log, Compacted.batch(NOW, keysAndValues[i], keysAndValues[i + 1]));
        }
    }

    @Test
    void theNewestRecordOfEachKeyStaysAndOlderOnesGo() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(SEGMENT));
            put(test, log, "a", "1", "b", "1", "a", "2", "c", "1", "a", "3", "z", "end");
            CompactionPass.Outcome outcome = Compacted.clean(test, log, NOW);
            assertThat(outcome.cleanedTo()).isEqualTo(4);
            assertThat(outcome.removed()).isEqualTo(1);
            assertThat(Compacted.keysAndOffsets(log)).containsExactly("b@1", "a@2", "c@3", "a@4", "z@5");
            assertThat(Compacted.table(Compacted.records(log))).isEqualTo(Map.of("a", "3", "b", "1", "c", "1", "z", "end"));
        }
    }

    @Test
    void everyOffsetCanBeReadFromAndTheEndIsReachedWhenWholeSegmentsAreGone() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(SEGMENT));
            for (int i = 0; i < 20; i++) {
                put(test, log, "a", "value " + i);
            }
            put(test, log, "z", "end");
            Compacted.clean(test, log, NOW);
            assertThat(log.logEndOffset()).isEqualTo(21);
            for (long from = 0; from < 21; from++) {
                long next = from;
                Record first = null;
                while (next < 21) {
                    for (RecordBatch batch : RecordBatch.in(log.read(next, Long.MAX_VALUE, 1))) {
                        assertThat(batch.baseOffset()).isLessThanOrEqualTo(next);
                        first = first == null && batch.recordCount() > 0 ? batch.records().next() : first;
                        next = batch.lastOffset() + 1;
                    }
                }
                assertThat(first).isNotNull();
                assertThat(log.passEmpty(from, 21)).isEqualTo(Math.max(from, first.offset()));
            }
        }
    }

    @Test
    void segmentsThatAreAlmostEmptyBecomeOne() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(SEGMENT));
            for (int i = 0; i < 100; i++) {
                put(test, log, "a", "v" + i);
            }
            int before = log.segmentCount();
            for (int i = 0; i < 10; i++) {
                Compacted.clean(test, log, NOW);
            }
            assertThat(before).isGreaterThan(40);
            assertThat(log.segmentCount()).isLessThanOrEqualTo(4);
            assertThat(Files.list(root.resolve("orders-0")).filter(file -> file.toString().endsWith(".log")).count())
                .isEqualTo(log.segmentCount());
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void whatStaysKeepsItsOffsetTimestampHeadersAndBytes(Codec codec) throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(300));
            test.append(log, Compacted.batch(codec, 5_000, "a", "old", "b", "stays", "c", "stays too", "a", "old as well"));
            test.append(log, Compacted.batch(codec, 9_000, "a", "new"));
            while (log.segmentCount() < 2) {
                test.append(log, Compacted.batch(codec, 9_500, "filler" + log.logEndOffset(), "x".repeat(50)));
            }
            Compacted.clean(test, log, NOW);
            List<Record> records = Compacted.records(log);
            assertThat(records.get(0)).satisfies(record -> {
                assertThat(record.offset()).isEqualTo(1);
                assertThat(record.timestamp()).isEqualTo(5_001);
                assertThat(Compacted.text(record.value())).isEqualTo("stays");
            });
            assertThat(records.get(1).offset()).isEqualTo(2);
            assertThat(records.get(1).timestamp()).isEqualTo(5_002);
            RecordBatch first = Compacted.batches(log).get(0);
            assertThat(first.baseOffset()).isZero();
            assertThat(first.lastOffset()).isEqualTo(3);
            assertThat(first.baseTimestamp()).isEqualTo(5_001);
            assertThat(first.maxTimestamp()).isEqualTo(5_002);
            assertThat(first.codec()).isEqualTo(codec);
            assertThat(first.checksumMatches()).isTrue();
        }
    }

    @Test
    void aTombstoneGoesSomeTimeAfterWhatItDeletes() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(SEGMENT));
            put(test, log, "a", "1", "a", null, "b", "1", "z", "1", "z", "2");
            Compacted.clean(test, log, NOW);
            assertThat(Compacted.keysAndOffsets(log)).startsWith("a@1", "b@2");
            RecordBatch tombstone = Compacted.batches(log).stream().filter(batch -> batch.lastOffset() == 1)
                .filter(batch -> batch.recordCount() == 1).findFirst().orElseThrow();
            assertThat(tombstone.deleteHorizon()).hasValue(NOW + Compacted.DELETE_RETENTION);
            assertThat(tombstone.records().next().timestamp()).isEqualTo(NOW);
            put(test, log, "y", "1", "y", "2");
            Compacted.clean(test, log, NOW + Compacted.DELETE_RETENTION - 1);
            assertThat(Compacted.keysAndOffsets(log)).contains("a@1");
            put(test, log, "y", "3", "y", "4");
            Compacted.clean(test, log, NOW + Compacted.DELETE_RETENTION);
            assertThat(Compacted.keysAndOffsets(log)).doesNotContain("a@1").contains("b@2");
        }
    }

    @Test
    void tombstonesOfAReplicatedLogStayUntilAllReplicasHaveThem() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                Compacted.config(SEGMENT), Integer.MAX_VALUE);
            put(test, log, "a", "1", "a", null, "b", "1", "z", "1", "z", "2");
            log.raiseHighWatermark(5);
            Compacted.clean(test, log, NOW);
            long later = NOW + 2 * Compacted.DELETE_RETENTION;
            Compacted.clean(test, log, later);
            assertThat(Compacted.keysAndOffsets(log)).contains("a@1").doesNotContain("a@0");
            log.upkeep().keepTombstones(false);
            Compacted.clean(test, log, later);
            assertThat(Compacted.keysAndOffsets(log)).doesNotContain("a@1").contains("b@2");
        }
    }

    @Test
    void nothingAboveTheHighWatermarkIsCleanedNorCountsAsNewer() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                Compacted.config(SEGMENT), Integer.MAX_VALUE);
            put(test, log, "a", "1", "b", "1", "a", "2", "b", "2", "a", "3", "b", "3", "z", "1");
            log.raiseHighWatermark(4);
            assertThat(Compacted.clean(test, log, NOW).cleanedTo()).isEqualTo(4);
            assertThat(Compacted.keysAndOffsets(log)).containsExactly("a@2", "b@3", "a@4", "b@5", "z@6");
        }
    }

    @Test
    void aMapThatIsTooSmallTakesSeveralPasses() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(2_000));
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 50; i++) {
                    put(test, log, "key" + i, "round " + round);
                }
            }
            put(test, log, "z", "x".repeat(2_000));
            long before = 0;
            int passes = 0;
            while (log.writable().compaction().cleanedOffset() < 100) {
                Compacted.clean(test, log, NOW, 24 * 30);
                assertThat(log.writable().compaction().cleanedOffset()).isGreaterThan(before);
                before = log.writable().compaction().cleanedOffset();
                passes++;
            }
            assertThat(passes).isGreaterThan(3);
            assertThat(Compacted.records(log)).hasSize(51);
        }
    }

    @Test
    void recordsWithoutKeyThatWereThereBeforeTheLogWasCompactedGo() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(SEGMENT));
            test.append(log, Batches.batch(NOW, "no key"));
            put(test, log, "a", "1", "b", "1", "z", "1");
            log.reconfigure(Compacted.config(SEGMENT));
            Compacted.clean(test, log, NOW);
            assertThat(Compacted.keysAndOffsets(log)).containsExactly("a@1", "b@2", "z@3");
        }
    }

    @Test
    void aLogIsDueByItsDirtyRatioOrBecauseARecordWaitedForTooLong() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            Compaction how = new Compaction(0.5, 0, 60_000, 0);
            PartitionLog log = test.log(Compacted.config(SEGMENT, how));
            put(test, log, "a", "1", "b", "1", "c", "1", "d", "1", "z", "1");
            assertThat(CleanableLog.of(log, how, NOW).isDue()).isTrue();
            Compacted.clean(test, log, NOW);
            assertThat(CleanableLog.of(log, how, NOW).isDue()).isFalse();
            put(test, log, "e", "1", "f", "1");
            CleanableLog little = CleanableLog.of(log, how, NOW);
            assertThat(little.dirtyRatio()).isBetween(0.2, 0.45);
            assertThat(little.isDue()).isFalse();
            assertThat(CleanableLog.of(log, how, NOW + 60_001).isDue()).isTrue();
        }
    }

    @Test
    void recordsYoungerThanTheMinimumLagAreLeft() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            Compaction how = new Compaction(0, 1_000, Long.MAX_VALUE, 0);
            PartitionLog log = test.log(Compacted.config(SEGMENT, how));
            put(test, log, "a", "1", "a", "2", "z", "1");
            assertThat(CleanableLog.of(log, how, NOW + 999).isDue()).isFalse();
            assertThat(CleanableLog.of(log, how, NOW + 1_000).isDue()).isTrue();
        }
    }

    @Test
    void anIdleSegmentIsRolledSoThatItCanBeCleaned() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(1 << 20, new Compaction(0.5, 0, 5_000, 0)));
            put(test, log, "a", "1", "a", "2");
            clock.advance(5_001);
            test.directory.applyRetention().join();
            assertThat(log.segmentCount()).isEqualTo(2);
            Compacted.clean(test, log, clock.millis());
            assertThat(Compacted.keysAndOffsets(log)).containsExactly("a@1");
        }
    }

    @Test
    void aCompactedLogIsNotShortenedByRetentionUnlessItsPolicySaysBoth() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            LogConfig compact = Compacted.config(SEGMENT);
            LogConfig old = new LogConfig(SEGMENT, Long.MAX_VALUE, 1_000, 1, 100, compact.timestampType(), compact.flush(),
                compact.cleanup());
            PartitionLog log = test.log(old);
            put(test, log, "a", "1", "b", "1", "c", "1");
            clock.advance(10_000);
            test.directory.applyRetention().join();
            assertThat(log.logStartOffset()).isZero();
            log.reconfigure(new LogConfig(SEGMENT, Long.MAX_VALUE, 1_000, 1, 100, compact.timestampType(), compact.flush(),
                new Cleanup(true, compact.cleanup().compaction())));
            test.directory.applyRetention().join();
            assertThat(log.logStartOffset()).isEqualTo(3);
        }
    }

    @Test
    void aCutIntoWhatWasCleanedTakesTheWholeLogBecauseOlderRecordsAreGone() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                Compacted.config(SEGMENT), Integer.MAX_VALUE);
            put(test, log, "a", "1", "b", "1", "a", "2", "b", "2", "z", "1");
            log.raiseHighWatermark(5);
            Compacted.clean(test, log, NOW);
            assertThatThrownBy(() -> test.directory.truncateTo(log, 3).join())
                .hasCauseInstanceOf(CommittedRecordsException.class);
            assertThat(test.directory.truncateTo(log, 3, Truncation.UNCLEAN).join()).isZero();
            assertThat(log.logEndOffset()).isZero();
            assertThat(log.writable().compaction().cleanedOffset()).isZero();
        }
    }

    @Test
    void anEmptyBatchOfTheLeaderThatReachesOverTheEndIsTakenFromThereOn() throws Exception {
        try (TestDirectory leader = new TestDirectory(root.resolve("leader"), clock);
                TestDirectory follower = new TestDirectory(root.resolve("follower"), clock)) {
            PartitionLog from = leader.log(Compacted.config(SEGMENT));
            PartitionLog to = follower.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                Compacted.config(SEGMENT), Integer.MAX_VALUE);
            put(leader, from, "a", "1", "a", "2", "a", "3");
            to.appendReplicated(from.read(0, 2, 1 << 20), 0).join();
            assertThat(to.logEndOffset()).isEqualTo(2);
            put(leader, from, "a", "4", "a", "5", "z", "1", "z", "2");
            Compacted.clean(leader, from, NOW);
            while (to.logEndOffset() < from.logEndOffset()) {
                to.appendReplicated(from.read(to.logEndOffset(), Long.MAX_VALUE, 1 << 20), 0).join();
            }
            assertThat(Compacted.table(Compacted.records(to))).isEqualTo(Compacted.table(Compacted.records(from)));
        }
    }

    @Test
    void aDamagedSegmentIsNotCleanedAndNothingIsTakenForClean() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(SEGMENT));
            put(test, log, "a", "1", "b", "1", "a", "2", "b", "2", "z", "1");
            try (RandomAccessFile file = new RandomAccessFile(TestDirectory.segment(root, 0, ".log").toFile(), "rw")) {
                file.seek(65);
                file.write(0x55);
            }
            assertThatThrownBy(() -> Compacted.clean(test, log, NOW)).isInstanceOf(DamagedSegmentException.class);
            assertThat(log.writable().compaction().cleanedOffset()).isZero();
            try (var files = Files.list(root.resolve("orders-0"))) {
                assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".cleaned") || name.endsWith(".swap"));
            }
        }
    }

    @Test
    void aReaderInTheMiddleOfASegmentThatIsReplacedGoesOn() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(2_000));
            for (int i = 0; i < 60; i++) {
                put(test, log, "key" + i % 7, "value " + i);
            }
            ByteBuffer first = log.read(0, Long.MAX_VALUE, 400);
            Compacted.clean(test, log, NOW);
            long next = RecordBatch.at(first).lastOffset() + 1;
            assertThat(RecordBatch.at(log.read(next, Long.MAX_VALUE, 400)).lastOffset()).isGreaterThanOrEqualTo(next);
        }
    }

    @Test
    void theLastBatchOfAProducerStaysWithoutItsRecords() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(SEGMENT));
            for (int i = 0; i < 3; i++) {
                RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(7, (short) 1, i);
                builder.append(NOW, Compacted.utf8("a"), Compacted.utf8("by 7"), List.of());
                test.append(log, builder.build());
            }
            put(test, log, "a", "by another", "y", "1", "z", "1");
            Compacted.clean(test, log, NOW);
            List<RecordBatch> kept = Compacted.batches(log).stream().filter(batch -> batch.producerId() == 7).toList();
            assertThat(kept).hasSize(1);
            assertThat(kept.get(0).baseSequence()).isEqualTo(2);
            assertThat(kept.get(0).recordCount()).isZero();
            assertThat(kept.get(0).maxTimestamp()).isEqualTo(NOW);
        }
    }

    @Test
    void whatIsCleanedIsKnownAfterARestartAndIsCommitted() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                Compacted.config(SEGMENT), Integer.MAX_VALUE);
            put(test, log, "a", "1", "b", "1", "a", "2", "b", "2", "z", "1");
            log.raiseHighWatermark(5);
            Compacted.clean(test, log, NOW);
        }
        Files.deleteIfExists(root.resolve("replication-offset-checkpoint"));
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                Compacted.config(SEGMENT), Integer.MAX_VALUE);
            assertThat(log.writable().compaction().cleanedOffset()).isEqualTo(4);
            assertThat(log.highWatermark()).isGreaterThanOrEqualTo(4);
        }
    }

    @Test
    void aPassEndsWhenTheLogWasChangedMeanwhile() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID,
                Compacted.config(SEGMENT), Integer.MAX_VALUE);
            put(test, log, "a", "1", "b", "1", "a", "2", "b", "2", "z", "1");
            log.raiseHighWatermark(4);
            CleanableLog before = CleanableLog.of(log, log.config().cleanup().compaction().orElseThrow(), NOW);
            test.directory.truncateTo(log, 4).join();
            assertThatThrownBy(() -> new CompactionPass(before, Compacted.limits(1 << 20), NOW, bytes -> { }, CompletableFuture::join).run())
                .hasRootCauseInstanceOf(IllegalStateException.class);
            assertThat(Compacted.keysAndOffsets(log)).containsExactly("a@0", "b@1", "a@2", "b@3");
        }
    }
}
