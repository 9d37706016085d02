package io.millrace.bench;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The HTTP figures, each variant in turn with the resource that is its limit, on one server. */
final class HttpSuite {
    private static final int MIB = 1 << 20;
    private static final int WARM_UP_SLICES = 3;
    private static final int FETCHERS = 4;
    private static final String LIMIT = "limit";
    private static final String FETCH = "fetch";
    private static final String DISK = "disk";
    private static final String DISCARD = LimitsWar.CONTEXT_ROOT + "/discard";

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;
    private final LocalServer server;
    private final HttpLoad load;
    private final HttpRequests requests;
    private final TopicAdmin topics;
    private final List<Figure> figures = new ArrayList<>();

    HttpSuite(BenchOptions options, Path work, Progress progress, LocalServer server) {
        this.options = options;
        this.work = work;
        this.progress = progress;
        this.server = server;
        this.load = new HttpLoad(server.address());
        this.requests = new HttpRequests(server.uri().getAuthority());
        this.topics = new TopicAdmin(server.uri());
    }

    List<Figure> run() throws Exception {
        ByteBuffer hundred = HttpRequests.jsonRecords(100, 100);
        produce("JSON produce, 100 x 100 B, 8 connections", 8, HttpRequests.JSON, "", hundred, 100,
                new Target.Both(new Target.Ratio(0.5), new Target.Above(2_000)));
        produce("JSON produce, 1 x 100 B, 16 connections", 16, HttpRequests.JSON, "", HttpRequests.jsonRecords(1, 100),
                1, new Target.Above(9_000));
        ByteBuffer batch = Batches.upTo(MIB);
        produce("raw produce, 1 MiB, 4 connections", 4, HttpRequests.BATCH, "/partitions/0", batch, 1,
                new Target.Ratio(0.6));
        fetchRaw(batch);
        fetchJson();
        return figures;
    }

    /** The same body to Millrace with flush=commit (which the target is for) and flush=os, and to the discarding resource. */
    private void produce(String name, int connections, String type, String subPath, ByteBuffer body, int records,
                         Target target) throws Exception {
        progress.say(name);
        Map<String, Variant> variants = new LinkedHashMap<>();
        ByteBuffer discard = requests.post(DISCARD, type, body);
        variants.put(LIMIT, new Variant(connections, Workload.repeat(discard, records), null));
        for (String flush : List.of("commit", "os")) {
            String topic = "bench-" + flush;
            topics.create(topic, flush);
            ByteBuffer request = requests.post("/topics/" + topic + subPath, type, body);
            variants.put(flush, new Variant(connections, Workload.repeat(request, records), topic));
        }
        Map<String, List<LoadResult>> results = rounds(name, variants, new DiskLimit(work, body));
        for (String flush : List.of("commit", "os")) {
            figures.add(figure(name + ", " + flush, "req/s", results.get(flush), LoadResult::requestsPerSecond,
                    "a resource that reads and discards the body", results.get(LIMIT),
                    flush.equals("commit") ? target : new Target.None()));
            topics.delete("bench-" + flush);
        }
        figures.add(figure("  commit, against a force a request", "req/s", results.get("commit"),
                LoadResult::requestsPerSecond, "the disk: the same bytes, each forced", results.get(DISK),
                new Target.None()));
    }

    private void fetchRaw(ByteBuffer batch) throws Exception {
        String name = "raw fetch, 1 MiB, 4 connections";
        progress.say(name);
        String topic = "bench-fetch-raw";
        long end = fill(topic, batch, 256);
        Map<String, List<LoadResult>> results = fetchRounds(name, MIB, connection ->
                new SequentialFetch(requests, topic, HttpRequests.BATCH, "&max_bytes=" + MIB, end * connection / FETCHERS));
        figures.add(figure(name, "MiB/s", results.get(FETCH), LoadResult::receivedMibPerSecond,
                "a resource that answers a constant buffer", results.get(LIMIT), new Target.Ratio(0.6)));
        topics.delete(topic);
    }

    private void fetchJson() throws Exception {
        String name = "JSON fetch, 100 B, 4 connections";
        progress.say(name);
        String topic = "bench-fetch-json";
        ByteBuffer one = Batches.of(100, 102);
        int batches = MIB / one.remaining();
        ByteBuffer many = ByteBuffer.allocate(batches * one.remaining());
        for (int i = 0; i < batches; i++) {
            many.put(one.duplicate());
        }
        long end = fill(topic, many.flip(), 64);
        Workload.Factory fetch = connection -> new SequentialFetch(requests, topic, HttpRequests.JSON,
                "&max_bytes=" + MIB, end * connection / FETCHERS);
        LoadResult sizes = load.run(1, Duration.ofSeconds(2), fetch);
        int bodyBytes = (int) (sizes.received() / Math.max(1, sizes.requests()));
        Map<String, List<LoadResult>> results = fetchRounds(name, bodyBytes, fetch);
        double recordBytes = (double) sizes.received() / Math.max(1, sizes.records());
        figures.add(figure(name, "records/s", results.get(FETCH), r -> r.received() / r.seconds() / recordBytes,
                "a resource that answers a constant buffer of that size", results.get(LIMIT),
                new Target.Above(322_000)));
        topics.delete(topic);
    }

    private Map<String, List<LoadResult>> fetchRounds(String name, int constantBytes, Workload.Factory fetch)
            throws Exception {
        ByteBuffer constant = requests.get(LimitsWar.CONTEXT_ROOT + "/constant?bytes=" + constantBytes, "*/*");
        Map<String, Variant> variants = new LinkedHashMap<>();
        variants.put(LIMIT, new Variant(FETCHERS, Workload.repeat(constant, 0), null));
        variants.put(FETCH, new Variant(FETCHERS, fetch, null));
        return rounds(name, variants, null);
    }

    /** @return the end offset */
    private long fill(String topic, ByteBuffer batches, int times) throws Exception {
        topics.create(topic, "os");
        ByteBuffer request = requests.post("/topics/" + topic + "/partitions/0", HttpRequests.BATCH, batches);
        try (HttpConnection connection = new HttpConnection(server.address())) {
            for (int i = 0; i < times; i++) {
                HttpAnswer answer = connection.exchange(request);
                if (!answer.successful()) {
                    throw new IOException("filling " + topic + ": " + answer);
                }
            }
        }
        long records = 0;
        for (RecordBatch batch : RecordBatch.in(batches.duplicate())) {
            records += batch.recordCount();
        }
        return records * times;
    }

    /** A variant: how it is loaded, and the topic that is emptied after each of its slices. */
    private record Variant(int connections, Workload.Factory workloads, String filledTopic) {
        Variant(int connections, Workload workload, String filledTopic) {
            this(connections, connection -> workload, filledTopic);
        }
    }

    /** @param disk a further limit, or null */
    private Map<String, List<LoadResult>> rounds(String name, Map<String, Variant> variants, DiskLimit disk)
            throws Exception {
        Rounds<LoadResult> rounds = new Rounds<>();
        for (Map.Entry<String, Variant> variant : variants.entrySet()) {
            measure(variant.getValue(), options.slice().multipliedBy(WARM_UP_SLICES));
            rounds.variant(variant.getKey(), () -> measure(variant.getValue(), options.slice()));
        }
        if (disk != null) {
            rounds.variant(DISK, () -> disk.run(options.slice().dividedBy(2)));
        }
        Map<String, List<LoadResult>> results = rounds.run(options.rounds(), progress);
        if (options.profile()) {
            for (Map.Entry<String, Variant> variant : variants.entrySet()) {
                profile(name + ", " + variant.getKey(), variant.getValue());
            }
        }
        return results;
    }

    private LoadResult measure(Variant variant, Duration duration) throws Exception {
        LoadResult result = load.run(variant.connections(), duration, variant.workloads());
        if (variant.filledTopic() != null) {
            topics.empty(variant.filledTopic());
        }
        return result;
    }

    private void profile(String name, Variant variant) throws Exception {
        Path file = work.resolve("jfr").resolve(name.replaceAll("[^A-Za-z0-9]+", "-") + ".jfr");
        try (FlightRecording recording = FlightRecording.start(server.pid(), file)) {
            measure(variant, options.slice().multipliedBy(2));
        }
        Path text = Path.of(file.toString().replace(".jfr", ".txt"));
        try (PrintStream out = new PrintStream(Files.newOutputStream(text))) {
            ExecutionProfile.of(file).print(out);
        }
        progress.say("profile: " + text);
    }

    private static Figure figure(String name, String unit, List<LoadResult> reached,
                                 ToDoubleFunction<LoadResult> value, String limitName, List<LoadResult> limit,
                                 Target target) {
        return Figure.against(name, unit, samples(reached, value), limitName, samples(limit, value), target)
                .with(reached.get(reached.size() / 2).latencies());
    }

    private static Samples samples(List<LoadResult> results, ToDoubleFunction<LoadResult> value) {
        return new Samples(results.stream().map(value::applyAsDouble).toList());
    }
}
