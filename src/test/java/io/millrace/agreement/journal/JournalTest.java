package io.millrace.agreement.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.RegisterState;
import io.millrace.log.write.LogCleaner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTest {
    private static final Journal.Options SMALL = new Journal.Options(2048, 30_000);

    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final List<Journal> opened = new ArrayList<>();
    private final List<LogCleaner> cleaners = new ArrayList<>();

    @AfterEach
    void closeAll() throws InterruptedException {
        cleaners.forEach(LogCleaner::close);
        opened.forEach(Journal::close);
        executor.shutdown();
        assertThat(executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    private Journal open(Path root) {
        Journal journal = Journal.open(root, SMALL, Clock.systemUTC(), executor);
        opened.add(journal);
        cleaners.add(JournalCleaning.start(journal, executor));
        return journal;
    }

    private static RegisterState state(long version) {
        return new RegisterState(version, "t-" + version, "\"" + "x".repeat(100) + version + "\"");
    }

    private static RegisterState deletion(long version) {
        return new RegisterState(version, "t-" + version, null);
    }

    @Test
    void whatWasEnsuredIsThereAfterReopening() {
        Journal journal = open(temp);
        assertThat(JournalStates.of(journal)).isEmpty();
        journal.ensure("a", state(1));
        journal.ensure("a", state(2));
        journal.ensure("b \u00e4\ud83d\ude00", new RegisterState(1, "t-1", "\"\u00e4\ud83d\ude00\n\""));
        journal.ensure("gone", state(1));
        journal.ensure("gone", deletion(2));
        SortedMap<String, RegisterState> states = JournalStates.of(journal);
        journal.close();

        assertThat(JournalStates.of(open(temp))).isEqualTo(states).hasSize(3)
            .containsEntry("a", state(2)).containsEntry("gone", deletion(2));
    }

    @Test
    void whatWasEnsuredIsOnDiskWithoutClosing() {
        Journal journal = open(temp.resolve("killed"));
        journal.ensure("a", state(1));
        journal.ensure("a", state(2));
        JournalFolder killed = new JournalFolder(temp.resolve("killed")).copyTo(temp.resolve("copy"));

        assertThat(JournalStates.of(open(killed.root()))).isEqualTo(Map.of("a", state(2)));
    }

    @Test
    void anOlderVersionNeverTakesANewerOnesPlace() {
        Journal journal = open(temp);
        journal.ensure("a", state(5));
        journal.ensure("a", state(3));
        assertThat(JournalStates.of(journal)).containsEntry("a", state(5));
        journal.close();

        assertThat(JournalStates.of(open(temp))).containsEntry("a", state(5));
    }

    @Test
    void aVersionThatIsHeldIsNotWrittenAgain() {
        Journal journal = open(temp);
        journal.ensure("a", state(1));
        long size = journal.sizeInBytes();
        journal.ensure("a", state(1));

        assertThat(journal.sizeInBytes()).isEqualTo(size);
    }

    @Test
    void theLogStaysNearItsLiveContentAndKeepsAllOfIt() {
        Journal journal = open(temp);
        Random choices = new Random(7);
        SortedMap<String, RegisterState> expected = new TreeMap<>();
        for (int version = 1; version <= 800; version++) {
            String key = "k" + choices.nextInt(20);
            RegisterState state = choices.nextInt(10) == 0 ? deletion(version) : state(version);
            journal.ensure(key, state);
            expected.put(key, state);
        }
        await(() -> journal.sizeInBytes() < 40_000);
        assertThat(JournalStates.of(journal)).isEqualTo(expected);
        journal.close();

        Journal reopened = open(temp);
        assertThat(JournalStates.of(reopened)).isEqualTo(expected);
        reopened.ensure("k0", state(1000));
        reopened.close();
        assertThat(JournalStates.of(open(temp))).containsEntry("k0", state(1000)).hasSize(20);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void threadsThatEnsureInAnyOrderLoseNothingWhileTheLogIsCleaned(long seed) throws Exception {
        Journal journal = open(temp.resolve("killed"));
        ConcurrentHashMap<String, Long> ensured = new ConcurrentHashMap<>();
        List<Callable<Void>> work = new ArrayList<>();
        for (int thread = 0; thread < 6; thread++) {
            Random choices = new Random(seed * 31 + thread);
            work.add(() -> {
                for (int i = 1; i <= 300; i++) {
                    String key = "k" + choices.nextInt(5);
                    long version = 1 + i + choices.nextInt(20);
                    journal.ensure(key, state(version));
                    ensured.merge(key, version, Math::max);
                }
                return null;
            });
        }
        for (Future<Void> done : executor.invokeAll(work)) {
            done.get();
        }
        JournalFolder killed = new JournalFolder(temp.resolve("killed"));
        await(() -> journal.sizeInBytes() < 40_000);
        journal.close();

        Map<String, RegisterState> states = JournalStates.of(open(killed.root()));
        assertThat(states).hasSameSizeAs(ensured);
        ensured.forEach((key, version) -> assertThat(states.get(key)).isEqualTo(state(version)));
    }

    @Test
    void aTornTailLosesThatChangeAndNothingBeforeIt() throws Exception {
        Journal journal = open(temp.resolve("killed"));
        journal.ensure("a", state(1));
        journal.ensure("b", state(1));
        JournalFolder killed = new JournalFolder(temp.resolve("killed"));
        long before = Files.size(killed.lastSegment());
        journal.ensure("a", state(2));
        long after = Files.size(killed.lastSegment());
        JournalFolder whole = killed.copyTo(temp.resolve("whole"));

        for (long size = before; size < after; size += 11) {
            JournalFolder torn = whole.copyTo(temp.resolve("torn" + size));
            JournalFolder.truncate(torn.lastSegment(), size);
            Journal reopened = open(torn.root());
            assertThat(JournalStates.of(reopened)).isEqualTo(Map.of("a", state(1), "b", state(1)));
            reopened.ensure("a", state(2));
            reopened.close();
            assertThat(JournalStates.of(open(torn.root()))).isEqualTo(Map.of("a", state(2), "b", state(1)));
        }
        assertThat(JournalStates.of(open(whole.root()))).isEqualTo(Map.of("a", state(2), "b", state(1)));
    }

    @Test
    void aClosedJournalSaysThatItIsNotWritable() {
        Journal journal = open(temp);
        journal.ensure("a", state(1));
        journal.ensure("b", state(1));
        journal.close();

        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> journal.ensure("a", state(2))).withMessageContaining("register a");
        journal.ensure("b", state(1));
    }

    @Test
    void aSecondJournalInTheSameFolderIsRefused() {
        open(temp).ensure("a", state(1));

        assertThatThrownBy(() -> open(temp)).hasMessageContaining(temp.toString());
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}
