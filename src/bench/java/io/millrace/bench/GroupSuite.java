package io.millrace.bench;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Consumer groups on one server: polls beside fetches that keep no state, commits, how long partitions go unread when a
 * consumer dies, and what consumers that wait cost.
 */
final class GroupSuite {
    private static final int MIB = 1 << 20;
    private static final int PARTITIONS = 8;
    private static final int BATCHES_A_PARTITION = 16;
    private static final int WARM_UP_SLICES = 2;
    private static final int LONG_SESSION_MS = 1_800_000;
    private static final String TOPIC = "bench-group";
    /** What the field's HTTP bridge gives of 100 B JSON records on such a machine, in records/s. */
    private static final int BRIDGE = 161_000;

    private static final int MEMBERS = 16;
    private static final int MANY_PARTITIONS = 128;
    private static final int SESSION_MS = 3_000;
    private static final int IDLE = 500;
    private static final int MANY_GROUPS = 100;

    private final BenchOptions options;
    private final Progress progress;
    private final LocalServer server;
    private final HttpLoad load;
    private final HttpRequests requests;
    private final TopicAdmin topics;
    private final GroupConsumers consumers;
    private final List<Figure> figures = new ArrayList<>();

    GroupSuite(BenchOptions options, Progress progress, LocalServer server) {
        this.options = options;
        this.progress = progress;
        this.server = server;
        this.load = new HttpLoad(server.address());
        this.requests = new HttpRequests(server.uri().getAuthority());
        this.topics = new TopicAdmin(server.uri());
        this.consumers = new GroupConsumers(server.uri());
    }

    List<Figure> run() throws Exception {
        double batchBytes = fill();
        reading("JSON", "json", HttpRequests.JSON, 1, batchBytes);
        reading("JSON", "json", HttpRequests.JSON, PARTITIONS, batchBytes);
        reading("raw", "raw", HttpRequests.BATCH, 1, batchBytes);
        reading("raw", "raw", HttpRequests.BATCH, PARTITIONS, batchBytes);
        topics.delete(TOPIC);
        commits();
        rebalance();
        idle();
        return figures;
    }

    /** @return bytes of a stored record */
    private double fill() throws Exception {
        progress.say("groups: filling " + PARTITIONS + " partitions");
        topics.create(TOPIC, "os", PARTITIONS, 1);
        ByteBuffer batch = Batches.of(100, 102);
        int times = MIB / batch.remaining();
        ByteBuffer many = ByteBuffer.allocate(times * batch.remaining());
        for (int i = 0; i < times; i++) {
            many.put(batch.duplicate());
        }
        many.flip();
        try (HttpConnection connection = new HttpConnection(server.address())) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                ByteBuffer request = requests.post("/topics/" + TOPIC + "/partitions/" + partition, HttpRequests.BATCH, many);
                for (int i = 0; i < BATCHES_A_PARTITION; i++) {
                    HttpAnswer answer = connection.exchange(request);
                    if (!answer.successful()) {
                        throw new IOException("filling " + TOPIC + ": " + answer);
                    }
                }
            }
        }
        int records = 0;
        for (RecordBatch each : RecordBatch.in(batch.duplicate())) {
            records += each.recordCount();
        }
        return (double) batch.remaining() / records;
    }

    // ---- reading

    /** The same records by so many consumers of one group, and by as many connections that fetch without state. */
    private void reading(String name, String format, String accept, int instances, double storedBytes) throws Exception {
        String group = "bench-" + format + "-" + instances;
        progress.say("groups: " + name + ", " + instances + " instances");
        Map<Integer, int[]> owned = new LinkedHashMap<>();
        for (int i = 0; i < instances; i++) {
            consumers.create(group, "c" + i, format, LONG_SESSION_MS, TOPIC);
        }
        for (int i = 0; i < instances; i++) {
            owned.put(i, consumers.partitions(group, "c" + i));
        }
        Workload.Factory polls = connection -> new SequentialPoll(requests, group, "c" + connection, accept, TOPIC,
                owned.get(connection));
        Workload.Factory fetches = connection -> new SequentialFetch(requests, TOPIC, accept, "&max_bytes=" + MIB, 0);
        Rounds<LoadResult> rounds = new Rounds<>();
        load.run(instances, options.slice().multipliedBy(WARM_UP_SLICES), polls);
        LoadResult sizes = load.run(1, Duration.ofSeconds(2), fetches);
        double recordBytes = format.equals("raw") ? storedBytes : (double) sizes.received() / Math.max(1, sizes.records());
        rounds.variant("poll", () -> load.run(instances, options.slice(), polls));
        rounds.variant("fetch", () -> load.run(instances, options.slice(), fetches));
        Map<String, List<LoadResult>> results = rounds.run(options.rounds(), progress);
        figures.add(Figure.against("group, " + name + " polls of 100 B records, " + instances
                + (instances == 1 ? " instance" : " instances"), "records/s", perSecond(results.get("poll"), recordBytes),
                "fetches without state", perSecond(results.get("fetch"), recordBytes),
                format.equals("json") && instances > 1 ? new Target.Both(new Target.Ratio(1 / 1.2), new Target.Above(2 * BRIDGE))
                        : new Target.Ratio(1 / 1.2)));
        for (int i = 0; i < instances; i++) {
            consumers.delete(group, "c" + i);
        }
    }

    private static Samples perSecond(List<LoadResult> results, double recordBytes) {
        return new Samples(results.stream().map(result -> result.received() / result.seconds() / recordBytes).toList());
    }

    // ---- committing

    private void commits() throws Exception {
        progress.say("groups: commits");
        topics.create("bench-commits", "os", MEMBERS, 1);
        consumers.create("bench-alone", "c", "json", LONG_SESSION_MS, "bench-commits");
        for (int i = 0; i < MEMBERS; i++) {
            consumers.create("bench-one", "c" + i, "json", LONG_SESSION_MS, "bench-commits");
        }
        for (int i = 0; i < MANY_GROUPS; i++) {
            consumers.create("bench-many-" + i, "c", "json", LONG_SESSION_MS, "bench-commits");
        }
        int[][] owned = new int[MEMBERS][];
        for (int i = 0; i < MEMBERS; i++) {
            owned[i] = consumers.partitions("bench-one", "c" + i);
        }
        Rounds<LoadResult> rounds = new Rounds<>();
        rounds.variant("alone", () -> load.run(1, options.slice(), connection -> commit("bench-alone", "c", 0)));
        rounds.variant("one", () -> load.run(MEMBERS, options.slice(),
                connection -> commit("bench-one", "c" + connection, owned[connection][0])));
        rounds.variant("many", () -> load.run(MANY_GROUPS, options.slice(),
                connection -> commit("bench-many-" + connection, "c", 0)));
        Map<String, List<LoadResult>> results = rounds.run(options.rounds() + 1, progress);
        results.values().forEach(each -> each.remove(0)); // the first round warms up
        figures.add(commitFigure("group, commits of one group, 16 consumers at once", results.get("one"), results.get("alone")));
        figures.add(commitFigure("group, commits of 100 groups, all at once", results.get("many"), results.get("alone")));
    }

    private Workload commit(String group, String name, int partition) {
        return Workload.repeat(requests.post(GroupConsumers.path(group, name) + "/offsets", HttpRequests.ANSWER, ByteBuffer.wrap(
                ("{\"offsets\":[{\"topic\":\"bench-commits\",\"partition\":" + partition + ",\"offset\":0}]}").getBytes(StandardCharsets.UTF_8))), 1);
    }

    private static Figure commitFigure(String name, List<LoadResult> reached, List<LoadResult> alone) {
        return Figure.against(name, "commits/s", new Samples(reached.stream().map(LoadResult::requestsPerSecond).toList()),
                "one consumer, one commit after the other",
                new Samples(alone.stream().map(LoadResult::requestsPerSecond).toList()), new Target.None())
                .with(reached.get(reached.size() / 2).latencies());
    }

    // ---- a consumer that dies

    private void rebalance() throws Exception {
        progress.say("groups: one of " + MEMBERS + " consumers of " + MANY_PARTITIONS + " partitions dies");
        topics.create("bench-rebalance", "os", MANY_PARTITIONS, 1);
        double[] seconds = new double[options.rounds()];
        for (int round = 0; round < seconds.length; round++) {
            seconds[round] = unread("bench-rebalance-" + round);
            progress.say("round %d: %.2f s beyond the session timeout".formatted(round + 1, seconds[round]));
        }
        figures.add(Figure.alone("group, 16 consumers, 128 partitions, one dies: until all are read, beyond the session timeout",
                "s", Samples.of(seconds), new Target.Below(2)));
        topics.delete("bench-rebalance");
    }

    private double unread(String group) throws Exception {
        for (int i = 0; i < MEMBERS; i++) {
            consumers.create(group, "c" + i, "json", SESSION_MS, "bench-rebalance");
        }
        ExecutorService threads = Executors.newFixedThreadPool(MEMBERS);
        Set<Integer> read = ConcurrentHashMap.newKeySet();
        Set<Integer> stopped = ConcurrentHashMap.newKeySet();
        List<Future<?>> running = new ArrayList<>();
        try {
            for (int i = 0; i < MEMBERS; i++) {
                int number = i;
                running.add(threads.submit(() -> {
                    while (!stopped.contains(number)) {
                        read.addAll(read(consumers.poll(group, "c" + number, 300)));
                        consumers.commit(group, "c" + number);
                    }
                    return null;
                }));
            }
            awaitAll(read, "before anybody died");
            stopped.add(0);
            running.get(0).get(30, TimeUnit.SECONDS);
            long lastHeard = System.nanoTime();
            awaitAll(read, "after one died");
            double seconds = (System.nanoTime() - lastHeard) / 1e9 - SESSION_MS / 1e3;
            return Math.max(0, seconds);
        } finally {
            IntStream.range(0, MEMBERS).forEach(stopped::add);
            for (Future<?> each : running) {
                each.get(30, TimeUnit.SECONDS);
            }
            threads.shutdownNow();
            for (int i = 0; i < MEMBERS; i++) {
                consumers.delete(group, "c" + i);
            }
        }
    }

    /** Writes a record to each partition, and waits until each was read. */
    private void awaitAll(Set<Integer> read, String when) throws Exception {
        read.clear();
        StringBuilder records = new StringBuilder();
        for (int partition = 0; partition < MANY_PARTITIONS; partition++) {
            records.append(partition == 0 ? "" : ",").append("{\"value\":1,\"partition\":").append(partition).append('}');
        }
        consumers.produce("bench-rebalance", "{\"records\":[" + records + "]}");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (read.size() < MANY_PARTITIONS) {
            if (System.nanoTime() > deadline) {
                throw new IOException(when + ", only " + read.size() + " of " + MANY_PARTITIONS + " partitions are read");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static Set<Integer> read(String records) {
        Set<Integer> partitions = new HashSet<>();
        Matcher each = Pattern.compile("\"partition\":(\\d+)").matcher(records);
        while (each.find()) {
            partitions.add(Integer.valueOf(each.group(1)));
        }
        return partitions;
    }

    // ---- consumers that wait

    private void idle() throws Exception {
        progress.say("groups: " + IDLE + " consumers wait");
        topics.create("bench-idle", "os", PARTITIONS, 1);
        for (int i = 0; i < IDLE; i++) {
            consumers.create("bench-idle-" + i % 50, "c" + i, "json", LONG_SESSION_MS, "bench-idle");
        }
        double[] threads = new double[options.rounds()];
        for (int round = 0; round < threads.length; round++) {
            int before = threads();
            List<CompletableFuture<Integer>> waiting = new ArrayList<>();
            for (int i = 0; i < IDLE; i++) {
                waiting.add(consumers.pollLater("bench-idle-" + i % 50, "c" + i, 8_000));
            }
            TimeUnit.SECONDS.sleep(4);
            threads[round] = Math.max(0, threads() - before);
            for (CompletableFuture<Integer> each : waiting) {
                if (each.get(60, TimeUnit.SECONDS) != 200) {
                    throw new IOException("a poll that waited was answered with " + each.get());
                }
            }
        }
        figures.add(Figure.alone("group, threads that " + IDLE + " polls that wait add to the server", "threads",
                Samples.of(threads), new Target.Below(50)));
        topics.delete("bench-idle");
    }

    private int threads() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(server.pid()), "status"))) {
            if (line.startsWith("Threads:")) {
                return Integer.parseInt(line.substring(line.indexOf(':') + 1).trim());
            }
        }
        throw new IOException("the kernel does not tell how many threads the server has");
    }
}
