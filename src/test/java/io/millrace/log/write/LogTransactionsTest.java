package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.transaction.AbortedBatches;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.InvalidBatchException;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LogTransactionsTest {
    @TempDir
    Path root;

    private static TransactionalLog transactional(TestDirectory test, PartitionLog log) {
        return new TransactionalLog(log, batch -> test.append(log, batch));
    }

    @Test
    void anOpenTransactionHoldsTheLastStableOffset() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            TransactionalLog written = transactional(test, log);
            written.write("a", "b");
            assertThat(log.transactions().lastStableOffset()).isEqualTo(2);
            written.write(7, "c");
            written.write("d");
            assertThat(log.transactions().lastStableOffset()).isEqualTo(2);
            written.commit(7);
            assertThat(log.transactions().lastStableOffset()).isEqualTo(5);
        }
    }

    @Test
    void aTransactionWhoseMarkerIsCommittedIsNotKeptInMind() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            TransactionalLog written = transactional(test, log);
            written.write(7, "a");
            written.commit(7);
            written.write("b");
            assertThat(log.transactions().open().truncateTo(1)).as("whether it is known what that opens again").isFalse();
        }
    }

    @Test
    void aControlBatchThatNobodyCanReadIsRefused() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            transactional(test, log).write(7, "a");
            RecordBatchBuilder unreadable = new RecordBatchBuilder(Codec.NONE)
                .producer(7, (short) 0, RecordBatch.NO_SEQUENCE).transactional().control();
            unreadable.append(1, ByteBuffer.allocate(1), ByteBuffer.allocate(1), List.of());
            assertThatThrownBy(() -> test.append(log, unreadable.build())).hasCauseInstanceOf(InvalidBatchException.class);
            assertThat(log.logEndOffset()).isEqualTo(1);
            assertThat(log.transactions().lastStableOffset()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(EndTransactionMarker.Type.class)
    void whatAMarkerEndedThatCannotBeReadIsNotKnownUntilItIsHealed(EndTransactionMarker.Type damaged) throws IOException {
        boolean commits = damaged == EndTransactionMarker.Type.COMMIT;
        AbortedTransaction first = new AbortedTransaction(7, 1, 3, 4);
        AbortedTransaction second = new AbortedTransaction(7, 4, 5, 6);
        Path killed = root.resolve("killed");
        ByteBuffer marker;
        try (TestDirectory test = new TestDirectory(root.resolve("log"))) {
            PartitionLog log = test.log();
            TransactionalLog written = transactional(test, log);
            written.write("stable");
            written.write(7, "a", "b");
            end(written, commits);
            written.write(7, "c");
            end(written, !commits);
            written.write("d");
            marker = log.read(3, 4, 1);
            TestDirectory.copy(root.resolve("log"), killed);
        }
        damage(TestDirectory.segment(killed, 0, ".log"), 3);
        for (int start = 0; start < 3; start++) {
            try (TestDirectory test = new TestDirectory(killed)) {
                PartitionLog log = test.log();
                assertThat(log.transactions().lastStableOffset()).as("start %d", start).isEqualTo(1);
                assertThat(log.transactions().aborted(0, 7)).isEqualTo(commits ? List.of(second) : List.of());
            }
        }
        Path deleted = TestDirectory.copy(killed, root.resolve("deleted"));
        for (int start = 0; start < 2; start++) {
            try (TestDirectory test = new TestDirectory(deleted)) {
                PartitionLog log = test.log();
                test.directory.deleteRecordsBefore(log, 4).join();
                assertThat(log.transactions().lastStableOffset()).isEqualTo(7);
            }
        }
        for (int start = 0; start < 2; start++) {
            try (TestDirectory test = new TestDirectory(killed)) {
                PartitionLog log = test.log();
                if (start == 0) {
                    test.directory.replaceRange(log, marker, Runnable::run).join();
                }
                assertThat(log.transactions().lastStableOffset()).isEqualTo(7);
                assertThat(log.transactions().aborted(0, 7)).isEqualTo(List.of(commits ? second : first));
            }
        }
    }

    private static void end(TransactionalLog written, boolean commit) {
        if (commit) {
            written.commit(7);
        } else {
            written.abort(7);
        }
    }

    private static void damage(Path segment, long offset) throws IOException {
        byte[] bytes = Files.readAllBytes(segment);
        int at = 0;
        for (RecordBatch batch : RecordBatch.in(ByteBuffer.wrap(bytes))) {
            at += batch.sizeInBytes();
            if (batch.baseOffset() == offset) {
                bytes[at - 1] ^= 1;
            }
        }
        Files.write(segment, bytes);
    }

    @Test
    void itIsNeverBeforeTheLogsStart() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            TransactionalLog written = transactional(test, log);
            written.write(7, "a", "b");
            written.write("c");
            log.deleteRecordsBefore(2).join();
            assertThat(log.transactions().lastStableOffset()).isEqualTo(2);
        }
    }

    @Test
    void abortedTransactionsAreFoundInTheSegmentsOfTheirMarkersAndAfterARestart() {
        List<String> committed = new ArrayList<>();
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(400));
            TransactionalLog written = transactional(test, log);
            for (int i = 0; i < 40; i++) {
                long producer = i % 5;
                if (i >= 5) {
                    if (i % 2 == 0) {
                        written.abort(producer);
                    } else {
                        written.commit(producer);
                    }
                }
                written.write(producer, "v" + i);
                if (i % 2 == 0 && i < 35) { // ended by an odd round
                    committed.add("v" + i);
                }
            }
            assertThat(log.segmentCount()).isGreaterThan(10);
            assertThat(shown(log)).isEqualTo(committed);
        }
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(400));
            assertThat(log.transactions().aborted(0, 10)).isNotEmpty();
            assertThat(log.transactions().aborted(3, 3)).isEmpty();
        }
    }

    @Test
    void anIndexWhoseEntriesThePowerHasTakenIsMadeAnew() throws IOException {
        List<AbortedTransaction> aborted;
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(400));
            TransactionalLog written = transactional(test, log);
            for (int i = 0; i < 20; i++) {
                written.write(7, "v" + i);
                written.abort(7);
            }
            aborted = log.transactions().aborted(0, 40);
            assertThat(aborted).hasSize(20);
            assertThat(log.segmentCount()).isGreaterThan(5);
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path index : files.filter(file -> file.toString().endsWith(".txnindex")).toList()) {
                byte[] entries = Files.readAllBytes(index);
                Arrays.fill(entries, 0, Math.min(34, entries.length), (byte) 0);
                Files.write(index, entries);
            }
        }
        try (TestDirectory test = new TestDirectory(root)) {
            assertThat(test.log(TestDirectory.segmentBytes(400)).transactions().aborted(0, 40)).isEqualTo(aborted);
        }
    }

    private static List<String> shown(PartitionLog log) {
        List<String> shown = new ArrayList<>();
        long stable = log.transactions().lastStableOffset();
        long next = 0;
        while (next < stable) {
            ByteBuffer read = log.read(next, stable, 300);
            long from = next;
            for (RecordBatch batch : RecordBatch.in(read)) {
                next = batch.lastOffset() + 1;
            }
            AbortedBatches aborted = new AbortedBatches(log.transactions().aborted(from, next));
            shown.addAll(TransactionalLog.values(aborted.leaveOut(read)));
        }
        return shown;
    }

    @Test
    void aRangeBeforeTheLogsStartIsRefusedBecauseNobodyKnowsWhatWasAbortedThere() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            TransactionalLog written = transactional(test, log);
            written.write(7, "a");
            written.abort(7);
            written.write("b");
            log.deleteRecordsBefore(2).join();
            assertThatThrownBy(() -> log.transactions().aborted(1, 3)).isInstanceOf(OffsetOutOfRangeException.class);
        }
    }

    @Test
    void aTruncationTakesTheEntriesOfWhatItTakes() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            TransactionalLog written = transactional(test, log);
            written.write(7, "a");
            written.abort(7);
            written.write(8, "b");
            written.abort(8);
            log.truncateTo(3, Truncation.UNCLEAN).join();
            assertThat(log.transactions().aborted(0, 3)).containsExactly(new AbortedTransaction(7, 0, 1, 2));
        }
    }

    @Test
    void theFilesOfASegmentThatGoesGoWithIt() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(150));
            TransactionalLog written = transactional(test, log);
            written.write(7, "a");
            written.abort(7);
            assertThat(TestDirectory.segment(root, 0, ".txnindex")).exists();
            written.write("b");
            written.write("c");
            log.deleteRecordsBefore(3).join();
            assertThat(TestDirectory.segment(root, 0, ".log")).doesNotExist();
            assertThat(TestDirectory.segment(root, 0, ".txnindex")).doesNotExist();
        }
    }

    @Test
    void compactionKeepsWhatWasAborted() throws Exception {
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0))) {
            PartitionLog log = test.log(Compacted.config(160));
            for (int i = 0; i < 12; i++) {
                test.append(log, Compacted.batch(1_000, "key" + i % 2, "value" + i));
                log.openView().segments().get(log.segmentCount() - 1).transactionIndex()
                    .append(new AbortedTransaction(7, Math.max(0, i - 1), Math.max(1, i), i + 1));
            }
            List<AbortedTransaction> before = log.transactions().aborted(0, 12);
            int segments = log.segmentCount();
            log.reconfigure(Compacted.config(2_000));
            Compacted.clean(test, log, 1_000);
            assertThat(log.segmentCount()).isLessThan(segments);
            assertThat(log.transactions().aborted(0, 12)).hasSize(11).isEqualTo(before);
        }
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0))) {
            assertThat(test.log(Compacted.config(160)).transactions().aborted(0, 12)).hasSize(11);
        }
    }

    @Test
    void anAbortedRecordReplacesNoneAndGoesWithCompaction() throws Exception {
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0))) {
            PartitionLog log = test.log(Compacted.config(100));
            TransactionalLog written = transactional(test, log);
            test.append(log, Compacted.batch(1_000, "a", "committed", "b", "old"));
            written.put(7, "a", "aborted");
            written.put(7, "b", "aborted");
            written.abort(7);
            written.put(8, "b", "new");
            written.commit(8);
            written.write(9, "open");
            test.append(log, Compacted.batch(1_000, "b", "behind it"));
            test.append(log, Compacted.batch(1_000, "c", "last"));
            Compacted.clean(test, log, 1_000);

            assertThat(log.cleanedOffset()).as("up to the open transaction").isLessThanOrEqualTo(7);
            assertThat(shown(log)).containsExactly("committed", "new");
            assertThat(Compacted.batches(log)).filteredOn(batch -> batch.producerId() == 7 && !batch.isControl())
                .as("aborted batches").allMatch(batch -> batch.recordCount() == 0);
        }
    }
}
