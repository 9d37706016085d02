package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.CommittedRecordsException;
import io.millrace.log.CorruptLogException;
import io.millrace.log.LogConfig;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.FileAccess;
import io.millrace.log.segment.Segment;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever keeps damage in mind is told when it is there no more, whatever mended it, and not of what is damaged still. */
class MendedDamageTest {
    private static final int BATCHES = 12;
    private static final int PER_SEGMENT = 4;
    private static final int SIZE = batch(1, "v00").remaining();
    private static final LogConfig CONFIG = TestDirectory.segmentBytes(PER_SEGMENT * (long) SIZE);
    private static final Executor HERE = Runnable::run;

    @TempDir
    Path root;
    /** Last offsets of what was told and not mended since. */
    private final Set<Long> known = Collections.synchronizedSet(new TreeSet<>());
    /** Run once, in the middle of the telling of damage. */
    private Runnable beforeTold = () -> { };
    private int told;
    private TestDirectory test;
    private PartitionLog log;

    @BeforeEach
    void fill() {
        test = new TestDirectory(root, new SettableClock(0), new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                Runnable first = beforeTold;
                beforeTold = () -> { };
                first.run();
                told++;
                known.add(damage.nextReadableOffset() - 1);
            }

            @Override
            public void mended(LogName name, long from, long to) {
                assertThat(name).isEqualTo(new LogName("orders", 0));
                known.removeIf(offset -> offset >= from && offset < to);
            }
        }, FileAccess.DISK, TestDirectory.OPTIONS);
        log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, CONFIG, Integer.MAX_VALUE);
        for (int i = 0; i < BATCHES; i++) {
            test.append(log, batch(i, value(i)));
        }
        log.raiseHighWatermark(8);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static String value(int i) {
        return "v%02d".formatted(i);
    }

    /** At a byte of each batch. */
    private void damageAt(int at, int... batches) throws IOException {
        for (int victim : batches) {
            Path segment = TestDirectory.segment(root, victim / PER_SEGMENT * PER_SEGMENT, ".log");
            byte[] bytes = Files.readAllBytes(segment);
            bytes[victim % PER_SEGMENT * SIZE + at] ^= 0x41;
            Files.write(segment, bytes);
        }
    }

    private void damage(int... batches) throws IOException {
        damageAt(70, batches);
    }

    private void read(int... offsets) {
        for (int offset : offsets) {
            assertThatThrownBy(() -> log.read(offset, Long.MAX_VALUE, 1)).isInstanceOf(CorruptLogException.class);
        }
    }

    private void scrub() {
        Pace pace = new Pace(Long.MAX_VALUE, () -> 0, nanos -> true);
        log.lastView().segments().forEach(segment -> log.scrub(segment.baseOffset(), pace));
    }

    /** As another replica has it. */
    private static ByteBuffer good(int offset) {
        ByteBuffer batch = batch(offset, value(offset));
        RecordBatch.at(batch).assign(offset, 0);
        return batch;
    }

    private void replace(int offset) {
        log.replaceRange(good(offset), HERE).join();
    }

    @Test
    void aRangeThatWasReplacedIsMendedAndNothingElse() throws Exception {
        damage(1, 3, 6);
        read(1, 3, 6);
        assertThat(known).containsExactly(1L, 3L, 6L);
        replace(3);
        assertThat(known).containsExactly(1L, 6L);
        replace(1);
        replace(6);
        assertThat(known).isEmpty();
        damage(1);
        read(1);
        assertThat(known).as("damaged again").containsExactly(1L);
    }

    @Test
    void whatIsCutOffIsMended() throws Exception {
        damage(5, 9, 11);
        read(5, 9, 11);
        log.truncateTo(9, Truncation.CLEAN).join();
        assertThat(known).containsExactly(5L);
        assertThat(log.logEndOffset()).isEqualTo(9);
        test.append(log, batch(50, "v50"));
        damage(9);
        read(9);
        assertThat(known).as("at the same place of the file").containsExactly(5L, 9L);
    }

    @Test
    void whatIsLeftOfDamageThatWasCutIsToldAnew() throws Exception {
        damage(9, 10);
        read(9);
        assertThat(known).containsExactly(10L);
        log.truncateTo(10, Truncation.CLEAN).join();
        assertThat(known).as("without a reader").containsExactly(9L);
    }

    @Test
    void whatStoodBehindDamageBeforeACutIsNotLookedForThere() throws Exception {
        damage(9, 10);
        assertThat(log.offsetForTimestamp(9).orElseThrow().offset()).isEqualTo(11);
        log.truncateTo(10, Truncation.CLEAN).join();
        test.append(log, batch(10, "another, and a longer one"));
        read(9);
        assertThat(known).containsExactly(9L);
    }

    @Test
    void whatIsDeletedIsMended() throws Exception {
        damage(0, 2, 6);
        read(0, 2, 6);
        log.deleteRecordsBefore(1).join();
        assertThat(known).as("also where the file stays").containsExactly(2L, 6L);
        log.advanceLogStart(4).join();
        assertThat(known).containsExactly(6L);
        log.advanceLogStart(100).join();
        assertThat(known).as("the log begins anew").isEmpty();
    }

    @Test
    void aLogThatBeginsAnewOrIsDeletedOrSetAsideHasNoDamage() throws Exception {
        damage(2, 6);
        read(2, 6);
        log.beginAnew(0, Truncation.UNCLEAN).join();
        assertThat(known).isEmpty();
        test.append(log, batch(0, value(0)));
        damage(0);
        read(0);
        assertThat(known).containsExactly(0L);
        log.delete().join();
        assertThat(known).isEmpty();

        log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, CONFIG, Integer.MAX_VALUE);
        test.append(log, batch(0, value(0)));
        damage(0);
        read(0);
        log.setAside().join();
        assertThat(known).isEmpty();
    }

    @Test
    void whatIsReadAgainAsItShouldBeIsMended() throws Exception {
        damage(1, 2, 6);
        read(1, 6);
        damage(1, 2);
        assertThat(known).containsExactly(2L, 6L);
        scrub();
        assertThat(known).containsExactly(6L);
        damage(6);
        assertThat(log.damagedRange(6)).isEmpty();
        assertThat(known).isEmpty();
        damage(6);
        read(6);
        assertThat(known).containsExactly(6L);
    }

    @Test
    void aReaderThatReadBeforeTheMendAndTellsAfterItTakesThatBack() throws Exception {
        damage(1);
        beforeTold = () -> replace(1);
        assertThat(Batches.values(log.read(1, Long.MAX_VALUE, 1))).containsExactly("v01");
        assertThat(known).isEmpty();

        damage(5);
        beforeTold = () -> log.advanceLogStart(7).join();
        assertThatThrownBy(() -> log.read(5, Long.MAX_VALUE, 1)).isInstanceOf(OffsetOutOfRangeException.class);
        assertThat(known).isEmpty();

        damage(9);
        beforeTold = () -> log.delete().join();
        assertThatThrownBy(() -> log.read(9, Long.MAX_VALUE, 1)).isInstanceOf(IllegalStateException.class);
        assertThat(known).isEmpty();
    }

    @Test
    void whatIsDamagedStillAfterAnotherChangeIsToldAnew() throws Exception {
        damage(1, 6);
        beforeTold = () -> replace(6);
        read(1);
        assertThat(known).containsExactly(1L);
        assertThat(told).isEqualTo(2);
    }

    @Test
    void aScrubThatTellsAfterTheMendTakesThatBackAndReadsAgain() throws Exception {
        damage(1, 3);
        beforeTold = () -> replace(1);
        scrub();
        assertThat(known).containsExactly(3L);

        beforeTold = () -> log.delete().join();
        scrub();
        assertThat(known).isEmpty();
    }

    @Test
    void whatAReaderFindsInAReplacedSegmentIsKnownThoughAnotherTakesBackWhatItFoundInTheOldOne() throws Exception {
        damage(1, 3);
        beforeTold = () -> {
            replace(1);
            read(3);
        };
        read(3);
        assertThat(known).containsExactly(3L);
    }

    @Test
    void whatAReaderFindsInASegmentThatIsBeingScrubbedStaysKnown() throws Exception {
        damage(2);
        beforeTold = () -> {
            try {
                damage(0); // which the scrub has passed
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            read(0);
        };
        scrub();
        assertThat(known).containsExactly(0L, 2L);
    }

    @Test
    void aPlaceThatIsFoundInOrderIsMendedAlsoWhereItsSegmentWasReplacedSince() throws Exception {
        damage(1, 3);
        read(1, 3);
        damage(3); // as it was
        replace(1);
        assertThat(known).containsExactly(3L);
        scrub();
        assertThat(known).isEmpty();
    }

    @Test
    void whatIsReadOfALogThatIsDeletedIsNoDamage() throws Exception {
        damage(1);
        Segment first = log.lastView().segments().get(0);
        assertThat(first.acquire()).as("somebody reads it still").isTrue();
        log.delete().join();
        scrub();
        first.release();
        assertThat(known).isEmpty();
    }

    @Test
    void damageThatKeepsTheLogFromBeingCutIsToldWithEachRefusal() throws Exception {
        test.append(log, batch(50, "v12"), batch(51, "v13"));
        log.raiseHighWatermark(11);
        damageAt(3, 9); // the base offset
        for (int i = 1; i <= 2; i++) {
            assertThatThrownBy(() -> log.truncateTo(11, Truncation.CLEAN).join()).hasCauseInstanceOf(CommittedRecordsException.class);
            assertThat(known).containsExactly(9L);
            assertThat(told).isEqualTo(i);
        }
        replace(9);
        assertThat(log.truncateTo(11, Truncation.CLEAN).join()).isEqualTo(11);
        assertThat(known).isEmpty();
    }

    @Test
    void aBatchThatTellsAWrongEndIsWhatKeepsTheLogFromBeingCut() throws Exception {
        log.raiseHighWatermark(11);
        damageAt(26, 9); // the last offset: the next batch seems not to follow
        assertThatThrownBy(() -> log.truncateTo(11, Truncation.CLEAN).join()).hasCauseInstanceOf(CommittedRecordsException.class);
        assertThat(known).containsExactly(9L);
    }

    @Test
    void damageBeforeTheOneThatIsToBeCutOffIsTold() throws Exception {
        log.raiseHighWatermark(11);
        damageAt(3, 8);
        damage(10, 11);
        assertThatThrownBy(() -> log.truncateTo(10, Truncation.DAMAGED).join())
            .hasCauseInstanceOf(CommittedRecordsException.class);
        assertThat(known).containsExactly(8L);
    }
}
