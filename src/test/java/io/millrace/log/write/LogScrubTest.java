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
import java.util.Random;
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
    private final List<Long> pauses = new ArrayList<>();
    private int pausesLeft = Integer.MAX_VALUE;

    @BeforeEach
    void fill() {
        test = new TestDirectory(root, new SettableClock(0), new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        }, FileAccess.DISK, TestDirectory.OPTIONS);
        log = test.log(CONFIG);
        for (int i = 0; i < 8; i++) {
            test.append(log, batch(i, "v" + i));
        }
    }

    @AfterEach
    void close() {
        test.close();
    }

    private LogScrub scrub(long bytesPerSecond) {
        return new LogScrub(List.of(test.directory), INTERVAL_MS, bytesPerSecond, () -> now, new Random(1), nanos -> {
            now += nanos;
            pauses.add(TimeUnit.NANOSECONDS.toMillis(nanos));
            return pausesLeft-- > 0;
        });
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
        assertThat(scrub.pass()).isTrue();
        assertThat(damages).hasSize(3).extracting(CorruptLogException::getMessage)
            .anySatisfy(told -> assertThat(told).contains("topic orders, partition 0", "00000000000000000004.log"));
        scrub.pass();
        assertThat(damages).as("who could not mend it may be able to now").hasSize(6);
    }

    @Test
    void whatIsGoneByRetentionIsNoDamage() throws Exception {
        damage(0);
        test.directory.deleteRecordsBefore(log, 1).join();
        scrub(1 << 20).pass();
        assertThat(damages).isEmpty();
    }

    @Test
    void theSegmentsAreSpreadOverTheInterval() throws Exception {
        scrub(1 << 20).pass();
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
        scrub(20_000).pass();
        assertThat(TimeUnit.NANOSECONDS.toSeconds(now)).as("4 MB at 20 kB/s").isBetween(150L, 220L);
        assertThat(pauses).as("a MiB at a time").anySatisfy(pause -> assertThat(pause).isBetween(52_000L, 60_000L));
    }

    @Test
    void itEndsInTheMiddleOfAPass() throws Exception {
        pausesLeft = 1;
        assertThat(scrub(1 << 20).pass()).isFalse();
        assertThat(pauses).hasSize(2);
    }

    @Test
    void aDirectoryWithoutLogsIsLookedAtAgainLater() throws Exception {
        test.directory.delete(log).join();
        assertThat(scrub(1 << 20).pass()).isTrue();
        assertThat(pauses).containsExactly(INTERVAL_MS);
    }

    @Test
    void closingEndsTheThread() throws Exception {
        LogScrub scrub = new LogScrub(List.of(test.directory), INTERVAL_MS, 1 << 20);
        Thread thread = new Thread(scrub, "scrub");
        thread.start();
        scrub.close();
        thread.join(20_000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void aLogThatIsClosedMeanwhileEndsNothing() throws Exception {
        LogScrub scrub = scrub(1 << 20);
        damage(1);
        test.close();
        assertThat(scrub.pass()).isTrue();
        assertThat(damages).isEmpty();
    }
}
