package io.millrace.agreement.steward;

import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.journal.Journal;
import io.millrace.agreement.journal.JournalCleaning;
import io.millrace.agreement.registers.FakeCp;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that changes registers until it is killed, and writes a line to its standard output for each change that
 * was acknowledged: key, version, and the value or a hyphen for a deletion. Each key has one thread.
 */
final class RegisterWriterProcess {
    /** What holds the registers beside the journal. */
    enum Agreement {
        /** None but a map: starts at once. Its journal is small, and is cleaned all the time. */
        FAKE,
        HAZELCAST
    }

    static final int KEYS = 4;
    static final Journal.Options SMALL_JOURNAL = new Journal.Options(4096, 30_000);

    private RegisterWriterProcess() {
    }

    static Process start(Agreement agreement, Path journalRoot, long seed, Path errors) throws IOException {
        List<String> command = new ArrayList<>(List.of(
            ProcessHandle.current().info().command().orElse("java"), "-Xmx128m",
            "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(argument -> argument.startsWith("--add-")).forEach(command::add);
        command.addAll(List.of(RegisterWriterProcess.class.getName(), agreement.name(), journalRoot.toString(),
            Long.toString(seed)));
        return new ProcessBuilder(command).redirectError(Redirect.to(errors.toFile())).start();
    }

    public static void main(String[] arguments) {
        ExecutorService executor = Executors.newCachedThreadPool();
        executor.execute(RegisterWriterProcess::endWithParent);
        Path journalRoot = Path.of(arguments[1]);
        RegisterStore store = switch (Agreement.valueOf(arguments[0])) {
            case FAKE -> fake(journalRoot, executor);
            case HAZELCAST -> ClusterNode.start(options(journalRoot), executor).registers();
        };
        long seed = Long.parseLong(arguments[2]);
        PrintStream acknowledged =
            new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        for (int i = 0; i < KEYS; i++) {
            String key = "key/" + i;
            Random choices = new Random(seed * KEYS + i);
            executor.execute(() -> changeForEver(store, key, choices, acknowledged));
        }
    }

    static ClusterOptions options(Path journalRoot) {
        return new ClusterOptions("test", 1, "127.0.0.1", 0, journalRoot);
    }

    private static RegisterStore fake(Path journalRoot, ExecutorService executor) {
        Journal journal = Journal.open(journalRoot, SMALL_JOURNAL, Clock.systemUTC(), executor);
        JournalCleaning.start(journal, executor);
        String node = UUID.randomUUID().toString();
        AtomicInteger count = new AtomicInteger();
        return TestStores.restored(new FakeCp(), journal, () -> node + "-" + count.incrementAndGet());
    }

    private static void changeForEver(RegisterStore store, String key, Random choices, PrintStream acknowledged) {
        while (!acknowledged.checkError()) {
            Optional<Register> found = store.read(key);
            if (found.isPresent() && choices.nextInt(10) == 0) {
                if (!store.compareAndDelete(key, found.get().version())) {
                    throw new IllegalStateException("a deletion without a rival was refused");
                }
                acknowledged.println(key + " " + (found.get().version() + 1) + " -");
            } else {
                String value = "\"" + "x".repeat(choices.nextInt(500)) + "\"";
                Register now = store.compareAndSet(key, found.map(Register::version).orElse(RegisterStore.ABSENT),
                    value).orElseThrow();
                acknowledged.println(key + " " + now.version() + " " + value);
            }
        }
    }

    private static void endWithParent() {
        try {
            System.in.transferTo(PrintStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            Runtime.getRuntime().halt(1);
        }
    }
}
