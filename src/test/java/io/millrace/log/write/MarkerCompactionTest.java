package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.FlushPolicy;
import io.millrace.log.InvalidProducerEpochException;
import io.millrace.log.LogConfig;
import io.millrace.log.ProducerLimits;
import io.millrace.log.SettableClock;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the markers of transactions go with compaction, and what goes with them. */
class MarkerCompactionTest {
    private static final long NOW = 1_000_000;
    private static final long RETENTION = Compacted.DELETE_RETENTION;
    private static final LogConfig CONFIG = Compacted.config(1_000);

    @TempDir
    Path root;
    private final SettableClock clock = new SettableClock(NOW);

    private static TransactionalLog written(TestDirectory test, PartitionLog log) {
        return new TransactionalLog(log, batch -> test.append(log, batch));
    }

    /** A segment that is written to is not cleaned: begins others until nothing of what is there is in it. */
    private static void fill(TestDirectory test, PartitionLog log) {
        int segments = log.segmentCount();
        for (int i = 0; log.segmentCount() == segments; i++) {
            test.append(log, Compacted.batch(NOW, "fill" + log.logEndOffset() + i, "x".repeat(150)));
        }
    }

    private static void clean(TestDirectory test, PartitionLog log, long now) throws Exception {
        Compacted.clean(test, log, now);
    }

    private static List<Long> markers(PartitionLog log) {
        return Compacted.batches(log).stream().filter(RecordBatch::isControl).map(RecordBatch::baseOffset).toList();
    }

    private static OptionalLong horizon(PartitionLog log, long marker) {
        return Compacted.batches(log).stream().filter(batch -> batch.baseOffset() == marker).findFirst().orElseThrow()
            .deleteHorizon();
    }

    /** Two transactions that write the same key, and a third: offsets 0 to 5. */
    private static void writeThree(TransactionalLog written) {
        written.put(7, "a", "1");
        written.commit(7);
        written.put(7, "a", "2");
        written.commit(7);
        written.put(7, "b", "1");
        written.commit(7);
    }

    @Test
    void aMarkerGoesSomeTimeAfterTheLastRecordOfItsTransactionAndNoneBefore() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            writeThree(written(test, log));
            fill(test, log);
            clean(test, log, NOW);
            assertThat(markers(log)).containsExactly(1L, 3L, 5L);
            assertThat(horizon(log, 1)).hasValue(NOW + RETENTION);
            assertThat(horizon(log, 3)).isEmpty();
            clean(test, log, NOW + RETENTION - 1);
            assertThat(markers(log)).containsExactly(1L, 3L, 5L);
            assertThat(horizon(log, 1)).as("is not set anew").hasValue(NOW + RETENTION);
            clean(test, log, NOW + RETENTION);
            assertThat(markers(log)).containsExactly(3L, 5L);
            clean(test, log, NOW + 100 * RETENTION);
            assertThat(markers(log)).as("of records that are there").containsExactly(3L, 5L);
            assertThat(Compacted.table(Compacted.records(log).stream().filter(each -> each.offset() % 2 == 0 && each.offset() < 6)
                .toList())).isEqualTo(Map.of("a", "2", "b", "1"));
        }
    }

    @Test
    void aMarkerIsNeverTakenInThePassThatTakesTheRecords() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(1_000, new Compaction(0, 0, Long.MAX_VALUE, 0)));
            writeThree(written(test, log));
            fill(test, log);
            clean(test, log, NOW);
            assertThat(markers(log)).containsExactly(1L, 3L, 5L);
            clean(test, log, NOW);
            assertThat(markers(log)).containsExactly(3L, 5L);
        }
    }

    @Test
    void whatAMarkerSaysCanBeReadWhileItWaits() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            writeThree(written(test, log));
            fill(test, log);
            clean(test, log, NOW);
            RecordBatch waiting = Compacted.batches(log).stream().filter(RecordBatch::isControl).findFirst().orElseThrow();
            assertThat(waiting.checksumMatches()).isTrue();
            assertThat(waiting.isTransactional()).isTrue();
            assertThat(EndTransactionMarker.of(waiting)).contains(new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 1));
            assertThat(waiting.records().next().timestamp()).isEqualTo(1);
        }
    }

    @Test
    void theEntryOfAnAbortedTransactionGoesWithItsMarkerAndNotBefore() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            TransactionalLog written = written(test, log);
            written.put(7, "a", "1");
            written.abort(7);
            written.put(7, "b", "1");
            written.commit(7);
            fill(test, log);
            clean(test, log, NOW);
            assertThat(Compacted.keysAndOffsets(log)).as("aborted").doesNotContain("a@0");
            long second = log.logEndOffset();
            written.put(7, "a", "2");
            written.abort(7);
            written.put(7, "c", "1");
            written.commit(7);
            long end = log.logEndOffset();
            fill(test, log);
            clean(test, log, NOW + RETENTION - 1);
            assertThat(log.transactions().aborted(0, end)).extracting(AbortedTransaction::lastOffset)
                .containsExactly(1L, second + 1);
            clean(test, log, NOW + RETENTION);
            assertThat(markers(log)).doesNotContain(1L).contains(second + 1);
            assertThat(log.transactions().aborted(0, end)).extracting(AbortedTransaction::lastOffset).containsExactly(second + 1);
            clean(test, log, NOW + 3 * RETENTION);
            assertThat(log.transactions().aborted(0, end)).isEmpty();
        }
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            assertThat(log.transactions().aborted(0, log.logEndOffset())).isEmpty();
        }
    }

    @Test
    void markersStayWhileAReplicaMayLackThem() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, CONFIG, Integer.MAX_VALUE);
            writeThree(written(test, log));
            fill(test, log);
            log.raiseHighWatermark(log.logEndOffset());
            clean(test, log, NOW);
            clean(test, log, NOW + 2 * RETENTION);
            assertThat(markers(log)).containsExactly(1L, 3L, 5L);
            log.upkeep().keepTombstones(false);
            clean(test, log, NOW + 2 * RETENTION);
            assertThat(markers(log)).containsExactly(3L, 5L);
        }
    }

    @Test
    void theMarkerThatAloneTellsAProducersEpochStaysAsLongAsThatIsKnown() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            written(test, log).put(7, "a", "1");
            test.append(log, new EndTransactionMarker(EndTransactionMarker.Type.ABORT, 3).batch(7, (short) 1, NOW));
            fill(test, log);
            clean(test, log, NOW);
            clean(test, log, NOW + RETENTION);
            assertThat(markers(log)).containsExactly(1L);
            assertThat(Compacted.keysAndOffsets(log)).doesNotContain("a@0");
        }
        damageSnapshots(List.of());
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            assertThatThrownBy(() -> written(test, log).put(7, "a", "fenced"))
                .hasCauseInstanceOf(InvalidProducerEpochException.class);
            clock.advance(ProducerLimits.DEFAULT.expirationMillis() + 1);
            test.directory.applyRetention().join();
            clean(test, log, clock.millis());
            assertThat(markers(log)).isEmpty();
        }
    }

    /** Other than those that are named: a start makes them anew. */
    private void damageSnapshots(List<Long> intact) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("orders-0"))) {
            for (Path file : files.filter(each -> each.toString().endsWith(".snapshot")).toList()) {
                if (intact.stream().noneMatch(offset -> file.getFileName().toString().startsWith("%020d".formatted(offset)))) {
                    Files.write(file, new byte[20]);
                }
            }
        }
    }

    @Test
    void aMarkerStaysWhileAStartMayGoOnFromWhereItsTransactionWasOpen() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(100)); // a segment, and a snapshot, before each batch
            writeThree(written(test, log));
            fill(test, log);
            clean(test, log, NOW);
            clean(test, log, NOW + RETENTION);
            assertThat(Compacted.keysAndOffsets(log)).doesNotContain("a@0");
            assertThat(markers(log)).contains(1L);
        }
        damageSnapshots(List.of(1L));
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            assertThat(log.transactions().lastStableOffset()).isEqualTo(log.logEndOffset());
            clean(test, log, NOW + RETENTION); // the segments become one
            fill(test, log);
            assertThat(root.resolve("orders-0").resolve("%020d.snapshot".formatted(1))).doesNotExist();
            clean(test, log, NOW + RETENTION);
            clean(test, log, NOW + 2 * RETENTION);
            assertThat(markers(log)).doesNotContain(1L);
        }
        damageSnapshots(List.of());
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(CONFIG);
            assertThat(log.transactions().lastStableOffset()).isEqualTo(log.logEndOffset());
        }
    }

    @Test
    void onlySnapshotsBeforeTheEndAreReadAndThatCountsForThePace() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(Compacted.config(100)); // a segment, and a snapshot, before each batch
            TransactionalLog written = written(test, log);
            writeThree(written);
            CleanableLog cleanable = CleanableLog.of(log, log.config().cleanup().compaction().orElseThrow(), NOW);
            written.put(7, "c", "1");
            written.commit(7);
            List<Long> read = new ArrayList<>();
            for (long offset = 1; offset < 5; offset++) {
                read.add(Files.size(snapshot(offset)));
            }
            Files.delete(snapshot(7));
            Files.createDirectory(snapshot(7)); // which cannot be read
            List<Long> paced = new ArrayList<>();
            new CompactionPass(cleanable, Compacted.limits(1 << 20), NOW, paced::add, CompletableFuture::join).run();
            assertThat(paced).startsWith(read.toArray(Long[]::new));
            Files.delete(snapshot(7));
        }
    }

    private Path snapshot(long offset) {
        return root.resolve("orders-0").resolve("%020d.snapshot".formatted(offset));
    }

    @Test
    void aLogOfAnyNumberOfSmallTransactionsStaysSmall() throws Exception {
        Compaction shipped = new Compaction(0.5, 0, Long.MAX_VALUE, 600_000);
        LogConfig config = new LogConfig(128 * 1024, Long.MAX_VALUE, -1, -1, 4096, TimestampType.CREATE_TIME, FlushPolicy.OS,
            new Cleanup(false, Optional.of(shipped)));
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(config);
            TransactionalLog written = written(test, log);
            long[] largest = new long[2];
            for (int i = 0; i < 100_000; i++) {
                written.put(i % 3, "key" + i % 10, "value" + i);
                if (i % 4 == 0) {
                    written.abort(i % 3);
                } else {
                    written.commit(i % 3);
                }
                clock.advance(100); // 6,000 transactions in the time that markers stay
                if (i % 500 == 0) {
                    CleanableLog cleanable = CleanableLog.of(log, shipped, clock.millis());
                    if (cleanable.isDue()) {
                        new CompactionPass(cleanable, Compacted.limits(1 << 20), clock.millis(), bytes -> { },
                            CompletableFuture::join).run();
                    }
                    largest[i / 50_000] = Math.max(largest[i / 50_000], log.sizeInBytes());
                }
            }
            assertThat(largest[1]).isLessThan(3 * 1024 * 1024).isLessThan(largest[0] * 11 / 10);
            for (int i = 0; i < 3; i++) {
                clock.advance(600_000);
                clean(test, log, clock.millis());
            }
            assertThat(log.sizeInBytes()).as("what is not cleaned, and little else").isLessThan(140 * 1024);
            assertThat(log.transactions().lastStableOffset()).isEqualTo(200_000);
        }
    }
}
