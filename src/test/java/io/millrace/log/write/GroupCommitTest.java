package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupCommitTest {
    private static final int WAITING = 50;

    @TempDir
    Path root;

    private final TestFiles files = new TestFiles();

    private void awaitForces(int count) {
        while (files.logForces.get() < count) {
            Thread.onSpinWait();
        }
    }

    @Test
    void appendsThatCameDuringAForceShareTheNextWriteAndForce() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            int forces = files.logForces.get();
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            CompletableFuture<AppendResult> first = test.directory.append(log, List.of(batch(1, "first")), 0);
            awaitForces(forces + 1);
            int writes = files.logWrites.get();

            List<CompletableFuture<AppendResult>> waiting = new ArrayList<>();
            for (int i = 0; i < WAITING; i++) {
                waiting.add(test.directory.append(log, List.of(batch(1, "v" + i)), 0));
            }
            boolean early = first.isDone();
            long written = log.logEndOffset();
            long durable = log.durableEndOffset();
            long committed = log.highWatermark();
            List<String> readable = allValues(log, 0);
            gate.countDown();
            assertThat(early).isFalse();
            assertThat(written).as("other replicas can copy what is being forced").isEqualTo(1);
            assertThat(readable).containsExactly("first");
            assertThat(durable).isZero();
            assertThat(committed).as("what is not durable is not committed").isZero();

            for (int i = 0; i < WAITING; i++) {
                assertThat(waiting.get(i).join().baseOffset()).isEqualTo(i + 1);
            }
            assertThat(files.logForces).hasValue(forces + 2);
            assertThat(files.logWrites).hasValue(writes + 1);
            assertThat(allValues(log, 0)).hasSize(WAITING + 1);
            assertThat(log.durableEndOffset()).isEqualTo(WAITING + 1);
            assertThat(log.highWatermark()).isEqualTo(WAITING + 1);
        }
    }

    @Test
    void whatIsAboutToBeForcedIsToldWhenAllLogsOfTheGroupShowIt() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            PartitionLog other = test.directory.openLog("others", 3, UUID.randomUUID(), TestDirectory.CONFIG);
            List<Long> told = new CopyOnWriteArrayList<>();
            log.onWritten(() -> told.addAll(List.of(log.logEndOffset(), log.durableEndOffset(), other.logEndOffset())));
            int forces = files.logForces.get();
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            test.directory.append(other, List.of(batch(1, "first")), 0);
            awaitForces(forces + 1);
            test.directory.append(log, List.of(batch(1, "a")), 0);
            CompletableFuture<AppendResult> last = test.directory.append(other, List.of(batch(1, "b")), 0);
            gate.countDown();
            last.join();
            assertThat(told).containsExactly(1L, 0L, 2L);
        }
    }

    @Test
    void withTheOtherFlushPoliciesWhatIsWrittenIsTheDurableEnd() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.OS));
            List<Long> told = new CopyOnWriteArrayList<>();
            log.onWritten(() -> told.add(log.logEndOffset()));
            test.append(log, batch(1, "a"));
            assertThat(log.durableEndOffset()).isEqualTo(1);
            log.reconfigure(TestDirectory.flush(FlushPolicy.INTERVAL));
            test.append(log, batch(1, "b"));
            assertThat(log.durableEndOffset()).isEqualTo(2);
            assertThat(told).as("nobody has to hurry").isEmpty();
            test.directory.truncateTo(log, 1).join();
            assertThat(log.durableEndOffset()).isEqualTo(1);
        }
    }

    @Test
    void eachLogOfADrainIsForcedOnce() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            PartitionLog other = test.directory.openLog("others", 3, UUID.randomUUID(), TestDirectory.CONFIG);
            int forces = files.logForces.get();
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            test.directory.append(log, List.of(batch(1, "first")), 0);
            awaitForces(forces + 1);
            List<CompletableFuture<AppendResult>> waiting = new ArrayList<>();
            for (int i = 0; i < WAITING; i++) {
                waiting.add(test.directory.append(i % 2 == 0 ? log : other, List.of(batch(1, "v" + i)), 0));
            }
            gate.countDown();
            waiting.forEach(CompletableFuture::join);
            assertThat(files.logForces).hasValue(forces + 3);
        }
    }

    /** Each force of a log waits until all of them are under way: one after the other they would never end. */
    @Test
    void theLogsOfAGroupAreForcedAtTheSameTime() {
        ExecutorService helpers = Executors.newCachedThreadPool();
        LogDirectory directory = LogDirectory.open(root, TestDirectory.OPTIONS, new SettableClock(0), LogObserver.NONE,
            new OpenFiles(files, 500), helpers);
        try (TestDirectory test = new TestDirectory(directory)) {
            List<PartitionLog> logs = logs(test, 10);
            CountDownLatch begin = new CountDownLatch(1);
            files.forceGate = begin;
            int before = files.logForces.get();
            test.directory.append(logs.get(0), List.of(batch(1, "first")), 0);
            awaitForces(before + 1);
            List<CompletableFuture<AppendResult>> group = new ArrayList<>();
            logs.forEach(log -> group.add(test.directory.append(log, List.of(batch(1, "v")), 0)));
            CountDownLatch together = new CountDownLatch(1);
            files.forceGate = together;
            begin.countDown();
            awaitForces(before + 1 + logs.size());
            assertThat(group).noneMatch(CompletableFuture::isDone);
            together.countDown();
            group.forEach(CompletableFuture::join);
            assertThat(logs).allMatch(log -> log.durableEndOffset() == log.logEndOffset());
        } finally {
            helpers.shutdown();
        }
    }

    @Test
    void aGroupIsForcedAlsoWhereNoThreadHelpsAnyMore() {
        ExecutorService helpers = Executors.newCachedThreadPool();
        helpers.shutdown();
        LogDirectory directory = LogDirectory.open(root, TestDirectory.OPTIONS, new SettableClock(0), LogObserver.NONE,
            new OpenFiles(files, 500), helpers);
        List<CompletableFuture<AppendResult>> group = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            PartitionLog log = directory.openLog("others", i, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            group.add(directory.append(log, List.of(batch(1, "v")), 0)); // before there is a writer: one group
        }
        try (TestDirectory test = new TestDirectory(directory)) {
            assertThat(group).allSatisfy(one -> assertThat(one.join().baseOffset()).isZero());
        }
    }

    private static List<PartitionLog> logs(TestDirectory test, int count) {
        return logs(test, 1, count);
    }

    private static List<PartitionLog> logs(TestDirectory test, int first, int count) {
        return IntStream.range(first, first + count).mapToObj(i -> test.directory.openLog("others", i,
            TestDirectory.TOPIC_ID, TestDirectory.CONFIG)).toList();
    }

    @Test
    void withFlushOsNothingIsForcedBeforeTheClose() {
        TestDirectory test = new TestDirectory(root, files);
        try (test) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.OS));
            int forces = files.logForces.get();
            for (int i = 0; i < 10; i++) {
                test.append(log, batch(1, "v" + i));
            }
            assertThat(log.logEndOffset()).isEqualTo(10);
            assertThat(files.logForces).hasValue(forces);
            test.close();
            assertThat(files.logForces).hasValue(forces + 1);
        }
    }

    @Test
    void withFlushIntervalTheWriterForcesInTheBackgroundThoughNothingMoreComes() {
        LogDirectory.Options options = new LogDirectory.Options(1 << 20, 100, 1);
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE, files, options)) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.INTERVAL));
            int forces = files.logForces.get();
            test.append(log, batch(1, "a"));
            awaitForces(forces + 1);
            test.append(log, batch(1, "b"));
            awaitForces(forces + 2);
            assertThat(log.logEndOffset()).isEqualTo(2);
        }
    }

    @Test
    void aLongFlushIntervalIsNotCutShortByAppends() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.INTERVAL));
            int forces = files.logForces.get();
            for (int i = 0; i < 10; i++) {
                test.append(log, batch(1, "v" + i));
            }
            assertThat(files.logForces).hasValue(forces);
        }
    }

    @Test
    void whatStandsBetweenAppendsIsDoneBetweenThem() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            int forces = files.logForces.get();
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            test.directory.append(log, List.of(batch(1, "a")), 0);
            awaitForces(forces + 1);
            test.directory.append(log, List.of(batch(1, "b")), 0);
            CompletableFuture<Long> deleted = test.directory.deleteRecordsBefore(log, 2);
            CompletableFuture<AppendResult> last = test.directory.append(log, List.of(batch(1, "c")), 0);
            gate.countDown();
            assertThat(deleted.join()).isEqualTo(2);
            assertThat(last.join().baseOffset()).isEqualTo(2);
            assertThat(allValues(log, 2)).containsExactly("c");
        }
    }

    @Test
    void whatIsThereIsForcedWhenThePolicyBecomesCommit() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.OS));
            test.append(log, batch(1, "a"));
            int forces = files.logForces.get();
            log.reconfigure(TestDirectory.CONFIG);
            awaitForces(forces + 1);
        }
    }

    @Test
    void aCheckpointForcesNoIndexAndLetsAppendsPassBetweenTheLogs() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            List<PartitionLog> logs = logs(test, 10);
            logs.forEach(log -> test.append(log, batch(1, "v")));
            int forces = files.allForces.get();
            test.directory.applyRetention().join();
            assertThat(files.allForces.get() - forces).as("of each log the recovery point, and its entry in the folder")
                .isLessThanOrEqualTo(2 * logs.size());

            logs.forEach(log -> log.reconfigure(TestDirectory.flush(FlushPolicy.INTERVAL)));
            logs.forEach(log -> test.append(log, batch(1, "v")));
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            int before = files.logForces.get();
            CompletableFuture<Void> pass = test.directory.applyRetention();
            awaitForces(before + 1);
            CompletableFuture<Boolean> meanwhile = test.directory.append(logs.get(0), List.of(batch(1, "v")), 0)
                .thenApply(done -> pass.isDone());
            gate.countDown();
            assertThat(meanwhile.join()).as("the pass was over").isFalse();
            pass.join();
        }
    }

    @Test
    void theObserverIsToldOfForcesAndDrains() {
        List<Long> drained = new ArrayList<>();
        List<Long> forced = new ArrayList<>();
        LogObserver observer = new LogObserver() {
            @Override
            public void forced(long nanos) {
                forced.add(nanos);
            }

            @Override
            public void drained(int appends, long bytes) {
                drained.add(bytes);
            }
        };
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), observer, files,
                TestDirectory.OPTIONS)) {
            test.append(test.log(), batch(1, "a"));
        }
        assertThat(drained).containsExactly((long) batch(1, "a").remaining());
        assertThat(forced).hasSize(1);
    }
}
