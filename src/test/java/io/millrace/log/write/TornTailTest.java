package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.CorruptLogException;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.FileAccess;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a killed process leaves at the end of a log. */
class TornTailTest {
    private static final int BATCHES = 8;

    @TempDir
    Path root;

    private Path crashed;
    private final List<Long> ends = new ArrayList<>();
    private final List<CorruptLogException> damages = new ArrayList<>();
    private int copies;

    @BeforeEach
    void crash() {
        Path origin = root.resolve("origin");
        try (TestDirectory test = new TestDirectory(origin)) {
            PartitionLog log = test.log();
            for (int i = 0; i < BATCHES; i++) {
                test.append(log, batch(i, "v" + i));
                ends.add(log.sizeInBytes());
            }
            crashed = TestDirectory.copy(origin, root.resolve("crashed"));
        }
    }

    private TestDirectory reopen(Path copy) {
        return new TestDirectory(copy, new SettableClock(0), new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        }, FileAccess.DISK, TestDirectory.OPTIONS);
    }

    private Path copy() {
        return TestDirectory.copy(crashed, root.resolve("copy" + copies++));
    }

    private static List<String> valuesUpTo(int count) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add("v" + i);
        }
        return values;
    }

    private void assertHolds(Path copy, int whole) {
        try (TestDirectory test = reopen(copy)) {
            PartitionLog log = test.log();
            assertThat(allValues(log, 0)).isEqualTo(valuesUpTo(whole));
            assertThat(log.logEndOffset()).isEqualTo(whole);
            assertThat(TestDirectory.segment(copy, 0, ".log")).hasSize(whole == 0 ? 0 : ends.get(whole - 1));
            test.append(log, batch(9, "next"));
        }
        try (TestDirectory test = reopen(copy)) {
            assertThat(allValues(test.log(), 0)).isEqualTo(concat(valuesUpTo(whole), "next"));
        }
        assertThat(damages).as("a torn end is no damage").isEmpty();
    }

    private static List<String> concat(List<String> values, String last) {
        List<String> all = new ArrayList<>(values);
        all.add(last);
        return all;
    }

    @Test
    void aLogThatIsCutAtAnyByteHoldsTheWholeBatchesBeforeItAndNothingElse() throws Exception {
        long from = ends.get(BATCHES - 3);
        for (long end = from; end <= ends.get(BATCHES - 1); end++) {
            Path copy = copy();
            try (RandomAccessFile file = new RandomAccessFile(TestDirectory.segment(copy, 0, ".log").toFile(), "rw")) {
                file.setLength(end);
            }
            long cut = end;
            assertHolds(copy, (int) ends.stream().filter(whole -> whole <= cut).count());
        }
    }

    @Test
    void aLogOfNothingButATornBatchIsEmpty() throws Exception {
        Path copy = copy();
        try (RandomAccessFile file = new RandomAccessFile(TestDirectory.segment(copy, 0, ".log").toFile(), "rw")) {
            file.setLength(40);
        }
        assertHolds(copy, 0);
    }

    @Test
    void zerosAtTheEndAreCutOff() throws Exception {
        for (int zeros : new int[] {1, 11, 61, 100, 5000, 300_000}) {
            Path copy = copy();
            Files.write(TestDirectory.segment(copy, 0, ".log"), new byte[zeros], StandardOpenOption.APPEND);
            assertHolds(copy, BATCHES);
        }
    }

    @Test
    void aLastBatchWhosePagesAreZerosIsCutOff() throws Exception {
        Path copy = copy();
        Path segment = TestDirectory.segment(copy, 0, ".log");
        byte[] bytes = Files.readAllBytes(segment);
        Arrays.fill(bytes, Math.toIntExact(ends.get(BATCHES - 2)), bytes.length, (byte) 0);
        Files.write(segment, bytes);
        assertHolds(copy, BATCHES - 1);
    }

    @Test
    void garbageAtTheEndIsCutOff() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < 20; i++) {
            Path copy = copy();
            byte[] garbage = new byte[1 + random.nextInt(2000)];
            random.nextBytes(garbage);
            Files.write(TestDirectory.segment(copy, 0, ".log"), garbage, StandardOpenOption.APPEND);
            assertHolds(copy, BATCHES);
        }
    }

    @Test
    void aLengthFieldThatClaimsHugeBytesTakesNoMemoryAndIsCutOff() throws Exception {
        Path copy = copy();
        Path segment = TestDirectory.segment(copy, 0, ".log");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[Math.toIntExact(ends.get(BATCHES - 2)) + 8] = 0x7f;
        Files.write(segment, bytes);
        assertHolds(copy, BATCHES - 1);
    }

    @Test
    void halfWrittenCheckpointsAndOrphanedIndexesAreRemoved() throws Exception {
        Path copy = copy();
        Path folder = copy.resolve("orders-0");
        Files.writeString(folder.resolve("recovery-point-checkpoint.tmp"), "0\n9");
        Files.writeString(folder.resolve("00000000000000000003.index"), "12345678");
        Files.writeString(folder.resolve("00000000000000000003.timeindex"), "123456789012");
        Files.writeString(folder.resolve("00000000000000000003.log.deleted"), "x");
        assertHolds(copy, BATCHES);
        assertThat(folder.toFile().list()).hasSize(6);
    }

    @Test
    void damagedCheckpointsLoseNoRecord() throws Exception {
        Path copy = copy();
        Path folder = copy.resolve("orders-0");
        for (String name : new String[] {"recovery-point-checkpoint", "log-start-offset-checkpoint",
            "leader-epoch-checkpoint", "partition.metadata"}) {
            Files.write(folder.resolve(name), new byte[] {0, 0, 0, 0});
        }
        assertHolds(copy, BATCHES);
    }

    @Test
    void aFolderThatACrashLeftWithoutAnyFileIsANewLog() throws Exception {
        Path copy = root.resolve("fresh");
        Files.createDirectories(copy.resolve("orders-0"));
        try (TestDirectory test = reopen(copy)) {
            assertThat(test.directory.found()).containsExactly(new LogDirectory.Found("orders", 0, null));
            PartitionLog log = test.log();
            test.append(log, batch(1, "a"));
            assertThat(test.directory.found())
                .containsExactly(new LogDirectory.Found("orders", 0, TestDirectory.TOPIC_ID));
            assertThat(allValues(log, 0)).containsExactly("a");
        }
    }
}
