package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.CorruptLogException;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.compact.BoundedSegment;
import io.millrace.log.compact.LogCleaning;
import io.millrace.log.file.FileAccess;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A crash after every single step in which segments that were written anew take the place of others. */
class SegmentSwapTest {
    private static final List<String> SUFFIXES = List.of(".index", ".timeindex", ".log");

    @TempDir
    Path temp;

    private interface Step {
        void take() throws IOException;
    }

    @Test
    void afterACrashBetweenAnyTwoStepsTheLogIsTheOldOneOrTheNewOne() throws Exception {
        int steps = 1;
        for (int taken = 0; taken <= steps; taken++) {
            Path root = temp.resolve("after" + taken);
            List<Step> all = prepare(root);
            steps = all.size();
            for (Step step : all.subList(0, taken)) {
                step.take();
            }
            check(root, "after " + taken + " of " + steps + " steps");
        }
    }

    /** Leaves a folder with a segment that is written and not installed, and says what an installation does. */
    private static List<Step> prepare(Path root) throws Exception {
        List<Long> replaced = new ArrayList<>();
        Path folder = root.resolve("orders-0");
        Path copy = root.resolveSibling(root.getFileName() + "-open");
        try (TestDirectory test = new TestDirectory(copy)) {
            PartitionLog log = test.log(Compacted.config(160));
            for (int i = 0; i < 12; i++) {
                test.append(log, Compacted.batch(1_000, "key" + i % 3, "value" + i));
            }
            CleanableLog what = CleanableLog.of(log, log.config().cleanup().compaction().orElseThrow(), 1_000);
            LogFolder files = log.writable().compaction().folder();
            LogCleaning cleaning = new LogCleaning(new LogCleaning.Source(files, what.segments(), 0, 1 << 20, 100), 1 << 20,
                1_000, 10_000, false, bytes -> { });
            cleaning.scan();
            List<BoundedSegment> group = cleaning.groups().get(0);
            assertThat(group).hasSizeGreaterThan(3);
            cleaning.write(group).orElseThrow();
            group.stream().map(BoundedSegment::segment).map(Segment::baseOffset).forEach(replaced::add);
            TestDirectory.copy(copy, root);
        }
        List<Step> steps = new ArrayList<>();
        for (String suffix : SUFFIXES) {
            steps.add(() -> move(file(folder, 0, suffix + ".cleaned"), file(folder, 0, suffix + ".swap")));
        }
        for (long base : replaced.subList(1, replaced.size())) {
            for (String suffix : List.of(".log", ".index", ".timeindex")) {
                steps.add(() -> Files.delete(file(folder, base, suffix)));
            }
        }
        for (String suffix : SUFFIXES) {
            steps.add(() -> move(file(folder, 0, suffix + ".swap"), file(folder, 0, suffix)));
        }
        return steps;
    }

    private static Path file(Path folder, long base, String suffix) {
        return folder.resolve("%020d%s".formatted(base, suffix));
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void check(Path root, String when) throws Exception {
        List<CorruptLogException> damages = new CopyOnWriteArrayList<>();
        LogObserver observer = new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        };
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), observer, FileAccess.DISK,
                TestDirectory.OPTIONS)) {
            PartitionLog log = test.log(Compacted.config(160));
            assertThat(log.logEndOffset()).as(when).isEqualTo(12);
            assertThat(Compacted.table(Compacted.records(log))).as(when)
                .isEqualTo(Map.of("key0", "value9", "key1", "value10", "key2", "value11"));
            test.append(log, Compacted.batch(1_000, "key0", "new"));
            assertThat(Compacted.table(Compacted.records(log))).as(when).containsEntry("key0", "new");
            assertThat(names(root)).as(when).noneMatch(name -> name.endsWith(".swap") || name.endsWith(".cleaned"));
        }
        assertThat(damages).as(when).isEmpty();
    }

    private static List<String> names(Path root) {
        try (Stream<Path> files = Files.list(root.resolve("orders-0"))) {
            return files.map(Path::toString).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
