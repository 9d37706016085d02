package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.DamagedFile;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.segment.LogFolder;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files beside the records that are damaged, missing, or lie, and the one field of a batch that no checksum covers. */
class SmallFilesTest {
    private static final int[] EPOCHS = {0, 0, 0, 2, 2, 2, 2, 5, 5, 5};
    private static final int NEWEST = 6;
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int EPOCH_AT = 12;
    private static final int SIZE = batch(0, "v0").remaining();
    private static final LogConfig CONFIG = TestDirectory.segmentBytes(4L * SIZE);
    private static final String START = "log-start-offset-checkpoint";
    private static final String EPOCH_FILE = "leader-epoch-checkpoint";
    private static final String RECOVERY_POINT = "recovery-point-checkpoint";

    @TempDir
    Path root;
    private Path origin;
    private final List<DamagedFile> damages = new ArrayList<>();
    private int copies;

    @BeforeEach
    void fill() {
        origin = root.resolve("origin");
        try (TestDirectory test = open(origin)) {
            PartitionLog log = test.log(CONFIG);
            for (int i = 0; i < EPOCHS.length; i++) {
                test.directory.append(log, List.of(batch(i, "v" + i)), EPOCHS[i]).join();
            }
        }
    }

    private TestDirectory open(Path folder) {
        return new TestDirectory(folder, new SettableClock(0), new LogObserver() {
            @Override
            public void damagedFile(DamagedFile damage) {
                damages.add(damage);
            }
        }, FileAccess.DISK, TestDirectory.OPTIONS);
    }

    private Path copy() {
        damages.clear();
        return TestDirectory.copy(origin, root.resolve("copy" + copies++));
    }

    private static PartitionLog log(TestDirectory test) {
        return test.directory.openLog("orders", 0, TestDirectory.TOPIC_ID, CONFIG, NEWEST);
    }

    /** Everything that was acknowledged is there, in its epoch, and produce goes on at an offset that is new. */
    private void assertWhole(Path folder, String what) {
        try (TestDirectory test = open(folder)) {
            PartitionLog log = log(test);
            assertThat(log.logStartOffset()).as(what).isZero();
            TreeMap<Long, String> read = new TreeMap<>();
            List<Integer> readEpochs = new ArrayList<>();
            for (long offset = 0; offset < EPOCHS.length; offset++) {
                RecordBatch one = RecordBatch.at(log.read(offset, Long.MAX_VALUE, 1));
                read.put(one.baseOffset(), values(one.buffer()).get(0));
                readEpochs.add(one.leaderEpoch());
            }
            for (int i = 0; i < EPOCHS.length; i++) {
                assertThat(read).as(what).containsEntry((long) i, "v" + i);
                assertThat(readEpochs.get(i)).as(what + ", epoch at " + i).isEqualTo(EPOCHS[i]);
            }
            long next = test.directory.append(log, List.of(batch(50, "new")), NEWEST).join().baseOffset();
            assertThat(next).as(what).isGreaterThanOrEqualTo(EPOCHS.length);
            assertThat(log.epochOfLastRecord()).as(what).isEqualTo(NEWEST);
        }
        try (TestDirectory test = open(folder)) {
            assertThat(log(test).epochOfLastRecord()).as(what + ", after another restart").isEqualTo(NEWEST);
        }
    }

    @Test
    void aStartBeyondTheEndIsSaidAndNothingIsRemoved() throws Exception {
        Path copy = copy();
        Files.writeString(copy.resolve("orders-0").resolve(START), "0\n1000000\n");
        assertWhole(copy, "beyond the end");
        assertThat(damages).singleElement().satisfies(damage -> assertThat(damage.message()).contains(START,
            "topic orders, partition 0", "begins at offset 1000000, but it ends at 10"));
    }

    @Test
    void aStartWrittenByTheLogItselfBeyondTheEndRemovesNothingEither() throws Exception {
        Path copy = copy();
        new LogFolder(copy.resolve("orders-0"), new OpenFiles(10)).logStartOffset().write(77);
        assertWhole(copy, "of a newer copy");
        assertThat(damages).hasSize(1);
    }

    @Test
    void aStartWithoutAChecksumHidesRecordsButRemovesNone() throws Exception {
        Path copy = copy();
        Files.writeString(copy.resolve("orders-0").resolve(START), "0\n9\n");
        try (TestDirectory test = open(copy)) {
            assertThat(log(test).logStartOffset()).isEqualTo(9);
        }
        Files.delete(copy.resolve("orders-0").resolve(START));
        assertWhole(copy, "without the file");
    }

    @Test
    void aRecoveryPointBeyondAnUndamagedEndIsNotBelievedUnlessTheLogWroteIt() throws Exception {
        Path copy = copy();
        Files.writeString(copy.resolve("orders-0").resolve(RECOVERY_POINT), "0\n1000000\n");
        assertWhole(copy, "beyond the end");
        assertThat(damages).singleElement().satisfies(damage -> assertThat(damage.message()).contains(RECOVERY_POINT,
            "up to offset 1000000", "ends, undamaged, at 10"));
        Path shortened = copy();
        new LogFolder(shortened.resolve("orders-0"), new OpenFiles(10)).recoveryPoint().write(20);
        try (TestDirectory test = open(shortened)) {
            assertThat(log(test).logEndOffset()).as("no offset is given twice").isEqualTo(20);
        }
    }

    @Test
    void epochsThatCannotBeAreMadeAnewFromTheBatches() throws Exception {
        String[] lies = {"0\n2\n5 0\n2 4\n", "0\n2\n0 4\n2 0\n", "0\n1\n900000 0\n", "0\n1\n900000 5000\n", "0\n0\n",
            "0\n1\n0 0\n", "0\n1\n5 0\n", "0\n2\n0 0\n5 7\n", "0\n3\n0 0\n2 4\n5 7\n", "0\n3\n0 0\n2 3\n6 7\n", "\u0000\n"};
        for (String lie : lies) {
            Path copy = copy();
            Files.writeString(copy.resolve("orders-0").resolve(EPOCH_FILE), lie);
            assertWhole(copy, lie.replace('\n', ','));
            assertThat(damages).as(lie).isNotEmpty().allSatisfy(damage ->
                assertThat(damage.message()).contains(EPOCH_FILE));
        }
    }

    @Test
    void anEpochFileThatFitsTheBatchesAndIsNotWhatWasWrittenIsMadeAnewFromThem() throws Exception {
        Path copy = copy();
        Path file = copy.resolve("orders-0").resolve(EPOCH_FILE);
        new LogFolder(copy.resolve("orders-0"), new OpenFiles(10)).logStartOffset().write(4);
        assertThat(Files.readString(file)).startsWith("0\n3\n0 0\n2 3\n5 7\n");
        Files.writeString(file, Files.readString(file).replace("2 3", "2 1"));
        try (TestDirectory test = open(copy)) {
            assertThat(log(test).endOffsetOf(2).endOffset()).isEqualTo(7);
        }
        assertThat(damages).isNotEmpty().allSatisfy(damage -> assertThat(damage.message()).contains(EPOCH_FILE));
        damages.clear();
        try (TestDirectory test = open(copy)) {
            assertThat(log(test).epochOfLastRecord()).isEqualTo(5);
        }
        assertThat(damages).as("it was written anew").isEmpty();
    }

    @Test
    void anEpochFileOfAnEarlierVersionHasNoChecksumAndIsRead() throws Exception {
        Path copy = copy();
        Files.writeString(copy.resolve("orders-0").resolve(EPOCH_FILE), "0\n3\n0 0\n2 3\n5 7\n");
        assertWhole(copy, "an earlier version's");
        assertThat(damages).isEmpty();
    }

    @Test
    void anEpochFileThatLiesBesideAnEmptyLogDoesNotStopProduce() throws Exception {
        Path empty = root.resolve("empty");
        open(empty).close();
        try (TestDirectory test = open(empty)) {
            test.log(CONFIG);
        }
        Files.writeString(empty.resolve("orders-0").resolve(EPOCH_FILE), "0\n1\n900000 0\n");
        try (TestDirectory test = open(empty)) {
            assertThat(test.directory.append(log(test), List.of(batch(1, "a")), NEWEST).join().baseOffset()).isZero();
        }
    }

    @Test
    void whicheverBitOfABatchsEpochFlipsRecordsAndProduceStayAndAFollowerTakesThem() throws Exception {
        for (int victim : new int[] {0, 2, 6, 9}) {
            for (int bit = 0; bit < 32; bit += victim == 2 || LONG ? 1 : 5) {
                Path copy = copy();
                flipEpoch(copy, victim, bit);
                if (bit % 2 == 0) {
                    Files.delete(copy.resolve("orders-0").resolve(RECOVERY_POINT));
                }
                String what = "batch " + victim + ", bit " + bit;
                if (victim == 2 && bit == 1) {
                    continue; // It says 2 then, as the next one does: nothing tells that it was not so.
                }
                if (bit % 4 == 0) {
                    assertFollowerTakes(copy, what);
                }
                assertWhole(copy, what);
            }
        }
    }

    @Test
    void anEpochThatReadersWouldBeMisledByIsToldOnce() throws Exception {
        Path copy = copy();
        flipEpoch(copy, 1, 20);
        try (TestDirectory test = open(copy)) {
            PartitionLog log = log(test);
            for (int i = 0; i < 3; i++) {
                assertThat(RecordBatch.at(log.read(1, Long.MAX_VALUE, 1)).leaderEpoch()).isZero();
            }
        }
        assertThat(damages).singleElement().satisfies(damage -> assertThat(damage.message())
            .contains("00000000000000000000.log", "leader epoch of the batch at offset 1"));
    }

    private void assertFollowerTakes(Path leader, String what) {
        Path follower = root.resolve("follower" + copies);
        try (TestDirectory from = open(leader); TestDirectory to = open(follower)) {
            PartitionLog source = log(from);
            PartitionLog target = log(to);
            while (target.logEndOffset() < source.logEndOffset()) {
                to.directory.appendReplicated(target, source.read(target.logEndOffset(), Long.MAX_VALUE, 1 << 20), NEWEST).join();
            }
            assertThat(target.logEndOffset()).as(what).isEqualTo(EPOCHS.length);
        }
    }

    @Test
    void anyDamageOfAnySmallFileLosesNothing() throws Exception {
        long seed = Long.getLong("millrace.seed", 20_261_125);
        Random random = new Random(seed);
        for (int round = 0; round < (LONG ? 600 : 36); round++) {
            Path copy = copy();
            List<Path> small = new ArrayList<>();
            for (String name : List.of(EPOCH_FILE, RECOVERY_POINT, START)) {
                small.add(copy.resolve("orders-0").resolve(name));
            }
            new LogFolder(copy.resolve("orders-0"), new OpenFiles(10)).logStartOffset().write(0);
            Path victim = small.get(round % small.size());
            String how = damage(victim, random);
            assertWhole(copy, "seed " + seed + ", round " + round + ": " + how + " " + victim.getFileName());
        }
    }

    private static String damage(Path file, Random random) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        switch (random.nextInt(6)) {
            case 0:
                Files.delete(file);
                return "deleted";
            case 1:
                Files.write(file, new byte[0]);
                return "emptied";
            case 2:
                Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
                return "truncated";
            case 3:
                random.nextBytes(bytes);
                Files.write(file, bytes);
                return "garbage";
            case 4:
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bytes);
                return "one bit";
            default:
                String lie = "0\n" + (random.nextBoolean() ? "1\n7 " : "") + random.nextInt(1_000_000) + "\n";
                if (file.endsWith(START)) {
                    lie = "0\n" + (EPOCHS.length + 1 + random.nextInt(1_000_000)) + "\n";
                }
                Files.write(file, lie.getBytes(StandardCharsets.UTF_8));
                return "a lie";
        }
    }

    static void unexpected(String damage) {
        throw new AssertionError(damage);
    }

    private static void flipEpoch(Path folder, int victim, int bit) throws IOException {
        Path segment = TestDirectory.segment(folder, victim / 4 * 4, ".log");
        byte[] bytes = Files.readAllBytes(segment);
        int at = victim % 4 * SIZE + EPOCH_AT;
        bytes[at + 3 - bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(segment, bytes);
    }
}
