package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.log.Compaction;
import io.millrace.log.SettableClock;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which logs are compacted, when, and what becomes of those that cannot be. */
class LogCleanerTest {
    private static final long NOW = 1_000_000;
    private static final LogCleaner.Options OPTIONS = new LogCleaner.Options(1 << 20, 1 << 20, Long.MAX_VALUE, 1);

    @TempDir
    Path root;
    private final SettableClock clock = new SettableClock(NOW);
    private final AtomicLong nanos = new AtomicLong();

    private PartitionLog log(TestDirectory test, int partition, double ratio) {
        return test.directory.openLog("orders", partition, TestDirectory.TOPIC_ID,
            Compacted.config(160, new Compaction(ratio, 0, Long.MAX_VALUE, 0)));
    }

    private static void fill(TestDirectory test, PartitionLog log, int records) {
        for (int i = 0; i < records; i++) {
            test.append(log, Compacted.batch(NOW, "key" + i % 2, "value"));
        }
    }

    private LogCleaner cleaner(TestDirectory test) {
        return new LogCleaner(List.of(test.directory), OPTIONS, clock, nanos::get);
    }

    @Test
    void theDirtiestLogThatIsDueComesFirst() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog half = log(test, 0, 0.1);
            fill(test, half, 10);
            Compacted.clean(test, half, NOW);
            fill(test, half, 10);
            PartitionLog all = log(test, 1, 0.1);
            fill(test, all, 4);
            LogCleaner cleaner = cleaner(test);
            assertThat(cleaner.cleanNext()).isTrue();
            assertThat(all.writable().compaction().cleanedOffset()).isPositive();
            long before = half.writable().compaction().cleanedOffset();
            assertThat(cleaner.cleanNext()).isTrue();
            assertThat(half.writable().compaction().cleanedOffset()).isGreaterThan(before);
            assertThat(cleaner.cleanNext()).isFalse();
            assertThat(cleaner.progress().passes()).isEqualTo(2);
            assertThat(cleaner.progress().removedRecords()).isPositive();
            assertThat(cleaner.progress().bytes()).isPositive();
            assertThat(cleaner.progress().dueLogs()).isZero();
        }
    }

    @Test
    void logsThatAreNotCompactedAreLeftAlone() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(160));
            fill(test, log, 10);
            assertThat(cleaner(test).cleanNext()).isFalse();
            assertThat(Compacted.records(log)).hasSize(10);
        }
    }

    @Test
    void howDirtyLogsAreIsToldAlsoBeforeTheyAreDue() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = log(test, 0, 1);
            fill(test, log, 20);
            Compacted.clean(test, log, NOW);
            fill(test, log, 4);
            LogCleaner cleaner = cleaner(test);
            assertThat(cleaner.cleanNext()).isFalse();
            assertThat(cleaner.progress().maxDirtyRatio()).isBetween(0.1, 0.9);
            assertThat(cleaner.progress().dirtiest()).hasSize(1).first().asString().startsWith("topic orders, partition 0: ");
        }
    }

    @Test
    void aDamagedLogIsNamedAndTriedAgainLaterWhileOthersAreCompacted() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog damaged = log(test, 0, 0.1);
            fill(test, damaged, 10);
            PartitionLog whole = log(test, 1, 0.1);
            fill(test, whole, 10);
            byte[] before = flip(TestDirectory.segment(root, 0, ".log"));
            LogCleaner cleaner = cleaner(test);
            while (cleaner.cleanNext()) {
                assertThat(cleaner.progress().failedLogs()).isLessThanOrEqualTo(1);
            }
            assertThat(whole.writable().compaction().cleanedOffset()).isPositive();
            assertThat(damaged.writable().compaction().cleanedOffset()).isZero();
            assertThat(cleaner.progress().failures()).hasSize(1).first().asString().startsWith("topic orders, partition 0: ")
                .contains("damaged");
            assertThat(cleaner.progress().failedLogs()).isEqualTo(1);
            restore(TestDirectory.segment(root, 0, ".log"), before);
            assertThat(cleaner.cleanNext()).isFalse();
            nanos.addAndGet(TimeUnit.MINUTES.toNanos(2));
            assertThat(cleaner.cleanNext()).isTrue();
            assertThat(damaged.writable().compaction().cleanedOffset()).isPositive();
            assertThat(cleaner.cleanNext()).isFalse();
            assertThat(cleaner.progress().failures()).isEmpty();
        }
    }

    private static byte[] flip(Path path) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            byte[] old = new byte[1];
            file.seek(66);
            file.readFully(old);
            file.seek(66);
            file.write(~old[0]);
            return old;
        }
    }

    private static void restore(Path path, byte[] old) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(66);
            file.write(old);
        }
    }

    @Test
    @Timeout(60)
    void itRunsUntilItIsClosedAlsoInTheMiddleOfAPass() throws Exception {
        try (TestDirectory test = new TestDirectory(root, clock)) {
            PartitionLog log = log(test, 0, 0.1);
            test.append(log, Compacted.batch(NOW, "a", "x".repeat(3 << 20)));
            fill(test, log, 10);
            // At this pace the first MiB takes 12 days.
            LogCleaner cleaner = new LogCleaner(List.of(test.directory), new LogCleaner.Options(1 << 20, 8 << 20, 1, 1), clock);
            Thread thread = new Thread(cleaner, "cleaner");
            thread.start();
            while (cleaner.progress().current().isEmpty()) {
                Thread.onSpinWait();
            }
            cleaner.close();
            thread.join();
            assertThat(log.writable().compaction().cleanedOffset()).isZero();
            assertThat(cleaner.progress().hasEnded()).isFalse();
            assertThat(Compacted.records(log)).hasSize(11);
        }
    }

    @Test
    void itsEndIsKnownWhenNobodyAskedForIt() {
        LogCleaner cleaner = new LogCleaner(List.of(), OPTIONS, clock);
        Thread.currentThread().interrupt();
        cleaner.run();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(cleaner.progress().hasEnded()).isTrue();
    }

    @Test
    void whatIsBelowOneIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new LogCleaner.Options(0, 1, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new LogCleaner.Options(1, 0, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new LogCleaner.Options(1, 1, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new LogCleaner.Options(1, 1, 1, 0));
    }
}
