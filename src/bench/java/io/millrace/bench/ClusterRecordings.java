package io.millrace.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A flight recording of each server of a cluster, with a summary beside it when it is over. */
final class ClusterRecordings implements AutoCloseable {
    private final Map<Path, FlightRecording> recordings = new LinkedHashMap<>();

    static ClusterRecordings start(BenchCluster cluster, Path work, String name) throws IOException, InterruptedException {
        ClusterRecordings started = new ClusterRecordings();
        int server = 0;
        for (long pid : cluster.servers().pids()) {
            server++;
            Path file = work.resolve("jfr").resolve("cluster-" + name + "-" + server + ".jfr");
            started.recordings.put(file, FlightRecording.start(pid, file));
        }
        return started;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        List<Path> files = new ArrayList<>(recordings.keySet());
        for (Path file : files) {
            recordings.get(file).close();
            try (PrintStream out = new PrintStream(file.resolveSibling(file.getFileName() + ".txt").toFile(),
                    StandardCharsets.UTF_8)) {
                ExecutionProfile.of(file).print(out);
            }
        }
    }
}
