package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.Journal;
import io.millrace.agreement.journal.JournalStates;
import io.millrace.agreement.journal.Standing;
import io.millrace.agreement.registers.RegisterState;
import io.millrace.log.LogObserver;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class JournalWatchTest {
    private static final long PLENTY = 1L << 39;

    @TempDir
    private Path root;
    private final TestFiles files = new TestFiles();
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private Journal journal;
    private JournalWatch watch;
    private long now;

    @BeforeEach
    void open() {
        files.room = PLENTY;
        journal = openJournal();
        watch = new JournalWatch(journal, () -> now);
    }

    private Journal openJournal() {
        return Journal.open(root, Journal.Options.DEFAULT, Clock.systemUTC(), executor, LogObserver.NONE,
            new OpenFiles(files, 100));
    }

    @AfterEach
    void close() {
        journal.close();
        executor.shutdownNow();
    }

    @Test
    void aJournalThatCanBeWrittenIsNoProblem() {
        write("key", 1);
        assertThat(watch.problem()).isNull();
    }

    @Test
    void aFullDiskIsAProblemAfterSomeSecondsAndNoneWhenThereIsPlentyAgain() {
        files.room = 0;
        refused("key", 1);
        assertThat(watch.problem()).isNull();
        now += JournalWatch.SHORTAGE_NANOS;
        assertThat(watch.problem()).contains("left the agreement", "disk is full", "by itself");
        assertThat(journal.isLost()).isFalse();

        files.room = 1 << 20; // some, and not enough to keep any back
        await(() -> journal.failure() == null);
        assertThat(watch.problem()).contains("free more");

        files.room = PLENTY;
        await(() -> watch.problem() == null);
    }

    @Test
    void aShortageThatPassesAtOnceIsNone() {
        files.room = 0;
        refused("key", 1);
        assertThat(watch.problem()).isNull();
        files.room = PLENTY;
        await(() -> journal.failure() == null);
        assertThat(watch.problem()).isNull();
        now += JournalWatch.SHORTAGE_NANOS;
        files.room = 0;
        refused("key", 2);
        assertThat(watch.problem()).isNull();
    }

    @Test
    void whatCouldNotBeWrittenIsOnTheDiskBeforeTheServerReturns() {
        journal.stand(new Standing(1, "owner", 1));
        files.room = 0;
        assertThatThrownBy(() -> journal.stand(new Standing(2, "other", 1))).isInstanceOf(RegisterUnavailableException.class);
        refused("key", 1);
        watch.problem();
        now += JournalWatch.SHORTAGE_NANOS;
        assertThat(watch.problem()).isNotNull();
        files.room = PLENTY;
        await(() -> watch.problem() == null);

        journal.close();
        journal = openJournal();
        assertThat(journal.standing()).isEqualTo(new Standing(2, "other", 1));
        assertThat(JournalStates.of(journal)).containsKey("key");
    }

    @Test
    void anErrorIsAProblemAtOnceAndForGood() {
        files.forcesFail = true;
        refused("key", 1);
        assertThat(watch.problem()).contains("restart the server");
        assertThat(journal.isLost()).isTrue();
        files.forcesFail = false;
        now += TimeUnit.HOURS.toNanos(1);
        assertThat(watch.problem()).contains("restart the server");
    }

    @Test
    void aDiskThatHangsIsAProblemWhenItIsFoundSilentTwiceAndNoneWhenItGoesOn() {
        CountDownLatch gate = new CountDownLatch(1);
        files.forceGate = gate;
        executor.execute(() -> write("key", 1));
        await(() -> journal.silentNanos() >= JournalWatch.SILENCE_NANOS);
        assertThat(watch.problem()).as("at the first look").isNull();
        assertThat(watch.problem()).contains("left the agreement", "neither writes nor fails");
        assertThat(journal.isLost()).isFalse();

        gate.countDown();
        await(() -> watch.problem() == null);
    }

    private void write(String key, long version) {
        journal.ensure(key, new RegisterState(version, "change-" + version, "1"));
    }

    private void refused(String key, long version) {
        assertThatThrownBy(() -> write(key, version)).isInstanceOf(RegisterUnavailableException.class);
    }

    private static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the time is up").isLessThan(until);
            Thread.onSpinWait();
        }
    }
}
