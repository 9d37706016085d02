package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.CommittedRecordsException;
import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedRange;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.TestFiles;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged batches that another replica has are put into their place, and nothing that is good is ever out of reach. */
class HealingTest {
    private static final int BATCHES = 12;
    private static final int PER_SEGMENT = 4;
    private static final int SIZE = batch(1, "v00").remaining();
    private static final LogConfig CONFIG = TestDirectory.segmentBytes(PER_SEGMENT * (long) SIZE);
    private static final Executor HERE = Runnable::run;

    @TempDir
    Path temp;
    private Path root;
    private final TestFiles files = new TestFiles();
    private final List<CorruptLogException> damages = new ArrayList<>();
    private TestDirectory test;
    private TestDirectory healthy;
    private PartitionLog log;
    private PartitionLog source;

    @BeforeEach
    void fill() {
        root = temp.resolve("logs");
        healthy = new TestDirectory(temp.resolve("healthy"));
        source = healthy.log(CONFIG);
        for (int i = 0; i < BATCHES; i++) {
            healthy.append(source, batch(i, value(i)));
        }
        TestDirectory.copy(temp.resolve("healthy"), root);
        open(root);
    }

    private void open(Path folder) {
        root = folder;
        test = new TestDirectory(root, new SettableClock(0), new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        }, files, TestDirectory.OPTIONS);
        log = test.log(CONFIG);
    }

    @AfterEach
    void close() {
        test.close();
        healthy.close();
    }

    private static String value(int i) {
        return "v%02d".formatted(i);
    }

    private void damage(int... batches) throws IOException {
        for (int victim : batches) {
            Path segment = TestDirectory.segment(root, victim / PER_SEGMENT * PER_SEGMENT, ".log");
            byte[] bytes = Files.readAllBytes(segment);
            bytes[victim % PER_SEGMENT * SIZE + 70] ^= 0x41;
            Files.write(segment, bytes);
        }
    }

    /** What the other replica has of a range. */
    private ByteBuffer fetched(DamagedRange range) {
        ByteBuffer all = ByteBuffer.allocate(1 << 16);
        long offset = range.from();
        while (offset < range.to()) {
            ByteBuffer read = source.read(offset, range.to(), 1 << 16);
            for (RecordBatch batch : RecordBatch.in(read)) {
                offset = batch.lastOffset() + 1;
            }
            all.put(read);
        }
        return all.flip();
    }

    private CompletableFuture<Long> heal(long offset, Executor executor) {
        return test.directory.replaceRange(log, fetched(log.damagedRange(offset).orElseThrow()), executor);
    }

    /** Copies in a thread of its own, after something else has happened. */
    private static Executor after(Runnable first) {
        return copy -> new Thread(() -> {
            first.run();
            copy.run();
        }, "copier").start();
    }

    private void assertWhole() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            expected.add(value(i));
            assertThat(values(log.read(i, Long.MAX_VALUE, 1))).containsExactly(value(i));
            assertThat(log.offsetForTimestamp(i).orElseThrow().offset()).isEqualTo(i);
        }
        assertThat(allValues(log, 0).subList(0, BATCHES)).isEqualTo(expected);
    }

    private List<Path> leftovers() throws IOException {
        try (Stream<Path> entries = Files.list(root.resolve("orders-0"))) {
            return entries.filter(file -> file.toString().matches(".*\\.(cleaned|swap|deleted)")).toList();
        }
    }

    @Test
    void damageIsFoundInWholeBatches() throws Exception {
        damage(1, 2, 7);
        assertThat(log.damagedRange(0)).isEmpty();
        assertThat(log.damagedRange(1)).hasValue(new DamagedRange(1, 3));
        assertThat(log.damagedRange(2)).hasValue(new DamagedRange(1, 3));
        assertThat(log.damagedRange(3)).isEmpty();
        assertThat(log.damagedRange(7)).hasValue(new DamagedRange(7, 8));
        assertThatThrownBy(() -> log.damagedRange(12)).isInstanceOf(OffsetOutOfRangeException.class);
    }

    @Test
    void aDamagedRangeOfASealedSegmentIsReplacedAndAllIsThereAgain() throws Exception {
        damage(1, 2);
        assertThatThrownBy(() -> log.read(1, Long.MAX_VALUE, 1)).isInstanceOf(CorruptLogException.class);
        assertThat(heal(2, HERE).join()).isEqualTo(3);
        assertWhole();
        assertThat(Files.mismatch(TestDirectory.segment(root, 0, ".log"),
            TestDirectory.segment(temp.resolve("healthy"), 0, ".log"))).isEqualTo(-1);
        assertThat(leftovers()).isEmpty();
        assertThat(log.sizeInBytes()).isEqualTo(source.sizeInBytes());
        test.close();
        Files.delete(root.resolve("orders-0/recovery-point-checkpoint"));
        damages.clear();
        open(root);
        assertWhole();
        assertThat(damages).isEmpty();
    }

    @Test
    void whatIsLeftOfACopyThatWasGivenUpIsInNobodysWayAndGoesWithTheNextStart() throws Exception {
        damage(1, 2);
        Files.writeString(root.resolve("orders-0/00000000000000000000.log.1.cleaned"), "left");
        assertThat(heal(2, HERE).join()).isEqualTo(3);
        assertWhole();
        test.close();
        open(root);
        assertThat(leftovers()).isEmpty();
        assertWhole();
    }

    @Test
    void goodCopiesBehindAndBetweenDamageStayAndEachDamageCanBeHealedByItself() throws Exception {
        damage(0, 2, 6, 11);
        for (int victim : new int[] {2, 6, 0}) {
            heal(victim, HERE).join();
            for (int i = 0; i < 11; i++) {
                int offset = i;
                if (log.damagedRange(i).isEmpty()) {
                    assertThat(values(log.read(i, Long.MAX_VALUE, 1))).containsExactly(value(i));
                } else {
                    assertThatThrownBy(() -> log.read(offset, Long.MAX_VALUE, 1)).isInstanceOf(CorruptLogException.class);
                }
            }
            assertThat(log.damagedRange(victim)).isEmpty();
            assertThat(log.damagedRange(11)).isPresent();
        }
        heal(11, HERE).join();
        assertWhole();
    }

    @Test
    void theActiveSegmentIsSealedFirstAndAppendsGoOnMeanwhile() throws Exception {
        for (int i = 0; i < 2; i++) {
            test.append(log, batch(50, "later" + i));
        }
        healthy.append(source, batch(50, "later0"));
        Path active = TestDirectory.segment(root, 12, ".log");
        byte[] bytes = Files.readAllBytes(active);
        bytes[70] ^= 0x41;
        Files.write(active, bytes);
        assertThat(log.damagedRange(12)).hasValue(new DamagedRange(12, 13));
        assertThat(heal(12, after(() -> test.append(log, batch(51, "meanwhile")))).join()).isEqualTo(13);
        assertThat(allValues(log, 12)).containsExactly("later0", "later1", "meanwhile");
        assertWhole();
    }

    @Test
    void bytesThatAreMissingAtASegmentsEndAreFilledIn() throws Exception {
        test.close();
        Path segment = TestDirectory.segment(root, 4, ".log");
        Files.write(segment, java.util.Arrays.copyOf(Files.readAllBytes(segment), 2 * SIZE - 10));
        open(root);
        assertThat(log.damagedRange(6)).hasValue(new DamagedRange(5, 8));
        heal(6, HERE).join();
        assertWhole();
    }

    @Test
    void whatReachesIntoTheNextSegmentIsLeftForTheNextCall() throws Exception {
        damage(3, 4);
        assertThat(test.directory.replaceRange(log, fetched(new DamagedRange(3, 5)), HERE).join()).isEqualTo(4);
        assertThat(test.directory.replaceRange(log, fetched(new DamagedRange(4, 5)), HERE).join()).isEqualTo(5);
        assertWhole();
    }

    @Test
    void whatDoesNotFitIsRefusedAndChangesNothing() throws Exception {
        damage(1, 2);
        assertThatThrownBy(() -> test.directory.replaceRange(log, fetched(new DamagedRange(2, 3)), HERE).join())
            .hasCauseInstanceOf(IllegalStateException.class).hasMessageContaining("2 to 3").hasMessageContaining("at 1");
        ByteBuffer rotten = fetched(new DamagedRange(1, 3));
        rotten.put(70, (byte) (rotten.get(70) ^ 1));
        assertThatThrownBy(() -> test.directory.replaceRange(log, rotten, HERE))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("offset 1");
        ByteBuffer other = batch(1, "beyond");
        RecordBatch.at(other).assign(BATCHES, 0);
        assertThatThrownBy(() -> test.directory.replaceRange(log, other, HERE).join())
            .hasCauseInstanceOf(OffsetOutOfRangeException.class);
        assertThat(leftovers()).isEmpty();
        assertThat(log.damagedRange(1)).hasValue(new DamagedRange(1, 3));
        assertThat(log.segmentCount()).isEqualTo(3);
    }

    @Test
    void whatIsNotCommittedIsNotReplaced() throws Exception {
        test.close();
        test = new TestDirectory(root, files);
        log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, CONFIG, Integer.MAX_VALUE);
        damage(2, 6);
        log.raiseHighWatermark(4);
        assertThatThrownBy(() -> heal(6, HERE).join()).hasCauseInstanceOf(OffsetOutOfRangeException.class);
        assertThat(heal(2, HERE).join()).isEqualTo(3);
    }

    @Test
    void damageThatReachesOverTheHighWatermarkIsCutOffAndNothingThatCanBeRead() throws Exception {
        test.close();
        test = new TestDirectory(root, files);
        log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, CONFIG, Integer.MAX_VALUE);
        damage(5, 6, 9);
        log.raiseHighWatermark(6);
        assertThatThrownBy(() -> log.truncateTo(4, Truncation.DAMAGED).join())
            .as("offset 4 can be read").hasCauseInstanceOf(CommittedRecordsException.class);
        assertThatThrownBy(() -> log.truncateTo(5, Truncation.CLEAN).join())
            .hasCauseInstanceOf(CommittedRecordsException.class);
        log.raiseHighWatermark(8);
        assertThatThrownBy(() -> log.truncateTo(5, Truncation.DAMAGED).join())
            .as("offset 7 can be read").hasCauseInstanceOf(CommittedRecordsException.class);
        assertThat(log.logEndOffset()).isEqualTo(BATCHES);
        damage(7);
        assertThatThrownBy(() -> log.truncateTo(6, Truncation.DAMAGED).join())
            .as("offset 5 before it is damaged").hasCauseInstanceOf(CommittedRecordsException.class);

        assertThat(log.truncateTo(5, Truncation.DAMAGED).join()).isEqualTo(5);
        assertThat(log.highWatermark()).isEqualTo(5);
        assertThat(allValues(log, 0)).containsExactly("v00", "v01", "v02", "v03", "v04");
    }

    @Test
    void aLogThatWasCutOrDeletedMeanwhileIsLeftAlone() throws Exception {
        damage(1, 5);
        assertThatThrownBy(() -> heal(5, after(() -> test.directory.truncateTo(log, 10).join())).join())
            .hasCauseInstanceOf(IllegalStateException.class).hasMessageContaining("cut");
        assertThatThrownBy(() -> heal(1, after(() -> test.directory.deleteRecordsBefore(log, 4).join())).join())
            .hasCauseInstanceOf(IllegalStateException.class);
        assertThat(leftovers()).isEmpty();
        assertThat(allValues(log, 6)).containsExactly("v06", "v07", "v08", "v09");
        assertThatThrownBy(() -> heal(5, after(() -> test.directory.delete(log).join())).join())
            .hasCauseInstanceOf(RuntimeException.class);
        assertThat(root.resolve("orders-0")).doesNotExist();
    }

    @Test
    void aDiskWithoutRoomForTheCopyLeavesTheLogAsItWas() throws Exception {
        damage(1);
        files.room = 100;
        assertThatThrownBy(() -> heal(1, HERE).join()).hasMessageContaining("could not be written anew");
        assertThat(test.directory.failure()).isNull();
        assertThat(leftovers()).isEmpty();
        files.room = Long.MAX_VALUE;
        heal(1, HERE).join();
        assertWhole();
    }

    @Test
    void aCrashAtAnyStepLeavesTheOldSegmentOrTheNewOne() throws Exception {
        damage(1, 3);
        List<Path> moments = new ArrayList<>();
        files.beforeChange = () -> moments.add(TestDirectory.copy(root, temp.resolve("moment" + moments.size())));
        heal(1, HERE).join();
        files.beforeChange = null;
        moments.add(TestDirectory.copy(root, temp.resolve("after")));
        assertThat(moments).hasSizeGreaterThan(5);
        int old = 0;
        for (Path moment : moments) {
            for (boolean clean : new boolean[] {true, false}) {
                Path copy = TestDirectory.copy(moment, temp.resolve(moment.getFileName() + "-" + clean));
                if (!clean) {
                    Files.delete(copy.resolve("orders-0/recovery-point-checkpoint"));
                }
                test.close();
                open(copy);
                assertThat(leftovers()).isEmpty();
                boolean damaged = log.damagedRange(1).isPresent();
                old += damaged ? 1 : 0;
                assertThat(log.damagedRange(3)).hasValue(new DamagedRange(3, 4));
                if (damaged) {
                    heal(1, HERE).join();
                }
                heal(3, HERE).join();
                assertWhole();
            }
        }
        assertThat(old).as("moments at which the old segment counts").isBetween(2, 2 * moments.size() - 2);
    }

    @Test
    void readersGoOnWhileSegmentsAreReplaced() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread reader = new Thread(() -> {
            try {
                for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                    int offset = i % BATCHES;
                    if (offset != 1) {
                        assertThat(values(log.read(offset, Long.MAX_VALUE, 1))).containsExactly(value(offset));
                    }
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        damage(1);
        reader.start();
        ByteBuffer good = fetched(new DamagedRange(1, 2));
        for (int round = 0; round < 200; round++) {
            test.directory.replaceRange(log, good.duplicate(), HERE).join();
        }
        reader.interrupt();
        reader.join();
        if (!(failure.get() instanceof java.io.UncheckedIOException)) { // the interrupt may hit a read
            assertThat(failure.get()).isNull();
        }
        assertWhole();
    }
}
