package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.FreePorts;
import io.millrace.agreement.journal.Journal;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalRequest.Kind;
import io.millrace.agreement.journal.JournalRequest;
import io.millrace.agreement.journal.StatePages;
import io.millrace.agreement.registers.RegisterState;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers that were off, with as many registers in their journals as a large cluster has. */
class LargeRestoreTest {
    private static final String HOST = "127.0.0.1";
    private static final int BROKERS = 3;
    /** Of 1 KiB. 100,000 partitions of topics with 64 and more take some 2,000 larger ones. */
    private static final int REGISTERS = Boolean.getBoolean("millrace.long") ? 20_000 : 2_000;
    private static final long AVAILABLE_MILLIS = 600_000;

    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final List<ClusterNode> nodes = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stop() {
        nodes.forEach(ClusterNode::close);
        executor.shutdownNow();
    }

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void everyRegisterComesBack() {
        for (int id = 0; id < BROKERS; id++) {
            fill(id);
        }
        List<Integer> ports = FreePorts.choose(BROKERS);
        List<String> members = ports.stream().map(port -> HOST + ":" + port).toList();
        long begun = System.nanoTime();
        List<CompletableFuture<Void>> starting = new ArrayList<>();
        for (int id = 0; id < BROKERS; id++) {
            ClusterOptions options = new ClusterOptions("large", id, HOST, ports.get(id), journal(id),
                members, BROKERS, null, "secret", "http://broker-" + id, null);
            starting.add(CompletableFuture.runAsync(() -> nodes.add(ClusterNode.start(options, executor)), executor));
        }
        starting.forEach(CompletableFuture::join);
        nodes.forEach(node -> assertThat(node.awaitAvailable(AVAILABLE_MILLIS)).as(() -> node.status().problem()).isTrue());
        System.out.println(REGISTERS + " registers restored after "
            + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) + " ms");

        nodes.forEach(node -> assertThat(node.registers().keys("topic/")).hasSize(REGISTERS));
        System.out.println("listed after " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) + " ms");
    }

    private Path journal(int id) {
        return temp.resolve("journal-" + id);
    }

    private void fill(int id) {
        SortedMap<String, RegisterState> states = new TreeMap<>();
        String value = "\"" + "x".repeat(1_000) + "\"";
        for (int i = 0; i < REGISTERS; i++) {
            states.put("topic/t" + i, new RegisterState(1, 1, "c-" + i, value));
        }
        try (Journal journal = Journal.open(journal(id), Journal.Options.DEFAULT, Clock.systemUTC(), executor)) {
            JournalGuard guard = new JournalGuard(journal);
            guard.handle(JournalRequest.of(Kind.PREPARE, 1, "s"));
            StatePages.of(states).forEach(page -> guard.handle(new JournalRequest(Kind.RESTORE, 1, "s", page)));
            guard.handle(JournalRequest.of(Kind.ACTIVATE, 1, "s"));
        }
    }
}
