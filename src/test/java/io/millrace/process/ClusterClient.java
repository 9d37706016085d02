package io.millrace.process;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonStructure;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;

/** Talks to the servers of a cluster, to any that answers where it does not matter which. */
final class ClusterClient {
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final String TEXT = "application/vnd.kafka.text.v2+json";

    private final List<URI> servers;
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final HttpClient client;
    /** Null: nobody says who asks. */
    private final String authorization;

    ClusterClient(List<URI> servers) {
        this(servers, HttpClient.newBuilder(), null);
    }

    /** @param authorization the value of that header, or null */
    ClusterClient(List<URI> servers, SSLContext tls, String authorization) {
        this(servers, HttpClient.newBuilder().sslContext(tls), authorization);
    }

    private ClusterClient(List<URI> servers, HttpClient.Builder client, String authorization) {
        this.servers = servers;
        this.client = client.version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(1)).build();
        this.authorization = authorization;
    }

    /** An answer of one server. */
    HttpResponse<String> send(int server, String method, String path, String contentType, String body)
            throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(servers.get(server).resolve(path)).timeout(PATIENCE)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body))
                .header("Accept", path.contains("/records") ? TEXT : "application/json");
        if (body != null) {
            request.header("Content-Type", contentType);
        }
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** A request that may wait at its server, for a minute at most. */
    CompletableFuture<HttpResponse<String>> waiting(int server, String path) {
        return client.sendAsync(HttpRequest.newBuilder(servers.get(server).resolve(path)).timeout(Duration.ofMinutes(1))
                .header("Accept", TEXT).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Whether an answer tells to try again, in the way that every client understands. */
    static boolean saysTryAgain(HttpResponse<?> answer) {
        return answer.statusCode() == 503 && answer.headers().firstValue("Retry-After").isPresent();
    }

    /** Answers to {@link #produce} that speak of a fault and do not tell to try again. */
    Queue<String> faults() {
        return faults;
    }

    /** The offset at which a record was acknowledged with acks=all; -1 when it was not: it may be there or not. */
    long produce(int server, String topic, int partition, String value) {
        try {
            HttpResponse<String> answer = send(server, "POST", "/topics/" + topic + "/partitions/" + partition
                    + "?acks=all", TEXT, "{\"records\":[{\"value\":\"" + value + "\"}]}");
            if (answer.statusCode() >= 500 && !saysTryAgain(answer)) {
                faults.add(answer.statusCode() + " " + answer.body());
            }
            return answer.statusCode() != 200 ? -1 : ((JsonObject) parse(answer.body())).getJsonArray("offsets")
                    .getJsonObject(0).getJsonNumber("offset").longValue();
        } catch (IOException unreachable) {
            return -1;
        }
    }

    /** Some records of a partition from an offset on; null when the server did not answer so. */
    JsonArray fetch(int server, String topic, int partition, long offset) {
        try {
            HttpResponse<String> answer = send(server, "GET", "/topics/" + topic + "/partitions/" + partition
                    + "/records?max_bytes=1000000&offset=" + offset, null, null);
            return answer.statusCode() != 200 ? null : (JsonArray) parse(answer.body());
        } catch (IOException unreachable) {
            return null;
        }
    }

    /** As {@code GET /admin/cluster} tells it; null when the server does not. */
    JsonObject describe(int server) {
        return json(server, "/admin/cluster");
    }

    JsonObject json(int server, String path) {
        return (JsonObject) structure(server, path);
    }

    /** Every group as a server lists it; null when it does not. */
    JsonArray groups(int server) {
        return (JsonArray) structure(server, "/admin/groups");
    }

    private JsonStructure structure(int server, String path) {
        try {
            HttpResponse<String> answer = send(server, "GET", path, null, null);
            return answer.statusCode() != 200 ? null : parse(answer.body());
        } catch (IOException unreachable) {
            return null;
        }
    }

    /** Until every server says that all agree, are up, and have every record. Tells what each said last when they do not. */
    void awaitWhole(String what, int seconds) {
        await(what, seconds, this::isWhole, () -> IntStream.range(0, servers.size())
                .mapToObj(server -> "server " + (server + 1) + ": " + describe(server)).toList().toString());
    }

    private boolean isWhole() {
        for (int server = 0; server < servers.size(); server++) {
            JsonObject cluster = describe(server);
            if (cluster == null || !cluster.getBoolean("agreement") || !cluster.getJsonArray("under_replicated").isEmpty()
                    || !cluster.getJsonArray("offline").isEmpty() || cluster.getJsonArray("brokers").stream()
                    .anyMatch(broker -> !((JsonObject) broker).getBoolean("live")
                            || !((JsonObject) broker).getBoolean("cp_member"))) {
                return false;
            }
        }
        return true;
    }

    int leader(int server, String topic, int partition) {
        JsonObject described = json(server, "/topics/" + topic + "/partitions/" + partition);
        return described == null ? -1 : described.getInt("leader");
    }

    static void await(String what, int seconds, BooleanSupplier holds) {
        await(what, seconds, holds, () -> "");
    }

    /** @param instead tells how it is instead, at the end */
    static void await(String what, int seconds, BooleanSupplier holds, Supplier<String> instead) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + seconds + " s: " + what + " " + instead.get());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    static JsonStructure parse(String text) {
        try (JsonReader reader = Json.createReader(new StringReader(text))) {
            return reader.read();
        }
    }
}
