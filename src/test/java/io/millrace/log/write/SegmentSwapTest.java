package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.CorruptLogException;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.LogFile;
import io.millrace.log.file.TestFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments that were written anew take the place of others: a crash, or an error, before every single step of that. */
class SegmentSwapTest {
    private static final long NOW = 1_000;
    private static final Map<String, String> TABLE = Map.of("key0", "value9", "key1", "value10", "key2", "value11");

    @TempDir
    Path temp;

    /** Copies the folder before each change of a name, as a crash would leave it, or lets one fail. */
    private static final class Watched extends TestFiles {
        private final Path root;
        private final Path copies;
        private final List<Path> moments = new ArrayList<>();
        private volatile boolean watching;
        private volatile int failAt = -1;
        private int changes;

        private Watched(Path root, Path copies) {
            this.root = root;
            this.copies = copies;
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            change();
            super.move(from, to);
        }

        @Override
        public void deleteIfExists(Path path) throws IOException {
            change();
            super.deleteIfExists(path);
        }

        private void change() throws IOException {
            if (watching) {
                if (failAt == changes++) {
                    throw new IOException("simulated");
                }
                if (failAt < 0) {
                    moments.add(TestDirectory.copy(root, copies.resolve("moment" + moments.size())));
                }
            }
        }
    }

    private static void fill(TestDirectory test, PartitionLog log) {
        for (int i = 0; i < 12; i++) {
            test.append(log, Compacted.batch(NOW, "key" + i % 3, "value" + i));
        }
    }

    private static TestDirectory open(Path root, FileAccess files, List<CorruptLogException> damages) {
        LogObserver observer = new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        };
        return new TestDirectory(root, new SettableClock(0), observer, files, TestDirectory.OPTIONS);
    }

    @Test
    void afterACrashBeforeAnyStepTheLogIsTheOldOneOrTheNewOne() throws Exception {
        Path root = temp.resolve("log");
        Watched files = new Watched(root, temp);
        try (TestDirectory test = open(root, files, new ArrayList<>())) {
            PartitionLog log = test.log(Compacted.config(160));
            fill(test, log);
            files.watching = true;
            Compacted.clean(test, log, NOW);
            files.watching = false;
        }
        assertThat(files.moments).hasSizeGreaterThan(15);
        int before = 0;
        for (Path moment : files.moments) {
            before += check(moment) > 10 ? 1 : 0;
        }
        assertThat(before).as("moments at which the old segments count").isBetween(2, files.moments.size() - 2);
    }

    @Test
    void afterAnErrorAtAnyStepNothingIsLostAndARestartEndsWhatWasBegun() throws Exception {
        boolean failed = true;
        for (int step = 0; failed; step++) {
            Path root = temp.resolve("failed" + step);
            Watched files = new Watched(root, temp);
            try (TestDirectory test = open(root, files, new ArrayList<>())) {
                PartitionLog log = test.log(Compacted.config(160));
                fill(test, log);
                files.failAt = step;
                files.watching = true;
                failed = fails(test, log);
                files.watching = false;
            }
            check(root);
        }
    }

    private static boolean fails(TestDirectory test, PartitionLog log) {
        try {
            Compacted.clean(test, log, NOW);
            return false;
        } catch (Exception expected) {
            assertThat(expected).hasStackTraceContaining("simulated");
            return true;
        }
    }

    /** @return records in the log */
    private static int check(Path root) {
        List<CorruptLogException> damages = new CopyOnWriteArrayList<>();
        int records;
        try (TestDirectory test = open(root, FileAccess.DISK, damages)) {
            PartitionLog log = test.log(Compacted.config(160));
            assertThat(log.logEndOffset()).isEqualTo(12);
            assertThat(Compacted.table(Compacted.records(log))).isEqualTo(TABLE);
            records = Compacted.records(log).size();
            test.append(log, Compacted.batch(NOW, "key0", "new"));
            assertThat(Compacted.table(Compacted.records(log))).containsEntry("key0", "new");
            assertThat(names(root)).noneMatch(name -> name.endsWith(".swap") || name.endsWith(".cleaned")
                || name.endsWith(".deleted"));
        }
        assertThat(damages).isEmpty();
        return records;
    }

    private static List<String> names(Path root) {
        try (Stream<Path> files = Files.list(root.resolve("orders-0"))) {
            return files.map(Path::toString).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void damageInASegmentThatTakesItsPlaceCostsNoOther() throws Exception {
        Path root = temp.resolve("log");
        Watched files = new Watched(root, temp);
        try (TestDirectory test = open(root, files, new ArrayList<>())) {
            PartitionLog log = test.log(Compacted.config(160));
            fill(test, log);
            log.reconfigure(Compacted.config(400));
            for (int i = 0; i < 12; i++) {
                test.append(log, Compacted.batch(NOW, "other" + i, "value"));
            }
            files.watching = true;
            Compacted.clean(test, log, NOW);
            files.watching = false;
        }
        int found = 0;
        for (Path moment : files.moments) {
            List<Path> swaps;
            try (Stream<Path> all = Files.walk(moment)) {
                swaps = all.filter(file -> file.toString().endsWith(".swap") && file.toString().contains(".log.")).toList();
            }
            for (Path swap : swaps) {
                try (RandomAccessFile file = new RandomAccessFile(swap.toFile(), "rw")) {
                    file.seek(23); // the last offset delta of the first batch
                    file.writeInt(1 << 20);
                }
                found++;
                try (TestDirectory test = open(moment, FileAccess.DISK, new ArrayList<>())) {
                    PartitionLog log = test.log(Compacted.config(160));
                    assertThat(log.logEndOffset()).isEqualTo(24);
                    assertThat(Compacted.text(Batches.records(log.read(23, Long.MAX_VALUE, 1)).get(0).key())).isEqualTo("other11");
                }
            }
        }
        assertThat(found).isPositive();
    }

    @Test
    void aCrashAnywhereInACutThatTakesTheWholeLogLeavesAllOfItOrNothing() throws Exception {
        Path root = temp.resolve("log");
        Path copies = temp.resolve("copies");
        List<Path> moments = new ArrayList<>();
        try (TestDirectory test = open(root, new TestFiles() {
            @Override
            public LogFile open(Path path, OpenOption... options) throws IOException {
                if (watching && path.getFileName().toString().contains("checkpoint")) {
                    moments.add(TestDirectory.copy(root, copies.resolve("moment" + moments.size())));
                }
                return super.open(path, options);
            }
        }, new ArrayList<>())) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, Compacted.config(160),
                Integer.MAX_VALUE);
            fill(test, log);
            log.raiseHighWatermark(12);
            Compacted.clean(test, log, NOW);
            watching = true;
            assertThat(test.directory.truncateTo(log, 5, Truncation.UNCLEAN).join()).isZero();
            watching = false;
        }
        assertThat(moments).hasSizeGreaterThan(2);
        for (Path moment : moments) {
            for (int gone = 0; gone < 3; gone++) {
                Path copy = TestDirectory.copy(moment, temp.resolve(moment.getFileName() + "-" + gone));
                removeNewest(copy, moment.equals(moments.get(0)) ? 0 : gone);
                try (TestDirectory test = open(copy, FileAccess.DISK, new ArrayList<>())) {
                    PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, Compacted.config(160),
                        Integer.MAX_VALUE);
                    if (log.logEndOffset() > 0) {
                        assertThat(Compacted.table(Compacted.records(log))).isEqualTo(TABLE);
                    } else {
                        assertThat(log.highWatermark()).isZero();
                        assertThat(log.cleanedOffset()).isZero();
                    }
                }
            }
        }
    }

    private volatile boolean watching;

    private static void removeNewest(Path root, int count) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("orders-0"))) {
            List<Path> segments = files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
            for (Path segment : segments.subList(Math.max(0, segments.size() - count), segments.size())) {
                Files.delete(segment);
            }
        }
    }

    @Test
    void aLogThatBeginsAnewBeforeItsStartIsCleanedFromThereOn() throws Exception {
        Path root = temp.resolve("log");
        try (TestDirectory test = open(root, FileAccess.DISK, new ArrayList<>())) {
            PartitionLog log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, Compacted.config(160),
                Integer.MAX_VALUE);
            log.beginAnew(100, Truncation.UNCLEAN).join();
            fill(test, log);
            log.raiseHighWatermark(112);
            Compacted.clean(test, log, NOW);
            assertThat(log.cleanedOffset()).isGreaterThan(100);
            log.beginAnew(50, Truncation.UNCLEAN).join();
            assertThat(log.cleanedOffset()).isLessThanOrEqualTo(50);
            assertThat(log.highWatermark()).isLessThanOrEqualTo(50);
        }
    }

    @Test
    void aForceThatFailsInTheCleanerTakesTheDirectoryOffline() throws Exception {
        Path root = temp.resolve("log");
        TestFiles files = new TestFiles();
        try (TestDirectory test = open(root, files, new ArrayList<>())) {
            PartitionLog log = test.log(Compacted.config(160));
            fill(test, log);
            files.forcesFail = true;
            assertThatThrownBy(() -> Compacted.clean(test, log, NOW)).isInstanceOf(Exception.class);
            files.forcesFail = false;
            assertThat(test.directory.failure()).isNotNull();
            assertThat(log.cleanedOffset()).isZero();
        }
    }
}
