package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The processes that transfer, each with a transactional id, and somebody who starts one again that ended because it was
 * fenced, as its transaction took too long. Used by one thread.
 */
final class TransferApplications implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 120;

    private final List<URI> servers;
    private final String group;
    private final int partitions;
    private final Path folder;
    private final Map<String, Process> running = new LinkedHashMap<>();

    TransferApplications(List<URI> servers, String group, int partitions, Path folder) {
        this.servers = servers;
        this.group = group;
        this.partitions = partitions;
        this.folder = folder;
    }

    void start(String transactionalId) throws IOException {
        running.put(transactionalId, TransferProcess.start(servers, group, transactionalId, partitions, folder.resolve(transactionalId)));
    }

    /** Those that were fenced go on; none may have ended otherwise. */
    void supervise() {
        for (Map.Entry<String, Process> each : Map.copyOf(running).entrySet()) {
            if (!each.getValue().isAlive()) {
                requireFenced(each.getKey(), each.getValue());
                try {
                    start(each.getKey());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void requireFenced(String transactionalId, Process ended) {
        assertThat(ended.exitValue()).as("%s was fenced, or it ended for another reason: %s", transactionalId, complaints(transactionalId))
                .isEqualTo(TransferProcess.FENCED);
    }

    /** Kills it in the midst of whatever it does, and starts it again. */
    void kill(String transactionalId) throws IOException, InterruptedException {
        Process process = running.remove(transactionalId);
        process.destroyForcibly().waitFor();
        start(transactionalId);
    }

    void killAll() throws InterruptedException {
        for (Process each : running.values()) {
            each.destroyForcibly().waitFor();
        }
        running.clear();
    }

    /** Halts it, starts another one with its transactional id, and lets it go on: it must find that out. */
    void supplant(String transactionalId, long haltedMs) throws IOException, InterruptedException {
        Process old = running.remove(transactionalId);
        signal(old, "STOP");
        try {
            start(transactionalId);
            TimeUnit.MILLISECONDS.sleep(haltedMs);
        } finally {
            signal(old, "CONT");
        }
        boolean ended = old.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            old.destroyForcibly();
        }
        assertThat(ended).as("%s finds out within %d s that another one has its transactional id", transactionalId, PATIENCE_SECONDS)
                .isTrue();
        requireFenced(transactionalId, old);
    }

    private static void signal(Process process, String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    }

    /** Asks all to end, and waits until they have. */
    void stop() throws IOException, InterruptedException {
        for (Map.Entry<String, Process> each : running.entrySet()) {
            Process process = each.getValue();
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(each.getKey() + " ends when it is asked to").isTrue();
            assertThat(process.exitValue()).as("%s: %s", each.getKey(), complaints(each.getKey())).isZero();
        }
        running.clear();
    }

    /** How many transactions were committed by any of them. */
    long committed() {
        try (var files = Files.list(folder)) {
            return files.filter(file -> !file.toString().endsWith(".errors")).mapToLong(file -> text(file).lines()
                    .filter(line -> line.startsWith(TransferApplication.COMMITTED)).count()).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String complaints(String transactionalId) {
        return text(TransferProcess.errors(folder.resolve(transactionalId)));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whatever goes on. */
    @Override
    public void close() {
        running.values().forEach(Process::destroyForcibly);
    }
}
