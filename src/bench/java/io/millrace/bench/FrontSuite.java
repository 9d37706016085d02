package io.millrace.bench;

import io.millrace.process.SecuredKeys;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import javax.net.ssl.SSLContext;

/** What the HTTP front costs: beside slow clients, with security, and against an earlier version. */
final class FrontSuite {
    private static final int SLOW = 64;
    private static final int MIB = 1 << 20;
    private static final int WARM_UP_SLICES_MAX = 25;
    /** Warm is who has not become faster by a twentieth for so long. */
    private static final int STEADY_SLICES = 4;
    private static final double FASTER = 1.05;
    private static final String NOW = "now";
    private static final String OTHER = "other";
    private static final String ISSUER = "https://issuer.example";

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();

    FrontSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    List<Figure> run() throws Exception {
        if (options.runs(FrontPart.SLOW)) {
            try (LocalServer server = LocalServer.start(options, work, Map.of())) {
                besideSlowClients(server);
            }
        }
        // as old as the one that it is compared with, or the compiler of one is minutes ahead
        if (options.runs(FrontPart.SECURED)) {
            try (LocalServer plain = LocalServer.start(options, work, Map.of())) {
                secured(plain);
            }
        }
        if (options.runs(FrontPart.BEFORE) && options.before() != null) {
            try (LocalServer now = LocalServer.start(options, work, Map.of());
                 LocalServer before = LocalServer.start(options.elsewhere(options.before(), options.port() + 100),
                         folder("before"), Map.of())) {
                against(before, now);
            }
        }
        return figures;
    }

    /** The same load alone, and beside clients that hardly read and hardly write. */
    private void besideSlowClients(LocalServer server) throws Exception {
        progress.say("a normal load beside " + SLOW + " slow readers and as many dripping writers");
        HttpRequests requests = new HttpRequests(server.uri().getAuthority());
        TopicAdmin topics = new TopicAdmin(server.uri());
        topics.create("normal", "os");
        topics.create("large", "os");
        try (HttpConnection connection = new HttpConnection(server.address())) {
            ByteBuffer batch = requests.post("/topics/large/partitions/0", HttpRequests.BATCH, Batches.upTo(MIB));
            for (int i = 0; i < 8; i++) {
                require(connection.exchange(batch));
            }
            require(connection.exchange(requests.post("/topics/normal", HttpRequests.JSON, HttpRequests.jsonRecords(10, 100))));
        }
        ByteBuffer produce = requests.post("/topics/normal", HttpRequests.JSON, HttpRequests.jsonRecords(10, 100));
        ByteBuffer fetch = requests.get("/topics/normal/partitions/0/records?offset=0&max_bytes=1000", HttpRequests.JSON);
        Workload.Factory normal = connection -> Workload.paced(connection % 2 == 0 ? produce : fetch, 10, Duration.ofMillis(10));
        HttpLoad load = new HttpLoad(server.address());
        Rounds.Slice<LoadResult> alone = () -> load.run(8, options.slice(), normal);
        Rounds.Slice<LoadResult> beside = () -> {
            try (SlowClients slow = new SlowClients(server.address(), SLOW, server.uri().getAuthority(),
                    "/topics/large/partitions/0/records?offset=0&max_bytes=" + 4 * MIB, "/topics/normal")) {
                return load.run(8, options.slice(), normal);
            }
        };
        warmUp(alone, beside);
        Map<String, List<LoadResult>> results = new Rounds<LoadResult>().variant(OTHER, alone).variant(NOW, beside)
                .run(options.rounds(), progress);
        figures.add(figure("p99 beside slow readers and writers, 8 connections", "ms", results, LoadResult::p99, "the same load alone",
                new Target.RatioBelow(2)));
        topics.delete("normal");
        topics.delete("large");
    }

    /** The same requests by TLS and with a bearer token, and plain. */
    private void secured(LocalServer plain) throws Exception {
        SecuredKeys keys = new SecuredKeys("broker=localhost,127.0.0.1");
        Map<String, String> environment = new HashMap<>(Map.of("MILLRACE_LOCAL_SECURED", "1",
                "SECURED_KEYS", keys.folder().toString(), "SECURED_KEYS_PASSWORD", keys.password()));
        for (String role : List.of("ADMIN", "OPERATOR", "CLIENT", "BROKER")) {
            environment.put("SECURED_" + role + "_PASSWORD", keys.password());
        }
        BenchOptions beside = options.elsewhere(options.project(), options.port() + 200);
        try (LocalServer secured = LocalServer.start(beside, folder("secured"), environment)) {
            String token = "Authorization: Bearer " + keys.token("tokens", ISSUER, "bench", "millrace-admin",
                    Instant.now().plus(Duration.ofHours(12))) + "\r\n";
            HttpLoad tls = HttpLoad.by(connection -> connection(secured.address(), keys));
            HttpRequests there = new HttpRequests(secured.uri().getAuthority());
            try (HttpConnection connection = connection(secured.address(), keys)) {
                require(connection.exchange(there.post("/admin/topics", HttpRequests.ANSWER, token,
                        ByteBuffer.wrap("{\"topic_name\":\"compared\",\"configs\":{\"flush\":\"os\"}}".getBytes(StandardCharsets.UTF_8)))));
            }
            TopicAdmin topics = new TopicAdmin(plain.uri());
            HttpRequests here = new HttpRequests(plain.uri().getAuthority());
            HttpLoad load = new HttpLoad(plain.address());
            topics.create("compared", "os");
            for (Compared each : Compared.ALL) {
                Workload now = each.workload(there, token);
                Workload limit = each.workload(here, "");
                compare("TLS and bearer token, " + each.name(), () -> tls.run(each.connections(), options.slice(), c -> now),
                        "the same without", () -> load.run(each.connections(), options.slice(), c -> limit), new Target.Ratio(0.6));
                topics.empty("compared");
                if (options.profile()) {
                    Path file = folder("jfr").resolve("secured-" + each.connections() + ".jfr");
                    try (FlightRecording recording = FlightRecording.start(secured.pid(), file)) {
                        tls.run(each.connections(), options.slice().multipliedBy(2), c -> now);
                    }
                    progress.say("a flight recording: " + file);
                }
            }
            topics.delete("compared");
        }
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(work.resolve(name));
    }

    private static HttpConnection connection(InetSocketAddress server, SecuredKeys keys) throws IOException {
        try {
            SSLContext context = keys.context(null);
            return new HttpConnection(server, context);
        } catch (GeneralSecurityException e) {
            throw new IOException("the keys for this benchmark cannot be used", e);
        }
    }

    private void against(LocalServer before, LocalServer now) throws Exception {
        for (LocalServer each : List.of(before, now)) {
            new TopicAdmin(each.uri()).create("compared", "os");
        }
        for (Compared each : Compared.ALL) {
            compare("against the earlier version, " + each.name(), slice(now, each), "the earlier version", slice(before, each),
                    new Target.Ratio(1));
        }
        for (LocalServer each : List.of(before, now)) {
            new TopicAdmin(each.uri()).delete("compared");
        }
    }

    private Rounds.Slice<LoadResult> slice(LocalServer server, Compared compared) {
        HttpLoad load = new HttpLoad(server.address());
        Workload workload = compared.workload(new HttpRequests(server.uri().getAuthority()), "");
        return () -> {
            LoadResult result = load.run(compared.connections(), options.slice(), connection -> workload);
            new TopicAdmin(server.uri()).empty("compared");
            return result;
        };
    }

    private record Compared(String name, int connections, int records) {
        private static final List<Compared> ALL = List.of(new Compared("JSON produce, 100 x 100 B, 8 connections", 8, 100),
                new Compared("JSON produce, 1 x 100 B, 16 connections", 16, 1));

        Workload workload(HttpRequests requests, String headers) {
            return Workload.repeat(requests.post("/topics/compared", HttpRequests.JSON, headers,
                    HttpRequests.jsonRecords(records, 100)), records);
        }
    }

    private void compare(String name, Rounds.Slice<LoadResult> now, String limitName, Rounds.Slice<LoadResult> limit, Target target)
            throws Exception {
        progress.say(name);
        warmUp(now, limit);
        Map<String, List<LoadResult>> results = new Rounds<LoadResult>().variant(OTHER, limit).variant(NOW, now)
                .run(options.rounds(), progress);
        figures.add(figure(name, "req/s", results, LoadResult::requestsPerSecond, limitName, target));
    }

    /** Until neither becomes faster: it takes the compiler minutes, in which a ratio says who is compiled. */
    private void warmUp(Rounds.Slice<LoadResult> one, Rounds.Slice<LoadResult> other) throws Exception {
        double best = 0;
        double bestOther = 0;
        int steady = 0;
        int slices = 0;
        while (steady < STEADY_SLICES && slices < WARM_UP_SLICES_MAX) {
            double speed = one.measure().requestsPerSecond();
            double speedOther = other.measure().requestsPerSecond();
            steady = speed > best * FASTER || speedOther > bestOther * FASTER ? 0 : steady + 1;
            best = Math.max(best, speed);
            bestOther = Math.max(bestOther, speedOther);
            slices++;
        }
        progress.say("warm after " + slices + " slices of each");
    }

    private static Figure figure(String name, String unit, Map<String, List<LoadResult>> results, ToDoubleFunction<LoadResult> value,
                                 String limitName, Target target) {
        Map<String, Samples> samples = new LinkedHashMap<>();
        results.forEach((variant, each) -> samples.put(variant, new Samples(each.stream().map(value::applyAsDouble).toList())));
        List<LoadResult> now = results.get(NOW);
        return Figure.against(name, unit, samples.get(NOW), limitName, samples.get(OTHER), target)
                .with(now.get(now.size() / 2).latencies());
    }

    private static void require(HttpAnswer answer) throws IOException {
        if (!answer.successful()) {
            throw new IOException("the preparation was answered with " + answer);
        }
    }
}
