package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.CorruptLogException;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.FileAccess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage is found where nobody reads. */
class LogScrubTest {
    private static final long INTERVAL_MS = 60_000;
    private static final int SIZE = batch(1, "v0").remaining();
    private static final LogConfig CONFIG = TestDirectory.segmentBytes(2L * SIZE);

    @TempDir
    Path root;
    private final List<CorruptLogException> damages = new ArrayList<>();
    private TestDirectory test;
    private PartitionLog log;
    /** In ns: moved by the pauses only. */
    private long now;
    private final SettableClock clock = new SettableClock(1_000_000_000_000L);
    private final List<Long> pauses = new ArrayList<>();
    private int pausesLeft = Integer.MAX_VALUE;

    @BeforeEach
    void fill() {
        open();
        for (int i = 0; i < 8; i++) {
            test.append(log, batch(i, "v" + i));
        }
    }

    private void open() {
        test = new TestDirectory(root, new SettableClock(0), new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        }, FileAccess.DISK, TestDirectory.OPTIONS);
        log = test.log(CONFIG);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private LogScrub scrub(long bytesPerSecond) {
        return new LogScrub(List.of(test.directory), INTERVAL_MS, bytesPerSecond, clock, () -> now, nanos -> {
            if (nanos == 0) {
                return true;
            }
            now += nanos;
            clock.advance(TimeUnit.NANOSECONDS.toMillis(nanos));
            pauses.add(TimeUnit.NANOSECONDS.toMillis(nanos));
            return pausesLeft-- > 0;
        });
    }

    /** From the begin of a pass to the begin of the next one: five steps, where there are four segments. */
    private static boolean pass(LogScrub scrub) throws InterruptedException {
        return steps(scrub, 5);
    }

    private static boolean steps(LogScrub scrub, int count) throws InterruptedException {
        boolean more = true;
        for (int i = 0; i < count && more; i++) {
            more = scrub.step();
        }
        return more;
    }

    /** Stopped, and started again after a time. */
    private void restart(long downMs) {
        test.close();
        now += 77;
        clock.advance(downMs);
        pauses.clear();
        open();
    }

    private void damage(int victim) throws IOException {
        Path segment = TestDirectory.segment(root, victim / 2 * 2, ".log");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[victim % 2 * SIZE + 65] ^= 0x41;
        Files.write(segment, bytes);
    }

    @Test
    void damageOfSealedSegmentsAndOfTheActiveOneIsToldInEachPass() throws Exception {
        damage(1);
        damage(4);
        damage(7);
        LogScrub scrub = scrub(1 << 20);
        assertThat(pass(scrub)).isTrue();
        assertThat(damages).hasSize(3).extracting(CorruptLogException::getMessage)
            .anySatisfy(told -> assertThat(told).contains("topic orders, partition 0", "00000000000000000004.log"));
        pass(scrub);
        assertThat(damages).as("who could not mend it may be able to now").hasSize(6);
    }

    @Test
    void whatIsGoneByRetentionIsNoDamage() throws Exception {
        damage(0);
        test.directory.deleteRecordsBefore(log, 1).join();
        pass(scrub(1 << 20));
        assertThat(damages).isEmpty();
    }

    @Test
    void theSegmentsAreSpreadOverTheInterval() throws Exception {
        steps(scrub(1 << 20), 6);
        assertThat(pauses).containsExactly(INTERVAL_MS / 4, INTERVAL_MS / 4, INTERVAL_MS / 4, INTERVAL_MS / 4);
        assertThat(TimeUnit.NANOSECONDS.toMillis(now)).isEqualTo(INTERVAL_MS);
    }

    @Test
    void neverMoreIsReadThanTheBoundAllows() throws Exception {
        PartitionLog large = test.directory.openLog("large", 0, TestDirectory.TOPIC_ID, TestDirectory.segmentBytes(1 << 24));
        for (int i = 0; i < 40; i++) {
            test.append(large, Batches.sized(i, 100_000));
        }
        now = 0;
        steps(scrub(20_000), 6);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(now)).as("4 MB at 20 kB/s").isBetween(150L, 220L);
        assertThat(pauses).as("a MiB at a time").anySatisfy(pause -> assertThat(pause).isBetween(52_000L, 60_000L));
    }

    @Test
    void itEndsInTheMiddleOfAPass() throws Exception {
        pausesLeft = 1;
        assertThat(pass(scrub(1 << 20))).isFalse();
        assertThat(pauses).hasSize(2);
    }

    @Test
    void aDirectoryWithoutLogsIsLookedAtAgainLater() throws Exception {
        test.directory.delete(log).join();
        assertThat(steps(scrub(1 << 20), 2)).isTrue();
        assertThat(pauses).containsExactly(INTERVAL_MS);
    }

    @Test
    void closingEndsTheThread() throws Exception {
        LogScrub scrub = new LogScrub(List.of(test.directory), INTERVAL_MS, 1 << 20, clock);
        Thread thread = new Thread(scrub, "scrub");
        thread.start();
        scrub.close();
        thread.join(20_000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void aLogThatIsClosedMeanwhileEndsNothing() throws Exception {
        LogScrub scrub = scrub(1 << 20);
        steps(scrub, 1);
        damage(1);
        test.close();
        assertThat(steps(scrub, 4)).isTrue();
        assertThat(damages).isEmpty();
    }

    @Test
    void aServerThatIsRestartedOftenReadsEachSegmentOnceInAnInterval() throws Exception {
        damage(0);
        damage(2);
        damage(4);
        for (int run = 0; run < 8; run++) {
            steps(scrub(1 << 20), run == 4 ? 3 : 2); // one more to end a pass
            assertThat(pauses).as("it was due when the server was up again").isEmpty();
            if (run % 4 == 3) {
                assertThat(damages).hasSize(3).extracting(CorruptLogException::getMessage).doesNotHaveDuplicates();
                damages.clear();
            }
            restart(INTERVAL_MS / 4);
        }
    }

    @Test
    void whatBecameDueWhileTheServerWasDownIsReadAtOnceButNotFasterThanTheBoundAllows() throws Exception {
        steps(scrub(1 << 20), 2);
        for (int i = 0; i < 60; i++) {
            test.append(log, Batches.sized(i, 100_000));
        }
        restart(3 * INTERVAL_MS);
        long before = now;
        LogScrub scrub = scrub(20_000);
        steps(scrub, 35);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(now - before)).as("3 MB at 20 kB/s").isBetween(100L, 180L);
        assertThat(pauses).as("of a MiB, although no segment is that large").allMatch(pause -> pause > 50_000);
    }

    @Test
    void aDamagedCheckpointIsIgnored() throws Exception {
        damage(0);
        damage(2);
        damage(4);
        steps(scrub(1 << 20), 3);
        Path file = root.resolve(ScrubCheckpoint.FILE);
        String text = Files.readString(file);
        restart(1);
        Files.writeString(file, text.replace("1000000000000", "1000000000001"));
        damages.clear();
        pass(scrub(1 << 20));
        assertThat(damages).hasSize(3);
    }

    @Test
    void aClockThatWasSetBackIsNoReasonToWait() throws Exception {
        steps(scrub(1 << 20), 4);
        restart(-10 * INTERVAL_MS);
        steps(scrub(1 << 20), 2);
        assertThat(pauses).isEmpty();
    }

    @Test
    void aDirectoryWhereNothingCanBeWrittenIsScrubbedAllTheSame() throws Exception {
        Files.createDirectory(root.resolve(ScrubCheckpoint.FILE));
        damage(1);
        assertThat(pass(scrub(1 << 20))).isTrue();
        assertThat(damages).hasSize(1);
    }

    @Test
    void theDirectoriesAreScrubbedSideBySide(@TempDir Path second) throws Exception {
        try (TestDirectory other = new TestDirectory(second)) {
            other.append(other.log(CONFIG), batch(1, "v0"), batch(2, "v1"));
            LogScrub scrub = new LogScrub(List.of(test.directory, other.directory), INTERVAL_MS, 1 << 20, clock, () -> now,
                nanos -> {
                    now += nanos;
                    return true;
                });
            steps(scrub, 2 + 5);
            assertThat(TimeUnit.NANOSECONDS.toMillis(now)).isLessThan(INTERVAL_MS);
            assertThat(second.resolve(ScrubCheckpoint.FILE)).exists();
            steps(scrub, 2);
            assertThat(TimeUnit.NANOSECONDS.toMillis(now)).as("both begin the next pass").isEqualTo(INTERVAL_MS);
        }
    }
}
