package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.journal.Journal;
import io.millrace.agreement.journal.JournalStates;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterState;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.agreement.steward.RegisterWriterProcess.Agreement;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that changes registers is killed again and again; what it had acknowledged must be there each time. */
class RegisterKillTest {
    private static final String DELETED = "-";

    private record Acknowledged(long version, String value) {
    }

    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    /** By key, over all rounds: the newest change that was acknowledged, or found after a restart. */
    private final Map<String, Acknowledged> acknowledged = new HashMap<>();

    @AfterEach
    void stop() {
        executor.shutdownNow();
    }

    @Test
    void aKilledProcessLosesNothingAcknowledgedWhileItsJournalIsRewritten() throws Exception {
        Random choices = new Random(42);
        for (int round = 0; round < 10; round++) {
            runAndKill(Agreement.FAKE, choices);
            try (Journal journal = Journal.open(temp.resolve("journal"), RegisterWriterProcess.SMALL_JOURNAL,
                Clock.systemUTC(), executor)) {
                check(JournalStates.of(journal));
            }
        }
        assertThat(acknowledged).hasSize(RegisterWriterProcess.KEYS);
    }

    @Test
    void aKilledServersRegistersAreRestoredAndTheirVersionsGoOn() throws Exception {
        Random choices = new Random(43);
        for (int round = 0; round < 3; round++) {
            runAndKill(Agreement.HAZELCAST, choices);
            try (ClusterNode node = ClusterNode.start(
                RegisterWriterProcess.options(temp.resolve("journal")), executor)) {
                checkThrough(node.registers());
            }
        }
        assertThat(acknowledged).hasSize(RegisterWriterProcess.KEYS);
    }

    private void runAndKill(Agreement agreement, Random choices) throws Exception {
        Path errors = temp.resolve("errors.txt");
        int lines = 1 + choices.nextInt(choices.nextBoolean() ? 20 : 1000);
        Process process = RegisterWriterProcess.start(agreement, temp.resolve("journal"), choices.nextLong(), errors);
        try (BufferedReader out =
                 new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < lines; i++) {
                String line = out.readLine();
                assertThat(line).as(() -> "the process ended by itself: " + read(errors)).isNotNull();
                note(line);
            }
            // By the handle: the process's own method would close the stream as well.
            process.toHandle().destroyForcibly();
            // What it managed to say before it died counts too; a last line that was cut short does not.
            StringBuilder rest = new StringBuilder();
            for (int c = out.read(); c >= 0; c = out.read()) {
                rest.append((char) c);
            }
            rest.substring(0, rest.lastIndexOf("\n") + 1).lines().forEach(this::note);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private void note(String line) {
        String[] words = line.split(" ", 3);
        Acknowledged now = new Acknowledged(Long.parseLong(words[1]), words[2]);
        Acknowledged before = acknowledged.put(words[0], now);
        assertThat(now.version()).as("versions of %s grow", words[0])
            .isGreaterThan(before == null ? 0 : before.version());
    }

    private void check(Map<String, RegisterState> states) {
        acknowledged.replaceAll((key, said) -> {
            RegisterState found = states.get(key);
            assertThat(found).as(key).isNotNull();
            return checked(key, said, new Acknowledged(found.version(), found.exists() ? found.value() : DELETED));
        });
    }

    private void checkThrough(RegisterStore store) {
        acknowledged.replaceAll((key, said) -> {
            Register found = store.read(key).orElse(null);
            assertThat(store.keys("key/").contains(key)).isEqualTo(found != null);
            if (found != null) {
                return checked(key, said, new Acknowledged(found.version(), found.value()));
            }
            // A deleted register does not tell its version: creating it again does, and is one more.
            Register created = store.compareAndSet(key, RegisterStore.ABSENT, "\"again\"").orElseThrow();
            checked(key, said, new Acknowledged(created.version() - 1, DELETED));
            return new Acknowledged(created.version(), created.value());
        });
    }

    /** The process had at most one change of a key under way that it could not acknowledge any more. */
    private static Acknowledged checked(String key, Acknowledged said, Acknowledged found) {
        assertThat(found.version()).as("version of %s", key).isBetween(said.version(), said.version() + 1);
        if (found.version() == said.version()) {
            assertThat(found).as(key).isEqualTo(said);
        }
        return found;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
