package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogObserver;
import io.millrace.log.ProducerLimits;
import io.millrace.log.SettableClock;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether what was written and not forced can be gone: after a power loss, and not after a kill of the process. */
class LastRunTest {
    private static final LogDirectory.Options OFTEN = new LogDirectory.Options(1 << 20, 100, 60_000, 0, 1,
        ProducerLimits.DEFAULT);
    private static final String FILE = "last-run-checkpoint";

    @TempDir
    Path temp;
    private Path root;
    private final TestFiles files = new TestFiles();
    private Optional<String> boot = Optional.of("boot-1");
    private TestDirectory test;
    private int copies;

    @BeforeEach
    void open() {
        root = root == null ? temp.resolve("logs") : root;
        test = new TestDirectory(LogDirectory.open(root, OFTEN, new SettableClock(0), LogObserver.NONE,
            new OpenFiles(files, 500), () -> boot));
    }

    @AfterEach
    void close() {
        test.close();
    }

    private PartitionLog log(FlushPolicy flush) {
        return test.directory.openLog("orders", flush.ordinal(), TestDirectory.TOPIC_ID, TestDirectory.flush(flush));
    }

    private void appendToAll() {
        for (FlushPolicy flush : FlushPolicy.values()) {
            test.append(log(flush), batch(1, "a"));
        }
    }

    /** As the files are after a kill, or after a power loss that lost nothing. */
    private void killed() {
        Path copy = TestDirectory.copy(root, temp.resolve("copy" + copies++));
        test.close();
        root = copy;
        open();
    }

    private void assertMayHaveLost(boolean expected) {
        assertThat(log(FlushPolicy.COMMIT).mayHaveLost()).isFalse();
        assertThat(log(FlushPolicy.INTERVAL).mayHaveLost()).isEqualTo(expected);
        assertThat(log(FlushPolicy.OS).mayHaveLost()).isEqualTo(expected);
    }

    @Test
    void newLogsLackNothing() {
        assertMayHaveLost(false);
    }

    @Test
    void afterACleanStopNothingIsMissingWhateverHappenedThen() {
        appendToAll();
        test.close();
        boot = Optional.of("boot-2");
        open();
        assertMayHaveLost(false);
    }

    @Test
    void aKillOfTheProcessLosesNothing() {
        appendToAll();
        killed();
        assertMayHaveLost(false);
    }

    @Test
    void aPowerLossMayHaveTakenWhatWasNotForced() {
        appendToAll();
        boot = Optional.of("boot-2");
        killed();
        assertMayHaveLost(true);
        PartitionLog made = test.directory.openLog("made-since", 0, TestDirectory.TOPIC_ID,
            TestDirectory.flush(FlushPolicy.OS));
        assertThat(made.mayHaveLost()).isFalse();
    }

    @Test
    void whereTheBootIsNotKnownAnUncleanStopMayHaveBeenAPowerLoss() {
        boot = Optional.empty();
        test.close();
        open();
        appendToAll();
        killed();
        assertMayHaveLost(true);
    }

    @Test
    void withoutOrWithADamagedFileItMayHaveBeenOneToo() throws Exception {
        appendToAll();
        test.close();
        Files.writeString(root.resolve(FILE), Files.readString(root.resolve(FILE)).replace("clean", "clear"));
        open();
        assertMayHaveLost(true);
        test.close();
        Files.delete(root.resolve(FILE));
        open();
        assertMayHaveLost(true);
    }

    @Test
    void theSuspicionOutlivesACleanStopUntilItIsSettled() throws Exception {
        appendToAll();
        boot = Optional.of("boot-2");
        killed();
        test.close();
        open();
        PartitionLog settled = log(FlushPolicy.OS);
        assertThat(settled.mayHaveLost()).isTrue();
        settled.settleLoss();
        assertThat(settled.mayHaveLost()).isFalse();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Files.readString(root.resolve(FILE)).contains("suspect orders 2")) {
            assertThat(System.nanoTime()).isLessThan(until);
            Thread.sleep(1);
        }
        killed();
        assertThat(log(FlushPolicy.OS).mayHaveLost()).isFalse();
        assertThat(log(FlushPolicy.INTERVAL).mayHaveLost()).isTrue();
        assertThat(log(FlushPolicy.COMMIT).mayHaveLost()).isFalse();
    }

    @Test
    void aLogOfTheSameNameIsNotSuspectedForTheOneBefore() {
        appendToAll();
        boot = Optional.of("boot-2");
        killed();
        test.directory.delete(log(FlushPolicy.OS)).join();
        assertThat(log(FlushPolicy.OS).mayHaveLost()).isFalse();
    }

    @Test
    void aDirectoryThatFailedIsNotCleanlyClosed() {
        appendToAll();
        files.forcesFail = true;
        assertThatThrownBy(() -> test.append(test.log(), batch(1, "b")));
        test.close();
        files.forcesFail = false;
        boot = Optional.of("boot-2");
        open();
        assertThat(log(FlushPolicy.OS).mayHaveLost()).isTrue();
    }

    @Test
    void aDiskThatIsFullAtTheStartDoesNotLeaveTheMarkOfAnEarlierCleanStop() {
        appendToAll();
        test.close();
        files.room = 0;
        open();
        assertMayHaveLost(false);
        Path copy = TestDirectory.copy(root, temp.resolve("full"));
        test.close();
        files.room = Long.MAX_VALUE;
        root = copy;
        boot = Optional.of("boot-2");
        open();
        assertMayHaveLost(true);
    }
}
