package io.millrace.bench;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Groups that poll and wait while much is produced: whether what was answered leaves the heap. Each sample is the heap in use
 * just after a full collection.
 */
final class PollSoakSuite {
    private static final String TOPIC = "polls";
    private static final int GROUPS = 8;
    private static final int CONSUMERS = 16;
    private static final int PARTITIONS = 4;
    private static final int RECORDS = 100;
    private static final int RECORD_BYTES = 10_000;
    /** Between the produce requests of a million bytes each: 10 MB a second. */
    private static final Duration PACE = Duration.ofMillis(100);
    private static final Duration SAMPLE_EVERY = Duration.ofSeconds(15);
    /** What counts as noise, not growth. */
    private static final double GROWTH_BOUND_MIB = 20;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;

    PollSoakSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    List<Figure> run() throws Exception {
        progress.say("polls: " + options.polls().toMinutes() + " minutes");
        try (LocalServer server = LocalServer.start(options, work, Map.of())) {
            new TopicAdmin(server.uri()).create(TOPIC, "os", PARTITIONS, 1);
            GroupConsumers consumers = new GroupConsumers(server.uri());
            for (int i = 0; i < CONSUMERS; i++) {
                consumers.create(group(i), "c" + i, "json", 60_000, TOPIC);
            }
            ExecutorService threads = Executors.newCachedThreadPool();
            try {
                List<Future<LoadResult>> loads = startLoad(server, threads);
                double[] heap = watch(server.pid(), loads);
                LoadResult produced = loads.get(0).get();
                LoadResult polled = loads.get(1).get();
                progress.say("produced: " + produced);
                progress.say("polled: " + polled);
                return figures(heap, polled);
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private static String group(int consumer) {
        return "polls-" + consumer % GROUPS;
    }

    private List<Future<LoadResult>> startLoad(LocalServer server, ExecutorService threads) {
        HttpLoad load = new HttpLoad(server.address());
        HttpRequests requests = new HttpRequests(server.uri().getAuthority());
        ByteBuffer records = requests.post("/topics/" + TOPIC, HttpRequests.JSON, HttpRequests.jsonRecords(RECORDS, RECORD_BYTES));
        return List.of(
                threads.submit(() -> load.run(1, options.polls(), connection -> Workload.paced(records, RECORDS, PACE))),
                threads.submit(() -> load.run(CONSUMERS, options.polls(), connection -> Workload.repeat(requests.get(
                        GroupConsumers.path(group(connection), "c" + connection) + "/records?timeout=1000&max_bytes=16777216",
                        HttpRequests.JSON), 0))));
    }

    /** @return MiB in use after each collection */
    private double[] watch(long pid, List<Future<LoadResult>> loads) throws Exception {
        List<Double> samples = new ArrayList<>();
        long end = System.nanoTime() + options.polls().toNanos();
        while (System.nanoTime() < end) {
            TimeUnit.NANOSECONDS.sleep(Math.min(SAMPLE_EVERY.toNanos(), Math.max(1, end - System.nanoTime())));
            samples.add(HeapInUse.afterCollection(pid));
            progress.say("heap after a collection %.0f MiB, resident %.0f MiB".formatted(samples.get(samples.size() - 1),
                    ResidentSet.of(pid).rss()));
            for (Future<LoadResult> load : loads) {
                if (load.isDone()) {
                    load.get();
                }
            }
        }
        return samples.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Growth is the mean of the last third of the samples less that of the second third: the first one warms up. */
    private static List<Figure> figures(double[] heap, LoadResult polled) {
        int third = Math.max(1, heap.length / 3);
        double growth = mean(heap, heap.length - third, third) - mean(heap, Math.min(heap.length - third, third), third);
        return List.of(
                Figure.alone("polls, heap after a collection", "MiB", Samples.of(heap), new Target.None()),
                Figure.alone("polls, its growth from the second third of the time to the last", "MiB", Samples.of(growth),
                        new Target.Below(GROWTH_BOUND_MIB)),
                Figure.alone("polls, given out", "MiB/s", Samples.of(polled.receivedMibPerSecond()), new Target.None()));
    }

    private static double mean(double[] values, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += values[i];
        }
        return sum / count;
    }
}
