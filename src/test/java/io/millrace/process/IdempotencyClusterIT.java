package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Requests with idempotency keys at three real servers, which are killed one after the other; and requests that are followed there, of
 * which there are only those that say so.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the last ones restart servers
class IdempotencyClusterIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = 6;
    private static final int CLIENTS = 4;
    private static final int PATIENCE_SECONDS = 120;
    private static final int KILLS = Boolean.getBoolean("millrace.long") ? SERVERS : 1;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2)).build();
    private TraceCollector traces;
    private LocalServers servers;
    private List<URI> urls;
    private ClusterClient client;

    @BeforeAll
    void start() throws IOException {
        traces = new TraceCollector();
        servers = new LocalServers("keys").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000")
                .with("OTEL_SDK_DISABLED", "false").with("OTEL_EXPORTER_OTLP_ENDPOINT", traces.endpoint())
                .with("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf").with("OTEL_TRACES_SAMPLER", "parentbased_always_off")
                .with("OTEL_METRICS_EXPORTER", "none").with("OTEL_LOGS_EXPORTER", "none").with("OTEL_BSP_SCHEDULE_DELAY", "200");
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        urls = IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList();
        client = new ClusterClient(urls);
        awaitWhole();
    }

    @AfterAll
    void stop() {
        servers.close();
        traces.close();
    }

    private void awaitWhole() {
        client.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS * 2);
    }

    private void create(String topic) {
        ClusterClient.await("topic " + topic + " is created", PATIENCE_SECONDS, () -> {
            try {
                int status = client.send(0, "POST", "/admin/topics", "application/json",
                        "{\"topic_name\":\"%s\",\"partitions_count\":%d,\"configs\":{\"min.insync.replicas\":\"2\"}}"
                                .formatted(topic, PARTITIONS)).statusCode();
                return status == 201 || status == 409;
            } catch (IOException slow) {
                return false;
            }
        });
    }

    private static String body(String value) {
        return "{\"records\":[{\"value\":\"%1$s-0\"},{\"value\":\"%1$s-1\",\"partition\":1},{\"key\":\"%1$s\",\"value\":\"%1$s-2\"}]}"
                .formatted(value);
    }

    private HttpResponse<String> send(int server, String topic, String key) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(urls.get(server).resolve("/topics/" + topic)).timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/vnd.kafka.text.v2+json").header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString(body(key))).build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Sends a request to one server after the other until all of it is answered. */
    private String answer(String topic, String key, int first, AtomicBoolean over, Queue<String> faults) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        String last = "no answer";
        for (int attempt = 0; !over.get(); attempt++) {
            if (System.nanoTime() > end) {
                faults.add(key + " came to nothing in " + PATIENCE_SECONDS + " s: " + last);
                return null;
            }
            try {
                HttpResponse<String> answer = send((first + attempt) % SERVERS, topic, key);
                last = answer.statusCode() + " " + answer.body();
                if (answer.statusCode() == 200 && !answer.body().contains("error_code")) {
                    return answer.body();
                } else if (answer.statusCode() != 200 && answer.statusCode() != 503 && answer.statusCode() != 409) {
                    faults.add(key + ": " + answer.statusCode() + " " + answer.body());
                    return null;
                }
                Thread.sleep(50);
            } catch (IOException unreachable) {
                // another one is asked
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
        return null;
    }

    private String answered(String topic, String key, int first) {
        Queue<String> faults = new ConcurrentLinkedQueue<>();
        String answer = answer(topic, key, first, new AtomicBoolean(), faults);
        assertThat(faults).isEmpty();
        return answer;
    }

    /** How often each value is there. */
    private Map<String, Integer> stored(String topic) {
        Map<String, Integer> stored = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            long next = 0;
            List<JsonObject> page;
            do {
                page = fetch(topic, partition, next);
                for (JsonObject each : page) {
                    stored.merge(each.getString("value"), 1, Integer::sum);
                    next = each.getJsonNumber("offset").longValue() + 1;
                }
            } while (!page.isEmpty());
        }
        return stored;
    }

    private List<JsonObject> fetch(String topic, int partition, long offset) {
        AtomicReference<JsonArray> page = new AtomicReference<>();
        ClusterClient.await(topic + "-" + partition + " is read", PATIENCE_SECONDS, () -> {
            page.set(client.fetch(0, topic, partition, offset));
            return page.get() != null;
        });
        return page.get().getValuesAs(JsonObject.class);
    }

    private HttpResponse<String> follow(String trace, HttpRequest.Builder request) throws Exception {
        return http.send(request.timeout(Duration.ofSeconds(60)).header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01").build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The names of a trace's spans, each with those that it is part of: the last one is the client's. */
    private Set<String> ways(String trace) {
        Map<String, TraceCollector.Span> spans = traces.spans().stream().filter(span -> span.trace().equals(trace))
                .collect(Collectors.toMap(TraceCollector.Span::id, span -> span));
        return spans.values().stream().map(span -> {
            StringBuilder way = new StringBuilder(span.name());
            String parent = span.parent();
            for (TraceCollector.Span at = spans.get(parent); at != null; at = spans.get(parent)) {
                way.append(" < ").append(at.name());
                parent = at.parent();
            }
            return way.append(" < ").append(parent.equals("00f067aa0ba902b7") ? "client" : "nobody").toString();
        }).collect(Collectors.toSet());
    }

    /** The container may have spans of its own among them. */
    private void awaitWays(String trace, String... expected) {
        ClusterClient.await("trace " + trace, PATIENCE_SECONDS, () -> ways(trace).containsAll(Set.of(expected)),
                () -> ways(trace).toString());
    }

    @Test
    @Order(1)
    void aRequestIsOneTraceFromWhereItEntersToTheLogWhicheverServersItPasses() throws Exception {
        create("followed");
        int leader = client.leader(0, "followed", 0);
        URI other = urls.get(leader % SERVERS).resolve("/topics/followed/partitions/0");
        String produced = "4bf92f3577b34da6a3ce929d0e0e4731";
        String fetched = "4bf92f3577b34da6a3ce929d0e0e4732";
        String spread = "4bf92f3577b34da6a3ce929d0e0e4733";
        String produce = "POST /topics/{topic}/partitions/{partition}";
        String fetch = "GET /topics/{topic}/partitions/{partition}/records";

        assertThat(follow(produced, HttpRequest.newBuilder(other).header("Content-Type", "application/vnd.kafka.text.v2+json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"records\":[{\"value\":\"a\"}]}"))).statusCode()).isEqualTo(200);
        assertThat(follow(fetched, HttpRequest.newBuilder(URI.create(other + "/records?offset=0"))
                .header("Accept", "application/vnd.kafka.text.v2+json")).body()).contains("\"a\"");
        assertThat(follow(spread, HttpRequest.newBuilder(urls.get(leader % SERVERS).resolve("/topics/followed"))
                .header("Content-Type", "application/vnd.kafka.text.v2+json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"records\":[{\"value\":\"b\",\"partition\":0}]}"))).body())
                .contains("\"offset\"");

        awaitWays(produced, produce + " < client", "relay POST < " + produce + " < client",
                produce + " < relay POST < " + produce + " < client",
                "append followed < " + produce + " < relay POST < " + produce + " < client");
        awaitWays(fetched, fetch + " < client", "relay GET < " + fetch + " < client", fetch + " < relay GET < " + fetch + " < client",
                "fetch followed < " + fetch + " < relay GET < " + fetch + " < client");
        String to = "append followed < POST /topics/{topic} < client";
        awaitWays(spread, "POST /topics/{topic} < client", to, "POST < " + to, "append followed < POST < " + to);
        assertThat(traces.spans()).extracting(TraceCollector.Span::trace).containsOnly(produced, fetched, spread);
    }

    @Test
    @Order(2)
    void everyServerGivesTheSameAnswer() throws IOException {
        create("shared");
        for (int request = 0; request < 20; request++) {
            String key = "shared-" + request;
            String first = answered("shared", key, request);
            for (int server = 0; server < SERVERS; server++) {
                HttpResponse<String> again = send(server, "shared", key);
                assertThat(again.body()).isEqualTo(first);
                assertThat(again.headers().firstValue("Idempotency-Replayed")).as(key + " at " + server).contains("true");
            }
        }
        assertThat(stored("shared")).hasSize(60).allSatisfy((value, count) -> assertThat(count).as(value).isEqualTo(1));
    }

    @Test
    @Order(3)
    void serversThatAreKilledNeitherLoseNorDoubleARequest() throws Exception {
        create("killed");
        Map<String, String> answers = new ConcurrentHashMap<>();
        Queue<String> faults = new ConcurrentLinkedQueue<>();
        AtomicBoolean over = new AtomicBoolean();
        AtomicBoolean stopping = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            for (int id = 0; id < CLIENTS; id++) {
                int mine = id;
                clients.execute(() -> {
                    for (int request = 0; !stopping.get(); request++) {
                        String key = "killed-" + mine + "-" + request;
                        String answer = answer("killed", key, request, over, faults);
                        if (answer != null) {
                            answers.put(key, answer);
                        }
                        LockSupport.parkNanos(PAUSE_NANOS); // all of them are asked for again in the end
                    }
                });
            }
            for (int victim = 1; victim <= KILLS; victim++) { // each leads some partitions, and coordinates some keys
                int before = answers.size();
                int killed = victim;
                ClusterClient.await("requests are answered", PATIENCE_SECONDS, () -> answers.size() > before + 50);
                servers.kill(killed);
                int since = answers.size();
                ClusterClient.await("requests are answered without server " + killed, PATIENCE_SECONDS,
                        () -> answers.size() > since + 50);
                servers.run("launch", Integer.toString(killed)).succeeded();
                awaitWhole();
            }
        } finally {
            stopping.set(true);
            clients.shutdown();
            boolean ended = clients.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
            over.set(true);
            assertThat(ended).as("every request is answered").isTrue();
        }
        assertThat(faults).isEmpty();
        requireSame("killed", answers);
    }

    private void requireSame(String topic, Map<String, String> answers) {
        answers.forEach((key, answer) -> assertThat(answered(topic, key, 0)).as(key).isEqualTo(answer));
        Map<String, Integer> stored = stored(topic);
        assertThat(stored).hasSize(answers.size() * 3).allSatisfy((value, count) -> assertThat(count).as(value).isEqualTo(1));
    }

    @Test
    @Order(4)
    void theAnswersAreTheSameAfterAllServersWereKilledAndStarted() throws Exception {
        create("restarted");
        Map<String, String> answers = new HashMap<>();
        for (int request = 0; request < 50; request++) {
            String key = "restarted-" + request;
            answers.put(key, answered("restarted", key, request));
        }
        for (int server = 1; server <= SERVERS; server++) {
            servers.kill(server);
        }
        for (int server = 1; server <= SERVERS; server++) {
            servers.run("launch", Integer.toString(server)).succeeded();
        }
        awaitWhole();
        requireSame("restarted", answers);
    }
}
