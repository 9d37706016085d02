package io.millrace.http;

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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * A running server seen from outside, at the address that the system property {@code millrace.url} names. Whatever it answers is
 * held against the description that it gives of its API.
 */
final class HttpApi {
    static final String DIALECT = "application/vnd.kafka.v2+json";
    static final String JSON = "application/vnd.kafka.json.v2+json";
    static final String BINARY = "application/vnd.kafka.binary.v2+json";
    static final String TEXT = "application/vnd.kafka.text.v2+json";
    static final String BATCH = "application/vnd.millrace.batch";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final URI base = URI.create(System.getProperty("millrace.url", "http://localhost:9080"));
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** What the server answered. */
    record Answer(int status, String contentType, String body, HttpResponse<byte[]> response) {
        JsonObject object() {
            return (JsonObject) structure();
        }

        JsonArray array() {
            return (JsonArray) structure();
        }

        byte[] bytes() {
            return response.body();
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse(null);
        }

        /** Checks the dialect's error shape as well. */
        Answer isError(int expected) {
            assertThat(status).as(body).isEqualTo(expected);
            assertThat(contentType).isEqualTo(DIALECT);
            assertThat(object().getInt("error_code")).isEqualTo(expected);
            assertThat(object().getString("message")).isNotBlank().doesNotContain("Exception", "\tat ");
            assertThat(object().keySet()).isSubsetOf("error_code", "message", "validation_errors", "topic", "partition", "offset");
            return this;
        }

        Answer is(int expected) {
            assertThat(status).as(body).isEqualTo(expected);
            return this;
        }

        String message() {
            return object().getString("message");
        }

        private JsonStructure structure() {
            try (JsonReader reader = Json.createReader(new StringReader(body))) {
                return reader.read();
            }
        }
    }

    URI base() {
        return base;
    }

    /** Creates a topic of a name that no other test has. */
    String newTopic(int partitions) {
        return newTopic(partitions, "{}");
    }

    String newTopic(int partitions, String configs) {
        String name = "it-" + UUID.randomUUID();
        post("/admin/topics", "application/json", "{\"topic_name\":\"%s\",\"partitions_count\":%d,\"configs\":%s}"
                .formatted(name, partitions, configs)).is(201);
        return name;
    }

    Answer get(String path) {
        return get(path, "*/*");
    }

    Answer get(String path, String accept) {
        return send(request(path).header("Accept", accept).GET());
    }

    CompletableFuture<Answer> getLater(String path) {
        return client.sendAsync(request(path).GET().build(), HttpResponse.BodyHandlers.ofByteArray())
                .thenApply(this::answer);
    }

    Answer post(String path, String contentType, String body) {
        return post(path, contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    Answer post(String path, String contentType, byte[] body) {
        return send("POST", path, contentType, body);
    }

    Answer delete(String path) {
        return send(request(path).DELETE());
    }

    Answer send(String method, String path, String contentType, byte[] body) {
        HttpRequest.Builder request = request(path).method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }
        return send(request);
    }

    /** With a header more. */
    Answer send(String method, String path, String contentType, byte[] body, String header, String value) {
        return send(request(path).method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", contentType).header(header, value));
    }

    Answer send(HttpRequest.Builder request) {
        try {
            return answer(client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            throw new AssertionError("no answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
    }

    /** Produces one JSON value. */
    Answer produce(String topic, String value) {
        return post("/topics/" + topic, JSON, "{\"records\":[{\"value\":" + value + "}]}").is(200);
    }

    long endOffset(String topic, int partition) {
        return get("/topics/" + topic + "/partitions/" + partition + "/offsets").is(200).object()
                .getJsonNumber("end_offset").longValue();
    }

    /** The server takes and gives records as ever. */
    void assertServing() {
        String topic = newTopic(1);
        produce(topic, "\"alive\"");
        assertThat(get("/topics/" + topic + "/partitions/0/records").is(200).body()).contains("\"alive\"");
        delete("/admin/topics/" + topic).is(204);
    }

    private Answer answer(HttpResponse<byte[]> response) {
        Answer answer = new Answer(response.statusCode(), response.headers().firstValue("Content-Type").orElse(null),
                new String(response.body(), StandardCharsets.UTF_8), response);
        boolean plain = answer.header("Content-Encoding") == null;
        ApiContract.of(base).check(response.request().method(), response.uri().getRawPath(), answer.status(), answer.contentType(),
                plain ? answer.body() : "");
        return answer;
    }
}
