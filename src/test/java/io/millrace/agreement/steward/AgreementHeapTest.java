package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The consensus keeps what its last changes were made of; that must not grow with their number until the heap is full. */
class AgreementHeapTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int BROKERS = 3;
    /** Old and new value of each would be more than the heap of a process; the long run is of what killed servers once. */
    private static final int WRITES = LONG ? 20_000 : 1_000;
    /** The changes since a snapshot, which may have just begun before and be many after: 200 of 120 KB, and some more. */
    private static final long GROWTH_BYTES = 32_000_000;

    @TempDir
    private Path temp;
    private final List<Process> processes = new ArrayList<>();
    private final List<BufferedReader> outputs = new ArrayList<>();

    @AfterEach
    void stop() {
        processes.forEach(process -> process.toHandle().destroyForcibly());
    }

    @Test
    @Timeout(value = 40, unit = TimeUnit.MINUTES)
    void aLargeRegisterIsWrittenAnyNumberOfTimesInASmallHeap() throws Exception {
        List<Integer> ports = FreePorts.choose(BROKERS);
        for (int id = 0; id < BROKERS; id++) {
            processes.add(LargeRegisterProcess.start(id, ports, temp));
            processes.get(id).onExit().thenRun(this::stop); // whoever waits for an answer of the others would wait for ever
            outputs.add(new BufferedReader(new InputStreamReader(processes.get(id).getInputStream(), StandardCharsets.UTF_8)));
        }
        ask(0, "write " + WRITES / 2);
        long[] before = live();
        System.out.println(WRITES / 2 + " writes took " + ask(0, "write " + WRITES / 2) + " ms");
        long[] after = live();
        for (int id = 0; id < BROKERS; id++) {
            System.out.println("broker " + id + ": live " + before[id] / 1_000_000 + " MB, then " + after[id] / 1_000_000 + " MB");
            assertThat(after[id]).as("live bytes at broker %s, which were %s", id, before[id])
                .isLessThan(LargeRegisterProcess.HEAP_MB * 1_000_000L * 3 / 4).isLessThan(before[id] + GROWTH_BYTES);
        }
    }

    private long[] live() throws IOException {
        long[] live = new long[BROKERS];
        for (int id = 0; id < BROKERS; id++) {
            live[id] = ask(id, "heap");
        }
        return live;
    }

    private long ask(int id, String request) throws IOException {
        processes.get(id).getOutputStream().write((request + "\n").getBytes(StandardCharsets.UTF_8));
        processes.get(id).getOutputStream().flush();
        String answer = outputs.get(id).readLine();
        assertThat(answer).as("answer of broker %s to %s; none: a heap was exhausted", id, request).isNotNull()
            .matches("(live|written) \\d+");
        return Long.parseLong(answer.split(" ")[1]);
    }
}
