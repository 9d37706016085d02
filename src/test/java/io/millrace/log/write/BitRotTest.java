package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.log.CorruptLogException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.SettableClock;
import io.millrace.log.file.FileAccess;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that change on the disk long after they were written. */
class BitRotTest {
    private static final int BATCHES = 12;
    private static final int PER_SEGMENT = 4;
    private static final int SIZE = batch(1, "v00").remaining();
    private static final LogConfig CONFIG = new LogConfig(PER_SEGMENT * (long) SIZE, Long.MAX_VALUE, -1, -1, 100,
        TimestampType.CREATE_TIME, FlushPolicy.COMMIT);

    @TempDir
    Path root;

    private final List<CorruptLogException> damages = new ArrayList<>();

    private TestDirectory open(Path folder) {
        return new TestDirectory(folder, new SettableClock(0), new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        }, FileAccess.DISK, TestDirectory.OPTIONS);
    }

    private static String value(int i) {
        return "v%02d".formatted(i);
    }

    private PartitionLog fill(TestDirectory test) {
        PartitionLog log = test.log(CONFIG);
        for (int i = 0; i < BATCHES; i++) {
            test.append(log, batch(i, value(i)));
        }
        return log;
    }

    /** Flips bits of one byte of one batch. */
    private static void damage(Path folder, int batchIndex, int byteInBatch) throws IOException {
        Path segment = TestDirectory.segment(folder, batchIndex / PER_SEGMENT * PER_SEGMENT, ".log");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[batchIndex % PER_SEGMENT * SIZE + byteInBatch] ^= 0x41;
        Files.write(segment, bytes);
    }

    @Test
    void aDamagedBatchIsNeverServedAndEverythingElseIsWhateverByteIsHit() throws Exception {
        int copies = 0;
        Path origin = root.resolve("origin");
        try (TestDirectory test = open(origin)) {
            fill(test);
        }
        for (int victim : new int[] {0, 2, 3, 9}) {
            for (int at = 0; at < SIZE; at++) {
                if (at >= 12 && at < 16) {
                    continue; // The leader epoch: no checksum covers it, and no reader relies on it.
                }
                Path copy = TestDirectory.copy(origin, root.resolve("copy" + copies++));
                damage(copy, victim, at);
                try (TestDirectory test = open(copy)) {
                    assertServesAllBut(test.log(CONFIG), victim, at);
                }
            }
        }
    }

    private void assertServesAllBut(PartitionLog log, int victim, int at) {
        for (int i = 0; i < BATCHES; i++) {
            int offset = i;
            if (i == victim) {
                CorruptLogException damage = catchThrowableOfType(CorruptLogException.class,
                    () -> log.read(offset, Long.MAX_VALUE, 1));
                assertThat(damage).as("batch %d, byte %d", victim, at).isNotNull();
                assertThat(damage.nextReadableOffset()).isEqualTo(victim + 1L);
                assertThat(damage).hasMessageContaining("topic orders, partition 0, segment %020d.log, at byte %d"
                    .formatted(victim / PER_SEGMENT * PER_SEGMENT, victim % PER_SEGMENT * SIZE))
                    .hasMessageContaining("next offset that can be read is " + (victim + 1));
            } else {
                assertThat(values(log.read(offset, Long.MAX_VALUE, 1))).as("batch %d, byte %d, read %d", victim, at, i)
                    .containsExactly(value(i));
            }
        }
        assertThat(log.logEndOffset()).isEqualTo(BATCHES);
    }

    @Test
    void aLongerReadHandsOutWhatIsGoodBeforeTheDamage() throws Exception {
        try (TestDirectory test = open(root)) {
            PartitionLog log = fill(test);
            damage(root, 2, 70);
            assertThat(values(log.read(0, Long.MAX_VALUE, 1 << 20))).containsExactly("v00", "v01");
            assertThatThrownBy(() -> log.read(2, Long.MAX_VALUE, 1 << 20)).isInstanceOf(CorruptLogException.class);
            assertThat(values(log.read(3, Long.MAX_VALUE, 1 << 20))).containsExactly("v03");
        }
    }

    @Test
    void damageIsToldToTheObserverOnce() throws Exception {
        try (TestDirectory test = open(root)) {
            PartitionLog log = fill(test);
            damage(root, 2, 70);
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> log.read(2, Long.MAX_VALUE, 100)).isInstanceOf(CorruptLogException.class);
            }
        }
        assertThat(damages).hasSize(1);
    }

    @Test
    void aLookUpByTimestampPassesDamageOver() throws Exception {
        try (TestDirectory test = open(root)) {
            PartitionLog log = fill(test);
            damage(root, 2, 70);
            damage(root, 5, 9);
            assertThat(log.offsetForTimestamp(2)).hasValue(new OffsetAndTimestamp(3, 3));
            assertThat(log.offsetForTimestamp(5)).hasValue(new OffsetAndTimestamp(6, 6));
        }
    }

    /** Without the recovery points, as if the process had been killed before the first was written. */
    private Path unverified(Path origin) throws IOException {
        Path copy = TestDirectory.copy(origin, root.resolve("unverified"));
        Files.delete(copy.resolve("orders-0/recovery-point-checkpoint"));
        return copy;
    }

    @Test
    void recoveryReportsDamageBeforeTheEndAndCutsNothing() throws Exception {
        Path origin = root.resolve("origin");
        try (TestDirectory test = open(origin)) {
            fill(test);
        }
        Path copy = unverified(origin);
        damage(copy, 1, 70);
        damage(copy, 5, 10);
        damage(copy, 9, 3);
        try (TestDirectory test = open(copy)) {
            PartitionLog log = test.log(CONFIG);
            assertThat(damages).hasSize(3);
            assertThat(damages.get(0)).hasMessageContaining("segment 00000000000000000000.log, at byte " + SIZE);
            assertThat(log.logEndOffset()).isEqualTo(BATCHES);
            assertThat(log.sizeInBytes()).isEqualTo(BATCHES * (long) SIZE);
            assertThat(values(log.read(2, Long.MAX_VALUE, 1))).containsExactly("v02");
            assertThat(values(log.read(10, Long.MAX_VALUE, 1))).containsExactly("v10");
            assertThatThrownBy(() -> log.read(5, Long.MAX_VALUE, 1)).isInstanceOf(CorruptLogException.class);
            assertThat(test.append(log, batch(50, "new")).baseOffset()).isEqualTo(BATCHES);
            assertThat(allValues(log, 10)).containsExactly("v10", "v11", "new");
        }
        assertThat(damages).as("each place once").hasSize(3);
    }

    @Test
    void theBadEndOfASealedSegmentIsDamageAndStays() throws Exception {
        Path origin = root.resolve("origin");
        try (TestDirectory test = open(origin)) {
            fill(test);
        }
        Path copy = unverified(origin);
        damage(copy, 3, 70);
        try (TestDirectory test = open(copy)) {
            PartitionLog log = test.log(CONFIG);
            assertThat(damages).hasSize(1);
            assertThat(TestDirectory.segment(copy, 0, ".log")).hasSize(PER_SEGMENT * (long) SIZE);
            CorruptLogException damage = catchThrowableOfType(CorruptLogException.class,
                () -> log.read(3, Long.MAX_VALUE, 1));
            assertThat(damage.nextReadableOffset()).isEqualTo(4);
            assertThat(allValues(log, 4)).hasSize(8);
        }
    }

    @Test
    void whatHadBeenDurableIsNotCutEvenAtTheEndAndNoOffsetIsGivenTwice() throws Exception {
        try (TestDirectory test = open(root)) {
            fill(test);
        }
        damage(root, 11, 70);
        try (TestDirectory test = open(root)) {
            PartitionLog log = test.log(CONFIG);
            assertThat(damages).hasSize(1);
            assertThat(log.logEndOffset()).isEqualTo(BATCHES);
            assertThat(TestDirectory.segment(root, 8, ".log")).hasSize(PER_SEGMENT * (long) SIZE);
            assertThat(test.append(log, batch(50, "new")).baseOffset()).isEqualTo(BATCHES);
            assertThatThrownBy(() -> log.read(11, Long.MAX_VALUE, 1)).isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("next offset that can be read is 12");
            assertThat(allValues(log, 12)).containsExactly("new");
        }
        try (TestDirectory test = open(root)) {
            assertThat(allValues(test.log(CONFIG), 12)).containsExactly("new");
        }
    }

    @Test
    void aShortenedSealedSegmentLosesNoOtherRecord() throws Exception {
        try (TestDirectory test = open(root)) {
            fill(test);
        }
        Path segment = TestDirectory.segment(root, 4, ".log");
        Files.write(segment, java.util.Arrays.copyOf(Files.readAllBytes(segment), 2 * SIZE));
        try (TestDirectory test = open(root)) {
            PartitionLog log = test.log(CONFIG);
            assertThat(allValues(log, 0).subList(0, 4)).containsExactly("v00", "v01", "v02", "v03");
        } catch (CorruptLogException e) {
            assertThat(e.nextReadableOffset()).isEqualTo(8);
        }
        try (TestDirectory test = open(root)) {
            assertThat(allValues(test.log(CONFIG), 8)).containsExactly("v08", "v09", "v10", "v11");
        }
    }
}
