package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** Talks to one server over HTTP, and lets its caller know when the server is gone. */
final class ServerClient {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TEXT = "application/vnd.kafka.text.v2+json";

    private final URI server;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    ServerClient(URI server) {
        this.server = server;
    }

    /** @param configs as JSON */
    void createTopic(String topic, int partitions, String configs) throws IOException {
        HttpResponse<String> response = send(post("/admin/topics", "application/json",
                "{\"topic_name\":\"%s\",\"partitions_count\":%d,\"configs\":%s}".formatted(topic, partitions, configs)));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
    }

    JsonObject describe(String topic) throws IOException {
        return (JsonObject) ok(send(request("/admin/topics/" + topic).GET()));
    }

    List<String> topics() throws IOException {
        return ((JsonArray) ok(send(request("/topics").GET()))).stream().map(name -> name.toString().replace("\"", ""))
                .toList();
    }

    void setConfig(String topic, String key, String value) throws IOException {
        ok(send(request("/admin/topics/" + topic + "/configs").header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"configs\":{\"%s\":\"%s\"}}".formatted(key, value)))));
    }

    /** Produces plain words to a partition and returns the offset of the first; they lie one after the other. */
    long produce(String topic, int partition, List<String> values) throws IOException {
        return firstOffset(ok(send(producing(topic, partition, values))));
    }

    CompletableFuture<Long> produceLater(String topic, int partition, List<String> values) {
        return client.sendAsync(producing(topic, partition, values).build(), HttpResponse.BodyHandlers.ofString())
                .thenApply(response -> firstOffset(ok(response)));
    }

    /** All records of a partition by offset. */
    SortedMap<Long, String> fetchAll(String topic, int partition) throws IOException {
        SortedMap<Long, String> records = new TreeMap<>();
        long end = endOffset(topic, partition);
        long next = 0;
        while (next < end) {
            JsonArray page = (JsonArray) ok(send(request("/topics/%s/partitions/%d/records?offset=%d"
                    .formatted(topic, partition, next)).header("Accept", TEXT).GET()));
            assertThat(page).isNotEmpty();
            for (JsonObject record : page.getValuesAs(JsonObject.class)) {
                assertThat(record.getJsonNumber("offset").longValue()).isEqualTo(next);
                records.put(next, record.getString("value"));
                next++;
            }
        }
        return records;
    }

    long endOffset(String topic, int partition) throws IOException {
        JsonObject offsets = (JsonObject) ok(send(request("/topics/%s/partitions/%d/offsets".formatted(topic, partition))
                .GET()));
        return offsets.getJsonNumber("end_offset").longValue();
    }

    private HttpRequest.Builder producing(String topic, int partition, List<String> values) {
        String records = values.stream().map("{\"value\":\"%s\"}"::formatted).collect(Collectors.joining(","));
        return post("/topics/%s/partitions/%d".formatted(topic, partition), TEXT, "{\"records\":[" + records + "]}");
    }

    private static long firstOffset(JsonStructure answer) {
        return ((JsonObject) answer).getJsonArray("offsets").getJsonObject(0).getJsonNumber("offset").longValue();
    }

    private HttpRequest.Builder post(String path, String contentType, String body) {
        return request(path).header("Content-Type", contentType).POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.resolve(path)).timeout(PATIENCE);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static JsonStructure ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        try (JsonReader reader = Json.createReader(new StringReader(response.body()))) {
            return reader.read();
        }
    }
}
