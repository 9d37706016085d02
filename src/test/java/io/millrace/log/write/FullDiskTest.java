package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.sized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.TestFiles;
import io.millrace.record.TimestampType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Disks that are full, or files that cannot be opened because too many are: what passes by itself. One long file, because
 * each step of the log's writer fails in turn on the same disk.
 */
class FullDiskTest {
    private static final LogConfig SMALL_SEGMENTS = TestDirectory.segmentBytes(500);

    @TempDir
    Path root;

    private final TestFiles files = new TestFiles();

    private static void awaitOnline(TestDirectory test) {
        await(() -> test.directory.failure() == null);
    }

    private static void await(Callable<Boolean> condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        try {
            while (!condition.call()) {
                assertThat(System.nanoTime()).as("the time is up").isLessThan(until);
                Thread.onSpinWait();
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void fill(TestDirectory test, PartitionLog log) {
        files.room = 100;
        assertThatThrownBy(() -> test.append(log, sized(1, 1000)))
            .hasCauseInstanceOf(LogDirectoryOfflineException.class).hasMessageContaining("No space left");
    }

    @Test
    void aDirectoryComesBackWithTheSpaceAndNothingOfWhatWasRefusedIsThere() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            test.append(log, batch(1, "good"));
            fill(test, log);
            assertThat(test.directory.failure()).hasMessageContaining(root.toString()).hasMessageContaining("full")
                .hasMessageContaining("No space left").hasMessageContaining("by itself");
            assertThatThrownBy(() -> test.directory.append(log, List.of(batch(1, "later")), 0))
                .isInstanceOf(LogDirectoryOfflineException.class);
            assertThatThrownBy(() -> test.directory.truncateTo(log, 0))
                .isInstanceOf(LogDirectoryOfflineException.class);
            assertThatThrownBy(() -> test.directory.openLog("more", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG))
                .isInstanceOf(LogDirectoryOfflineException.class);
            assertThat(allValues(log, 0)).containsExactly("good");
            assertThat(test.directory.queuedAppends()).isZero();
            assertThat(test.directory.queuedBytes()).isZero();

            files.room = Long.MAX_VALUE;
            awaitOnline(test);
            assertThat(test.append(log, batch(1, "next")).baseOffset()).isEqualTo(1);
            assertThat(allValues(log, 0)).containsExactly("good", "next");
        }
        try (TestDirectory test = new TestDirectory(root, files)) {
            assertThat(allValues(test.log(), 0)).containsExactly("good", "next");
        }
    }

    @Test
    void aRestartWhileTheDiskIsFullCutsWhatWasHalfWritten() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            test.append(log, batch(1, "good"));
            fill(test, log);
        }
        files.room = Long.MAX_VALUE;
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            assertThat(allValues(log, 0)).containsExactly("good");
            assertThat(test.append(log, batch(1, "next")).baseOffset()).isEqualTo(1);
        }
    }

    @Test
    void logsAreDeletedWhileTheDiskIsFull() throws Exception {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            PartitionLog other = test.directory.openLog("other", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            test.append(log, batch(1, "good"));
            fill(test, other);
            test.directory.delete(log).join();
            test.directory.delete(other).join();
            assertThat(test.directory.failure()).as("still full").isNotNull();
            try (Stream<Path> left = Files.list(root)) {
                assertThat(left.filter(Files::isDirectory)).isEmpty();
            }
        }
    }

    @Test
    void recordsAreDeletedWhileTheDiskIsFullAndWhatIsLeftIsWrittenLater() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log(SMALL_SEGMENTS);
            for (int i = 0; i < 10; i++) {
                test.append(log, sized(1, 300));
            }
            fill(test, log);
            files.room = 0;
            assertThatThrownBy(() -> test.directory.deleteRecordsBefore(log, 5).join())
                .hasCauseInstanceOf(LogDirectoryOfflineException.class);
            assertThat(log.logStartOffset()).as("the segments went").isEqualTo(5);
            assertThat(TestDirectory.segment(root, 4, ".log")).doesNotExist();
            files.room = 200;
            assertThat(test.directory.deleteRecordsBefore(log, 6).join()).isEqualTo(6);
            files.room = Long.MAX_VALUE;
            awaitOnline(test);
            assertThat(log.logStartOffset()).isEqualTo(6);
            assertThat(test.append(log, batch(1, "next")).baseOffset()).isEqualTo(10);
        }
    }

    @Test
    void retentionRunsWhileTheDiskIsFull() {
        SettableClock clock = new SettableClock(0);
        try (TestDirectory test = new TestDirectory(root, clock, LogObserver.NONE, files, TestDirectory.OPTIONS)) {
            PartitionLog log = test.log(new LogConfig(500, Long.MAX_VALUE, 1000, -1, 4096, TimestampType.CREATE_TIME,
                FlushPolicy.COMMIT));
            for (int i = 0; i < 10; i++) {
                test.append(log, sized(1, 300));
            }
            PartitionLog full = test.directory.openLog("full", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            fill(test, full);
            files.room = 0;
            clock.set(5000);
            test.directory.applyRetention().join();
            assertThat(log.logStartOffset()).as("all but the active segment").isEqualTo(9);
            assertThat(test.directory.failure()).as("still full").isNotNull();
            files.room = Long.MAX_VALUE;
            awaitOnline(test);
            test.directory.applyRetention().join();
            assertThat(log.logStartOffset()).isEqualTo(10);
        }
    }

    @Test
    void withoutDescriptorsASegmentCannotBeMadeAndIsMadeWhenThereAreSome() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log(SMALL_SEGMENTS);
            test.append(log, sized(1, 300));
            files.noDescriptors = true;
            assertThatThrownBy(() -> test.append(log, sized(1, 300)))
                .hasCauseInstanceOf(LogDirectoryOfflineException.class).hasMessageContaining("Too many open files");
            files.noDescriptors = false;
            awaitOnline(test);
            assertThat(test.append(log, sized(1, 300)).baseOffset()).isEqualTo(1);
            assertThat(log.segmentCount()).isEqualTo(2);
        }
    }

    @Test
    void aFailedForceIsNotTriedAgainHoweverLittleSpaceThereIs() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            files.room = 1000;
            files.forcesFail = true;
            assertThatThrownBy(() -> test.append(log, batch(1, "x")))
                .hasCauseInstanceOf(LogDirectoryOfflineException.class).hasMessageContaining("restart");
            files.forcesFail = false;
        }
    }

    @Test
    void theWriterRestsWhileItWaitsForSpaceAlsoWhenAFlushIsDue() {
        LogDirectory.Options options = new LogDirectory.Options(1 << 20, 100, 1);
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE, files, options)) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.INTERVAL));
            test.append(log, batch(1, "the epoch is noted"));
            files.forcesFindNoSpace = true;
            test.append(log, batch(1, "good"));
            await(() -> test.directory.failure() != null);
            await(() -> test.writer.getState() == Thread.State.TIMED_WAITING);
            files.forcesFindNoSpace = false;
            awaitOnline(test);
        }
    }

    @Test
    void aLogWhoseFirstSegmentCannotBeMadeLeavesNothingThatTakesItsName() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            files.failingSuffix = ".log";
            assertThatThrownBy(() -> test.log()).isInstanceOf(LogDirectoryOfflineException.class);
            files.failingSuffix = null;
            assertThat(root.resolve("orders-0")).doesNotExist();
            PartitionLog log = test.directory.openLog("orders", 0, new UUID(3, 3), TestDirectory.CONFIG);
            assertThat(test.append(log, batch(1, "x")).baseOffset()).isZero();
        }
    }

    @Test
    void anotherErrorWhileTheDiskIsFullIsForGood() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            test.append(log, batch(1, "good"));
            fill(test, log);
            files.forcesFail = true;
            files.room = Long.MAX_VALUE;
            await(() -> test.directory.failure().getMessage().contains("restart"));
            files.forcesFail = false;
            assertThatThrownBy(() -> test.directory.applyRetention()).isInstanceOf(LogDirectoryOfflineException.class);
        }
    }

    @Test
    void aReserveIsGivenUpWhenTheDiskIsFullAndMadeAgainWhenThereIsSpace() throws Exception {
        LogDirectory.Options options = new LogDirectory.Options(1 << 20, 100, 1000, 1 << 20);
        Path reserve = root.resolve(".reserve");
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE, files, options)) {
            PartitionLog log = test.log();
            assertThat(reserve).hasSize(1 << 20);
            fill(test, log);
            files.room = 1 << 20; // What the reserve gave.
            awaitOnline(test);
            assertThat(reserve).doesNotExist();
            test.append(log, batch(1, "a deletion is noted"));
            files.room = Long.MAX_VALUE;
            await(() -> Files.exists(reserve) && Files.size(reserve) == 1 << 20);
        }
    }

    @Test
    void aLogThatBeginsAnewKeepsItsSegmentUntilThereIsSpaceForTheNewOne() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, SMALL_SEGMENTS,
                Integer.MAX_VALUE);
            test.append(log, sized(1, 300));
            test.append(log, sized(1, 300));
            test.directory.advanceLogStart(log, 2).join();
            files.noSpaceFor = "00000000000000000000.log";
            assertThatThrownBy(() -> test.directory.beginAnew(log, 0, Truncation.UNCLEAN).join())
                .hasCauseInstanceOf(LogDirectoryOfflineException.class);
            files.noSpaceFor = null;
            awaitOnline(test);
            assertThat(test.directory.beginAnew(log, 0, Truncation.UNCLEAN).join()).isZero();
            assertThat(test.append(log, batch(1, "anew")).baseOffset()).isZero();
            assertThat(allValues(log, 0)).containsExactly("anew");
        }
        try (TestDirectory test = new TestDirectory(root, files)) {
            assertThat(allValues(test.log(), 0)).containsExactly("anew");
        }
    }

    @Test
    void whatOtherReplicasMayHaveCopiedStaysWhenItsForceFindsNoSpaceAndIsDurableAfterwards() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            PartitionLog other = test.directory.openLog("other", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            test.append(log, batch(1, "good"));
            test.append(other, batch(1, "good"));
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            int forces = files.logForces.get();
            test.directory.append(log, List.of(batch(1, "first")), 0);
            await(() -> files.logForces.get() > forces);
            CompletableFuture<AppendResult> copied = test.directory.append(log, List.of(batch(1, "copied")), 0);
            CompletableFuture<AppendResult> another = test.directory.append(other, List.of(batch(1, "copied")), 0);
            log.onWritten(() -> files.forcesFindNoSpace = true);
            gate.countDown();
            assertThatThrownBy(copied::join).hasCauseInstanceOf(LogDirectoryOfflineException.class);
            assertThatThrownBy(another::join).hasCauseInstanceOf(LogDirectoryOfflineException.class);
            assertThat(List.of(log.logEndOffset(), log.durableEndOffset(), log.highWatermark())).containsExactly(3L, 2L, 2L);
            int writes = files.logWrites.get();

            log.onWritten(() -> { });
            files.forcesFindNoSpace = false;
            awaitOnline(test);
            for (PartitionLog each : List.of(log, other)) {
                assertThat(allValues(each, 0)).endsWith("copied");
                assertThat(each.durableEndOffset()).isEqualTo(each.logEndOffset());
                assertThat(each.highWatermark()).isEqualTo(each.logEndOffset());
            }
            assertThat(files.logWrites.get() - writes).as("a failed force may drop what was written: it is written anew")
                .isGreaterThanOrEqualTo(2);
            assertThat(test.append(log, batch(1, "next")).baseOffset()).isEqualTo(3);
        }
    }

    static Stream<Long> seeds() {
        return new Random(20261125).longs(12).boxed();
    }

    /**
     * Appends to several logs while space and descriptors come and go: what was acknowledged is there, and beside that
     * only what was written already when a force found no space.
     */
    @ParameterizedTest
    @MethodSource("seeds")
    void whatWasAcknowledgedIsThereHoweverOftenTheDiskFillsUp(long seed) {
        Random random = new Random(seed);
        Map<Integer, List<String>> acknowledged = new HashMap<>();
        List<PartitionLog> logs = new ArrayList<>();
        try (TestDirectory test = new TestDirectory(root, files)) {
            for (int i = 0; i < 4; i++) {
                logs.add(test.directory.openLog("orders", i, TestDirectory.TOPIC_ID, new LogConfig(2000,
                    Long.MAX_VALUE, -1, -1, 100, TimestampType.CREATE_TIME,
                    FlushPolicy.values()[i % FlushPolicy.values().length])));
                acknowledged.put(i, new ArrayList<>());
            }
            for (int round = 0; round < 12; round++) {
                breakDisk(random);
                boolean forcesFailed = files.forcesFindNoSpace;
                appendSome(test, logs, acknowledged, random, round);
                files.room = Long.MAX_VALUE;
                files.noDescriptors = false;
                files.forcesFindNoSpace = false;
                // Each looks for space after it was carried out.
                test.directory.applyRetention().handle((done, failure) -> null).join();
                test.directory.applyRetention().handle((done, failure) -> null).join();
                assertThat(test.directory.failure()).isNull();
                for (int i = 0; i < logs.size(); i++) {
                    List<String> found = allValues(logs.get(i), 0);
                    if (found.size() > acknowledged.get(i).size() && forcesFailed
                            && logs.get(i).config().flush() == FlushPolicy.COMMIT) {
                        List<String> more = found.subList(acknowledged.get(i).size(), found.size());
                        String sentThen = i + " " + round + ".";
                        assertThat(more).allMatch(value -> value.startsWith(sentThen));
                        acknowledged.get(i).addAll(List.copyOf(more));
                    }
                    assertThat(found).as("log %d, round %d", i, round).isEqualTo(acknowledged.get(i));
                    assertThat(logs.get(i).logEndOffset()).isEqualTo(acknowledged.get(i).size());
                    assertThat(logs.get(i).durableEndOffset()).isEqualTo(acknowledged.get(i).size());
                }
            }
        }
        try (TestDirectory test = new TestDirectory(root, files)) {
            for (int i = 0; i < logs.size(); i++) {
                PartitionLog log = test.directory.openLog("orders", i, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
                assertThat(allValues(log, 0)).isEqualTo(acknowledged.get(i));
            }
        }
    }

    private void breakDisk(Random random) {
        switch (random.nextInt(4)) {
            case 0 -> files.noDescriptors = true;
            case 1 -> files.forcesFindNoSpace = true;
            default -> files.room = random.nextInt(6000);
        }
    }

    private static void appendSome(TestDirectory test, List<PartitionLog> logs, Map<Integer, List<String>> acknowledged,
                                   Random random, int round) {
        Map<String, CompletableFuture<AppendResult>> sent = new HashMap<>();
        List<String> inOrder = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int log = random.nextInt(logs.size());
            String value = log + " " + round + "." + i + " " + "x".repeat(random.nextInt(300));
            try {
                sent.put(value, test.directory.append(logs.get(log), List.of(batch(1, value)), 0));
                inOrder.add(value);
            } catch (LogDirectoryOfflineException refused) {
                break;
            }
            if (random.nextInt(3) == 0) {
                sent.get(value).handle((done, failure) -> null).join();
            }
        }
        for (String value : inOrder) {
            try {
                sent.get(value).join();
                acknowledged.get(value.charAt(0) - '0').add(value);
            } catch (CompletionException refused) {
                assertThat(refused).hasCauseInstanceOf(LogDirectoryOfflineException.class);
            }
        }
    }
}
