package io.millrace.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Produce and fetch at once, small and with bodies of 1 MiB, while the server's memory is watched. */
final class SoakSuite {
    private static final int MIB = 1 << 20;
    private static final Duration SAMPLE_EVERY = Duration.ofSeconds(10);
    private static final double BOUND_MIB = 1024;
    /** What counts as noise, not growth. */
    private static final double GROWTH_BOUND_MIB = 50;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;

    SoakSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    List<Figure> run() throws Exception {
        progress.say("soak: " + options.soak().toMinutes() + " minutes");
        try (LocalServer server = LocalServer.start(options, work, environment())) {
            TopicAdmin topics = new TopicAdmin(server.uri());
            for (String topic : List.of("soak-raw", "soak-json")) {
                topics.create(topic, "commit");
            }
            ExecutorService threads = Executors.newCachedThreadPool();
            try {
                Map<String, Future<LoadResult>> lanes = startLoad(server, threads);
                List<ResidentSet> samples = watch(server.pid(), lanes.values());
                for (Map.Entry<String, Future<LoadResult>> lane : lanes.entrySet()) {
                    progress.say(lane.getKey() + ": " + lane.getValue().get());
                }
                noteNativeMemory(server.pid());
                return figures(samples);
            } finally {
                threads.shutdownNow();
            }
        }
    }

    /** The profile option also has the server account for its native memory. */
    private Map<String, String> environment() {
        return options.profile() ? Map.of("JVM_ARGS", "-XX:NativeMemoryTracking=summary") : Map.of();
    }

    private Map<String, Future<LoadResult>> startLoad(LocalServer server, ExecutorService threads) {
        HttpLoad load = new HttpLoad(server.address());
        HttpRequests requests = new HttpRequests(server.uri().getAuthority());
        ByteBuffer rawMib = requests.post("/topics/soak-raw/partitions/0", HttpRequests.BATCH, Batches.upTo(MIB));
        ByteBuffer jsonMib = requests.post("/topics/soak-json", HttpRequests.JSON,
                HttpRequests.jsonRecords(900, 1024));
        ByteBuffer hundred = requests.post("/topics/soak-json", HttpRequests.JSON, HttpRequests.jsonRecords(100, 100));
        Map<String, Future<LoadResult>> lanes = new LinkedHashMap<>();
        lanes.put("raw produce, 1 MiB", threads.submit(() -> load.run(2, options.soak(),
                connection -> Workload.repeat(rawMib, 1))));
        lanes.put("JSON produce, 1 MiB", threads.submit(() -> load.run(2, options.soak(),
                connection -> Workload.repeat(jsonMib, 900))));
        lanes.put("JSON produce, 100 x 100 B", threads.submit(() -> load.run(4, options.soak(),
                connection -> Workload.repeat(hundred, 100))));
        lanes.put("raw fetch, 1 MiB", threads.submit(() -> load.run(2, options.soak(),
                connection -> new SequentialFetch(requests, "soak-raw", HttpRequests.BATCH, "&max_bytes=" + MIB, 0))));
        lanes.put("JSON fetch, 1 MiB", threads.submit(() -> load.run(2, options.soak(),
                connection -> new SequentialFetch(requests, "soak-json", HttpRequests.JSON, "&max_bytes=" + MIB, 0))));
        return lanes;
    }

    private List<ResidentSet> watch(long pid, Iterable<Future<LoadResult>> lanes) throws Exception {
        List<ResidentSet> samples = new ArrayList<>();
        long end = System.nanoTime() + options.soak().toNanos();
        while (System.nanoTime() < end) {
            TimeUnit.NANOSECONDS.sleep(Math.min(SAMPLE_EVERY.toNanos(), Math.max(1, end - System.nanoTime())));
            ResidentSet now = ResidentSet.of(pid);
            samples.add(now);
            progress.say("resident %.0f MiB".formatted(now.rss()));
            for (Future<LoadResult> lane : lanes) {
                if (lane.isDone()) {
                    lane.get();
                }
            }
        }
        return samples;
    }

    /** Growth is the mean of the last tenth of the samples less that of the tenth after the first fifth. */
    private static List<Figure> figures(List<ResidentSet> samples) {
        double[] rss = samples.stream().mapToDouble(ResidentSet::rss).toArray();
        int tenth = Math.max(1, rss.length / 10);
        double growth = mean(rss, rss.length - tenth, tenth) - mean(rss, rss.length / 5, tenth);
        return List.of(
                Figure.alone("soak, resident set", "MiB", Samples.of(rss), new Target.Below(BOUND_MIB)),
                Figure.alone("soak, growth after the first fifth", "MiB", Samples.of(growth),
                        new Target.Below(GROWTH_BOUND_MIB)));
    }

    private static double mean(double[] values, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += values[i];
        }
        return sum / count;
    }

    private void noteNativeMemory(long pid) throws IOException, InterruptedException {
        if (options.profile()) {
            Path file = work.resolve("native-memory.txt");
            Files.writeString(file, FlightRecording.jcmd(pid, "VM.native_memory", "summary", "scale=MB"));
            progress.say("native memory: " + file);
        }
    }
}
