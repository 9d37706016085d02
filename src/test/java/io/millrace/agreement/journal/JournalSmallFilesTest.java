package io.millrace.agreement.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.RegisterState;
import io.millrace.log.DamagedFile;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogCleaner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files beside the journal's records that are damaged, missing or lie: the server starts and says which. */
class JournalSmallFilesTest {
    private static final Journal.Options SMALL = new Journal.Options(2048, 30_000);
    private static final String[] FILES = {"partition.metadata", "leader-epoch-checkpoint", "recovery-point-checkpoint",
        "log-start-offset-checkpoint"};
    private static final String[] LIES = {"", "\u0000\u0001", "0\n1\n7 0\n", "0\n2\n5 0\n2 4\n", "0\n900000\n",
        "version: 0\ntopic_id: 00000000-0000-0000-0000-000000000777\n"};
    private static final int EPOCH_AT = 12;

    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final List<DamagedFile> damages = new ArrayList<>();
    private JournalFolder origin;
    private SortedMap<String, RegisterState> expected;
    private int copies;

    @BeforeEach
    void fill() throws InterruptedException {
        origin = new JournalFolder(temp.resolve("origin"));
        ExecutorService cleaning = Executors.newSingleThreadExecutor();
        try (Journal journal = open(origin); LogCleaner cleaner = JournalCleaning.start(journal, cleaning)) {
            for (int i = 1; i <= 200; i++) {
                journal.ensure("register-" + i % 7, new RegisterState(i, "t-" + i, "\"" + "x".repeat(100) + "\""));
            }
            expected = JournalStates.of(journal);
            while (cleaner.progress().removedRecords() < 100) {
                Thread.onSpinWait();
            }
        }
        cleaning.shutdown(); // its files are copied once it writes none any more
        assertThat(cleaning.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @AfterEach
    void stop() throws InterruptedException {
        executor.shutdown();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    private Journal open(JournalFolder folder) {
        return Journal.open(folder.root(), SMALL, Clock.systemUTC(), executor, new LogObserver() {
            @Override
            public void damagedFile(DamagedFile damage) {
                damages.add(damage);
            }
        });
    }

    private JournalFolder copy() {
        damages.clear();
        return origin.copyTo(temp.resolve("copy" + copies++));
    }

    private void assertWhole(JournalFolder folder, String what) {
        try (Journal journal = open(folder)) {
            assertThat(JournalStates.of(journal)).as(what).isEqualTo(expected);
            journal.ensure("new", new RegisterState(1, "t-1", "1"));
        }
        try (Journal journal = open(folder)) {
            assertThat(JournalStates.of(journal)).as(what).containsKey("new").hasSize(expected.size() + 1);
        }
    }

    @Test
    void noSmallFileKeepsTheJournalFromOpening() throws IOException {
        for (String name : FILES) {
            JournalFolder without = copy();
            Files.deleteIfExists(without.logFolder().resolve(name));
            assertWhole(without, "without " + name);
            for (String lie : LIES) {
                JournalFolder folder = copy();
                Files.writeString(folder.logFolder().resolve(name), lie);
                assertWhole(folder, name + " holds " + lie);
            }
        }
    }

    @Test
    void whatIsWrongIsNamed() throws IOException {
        JournalFolder folder = copy();
        Files.writeString(folder.logFolder().resolve("leader-epoch-checkpoint"), "0\n2\n5 0\n2 4\n");
        assertWhole(folder, "descending epochs");
        assertThat(damages).isNotEmpty().allSatisfy(damage ->
            assertThat(damage.message()).contains(folder.root().toString(), "leader-epoch-checkpoint"));
    }

    @Test
    void aFlippedEpochOfABatchDoesNotStopChanges() {
        JournalFolder last = copy();
        for (int bit = 0; bit < 4; bit++) {
            JournalFolder.flipBit(last.lastSegment(), EPOCH_AT + bit);
        }
        assertWhole(last, "the epoch of a batch");
    }
}
