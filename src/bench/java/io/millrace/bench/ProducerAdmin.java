package io.millrace.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Gets producers, and begins and ends transactions where no time is taken: at one server, again while it answers 503. */
final class ProducerAdmin {
    /** The longest that shipped settings allow, so that none ends by itself while something is measured. */
    private static final int TIMEOUT_MS = 900_000;
    private static final int TRIES = 200;
    private static final long BETWEEN_MS = 50;

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    ProducerAdmin(URI server) {
        this.server = server;
    }

    Producer idempotent() throws IOException, InterruptedException {
        return Producer.in(post("/producers", HttpRequests.ANSWER, null, "{}"));
    }

    Producer transactional(String transactionalId) throws IOException, InterruptedException {
        return Producer.in(post("/transactions", HttpRequests.ANSWER, null, "{\"transactional_id\":\"%s\",\"timeout_ms\":%d}"
                .formatted(transactionalId, TIMEOUT_MS)));
    }

    /** A record, so that the transaction is under way. */
    void write(String transactionalId, Producer producer, String topic, int partition) throws IOException, InterruptedException {
        post("/topics/" + topic + "/partitions/" + partition, HttpRequests.JSON, transactionalId + ";epoch=" + producer.epoch(),
                "{\"records\":[{\"value\":1}]}");
    }

    void abort(String transactionalId, Producer producer) throws IOException, InterruptedException {
        post("/transactions/" + transactionalId + "/abort", HttpRequests.ANSWER, null, "{\"producer_epoch\":" + producer.epoch() + "}");
    }

    /** @throws IOException when the transaction is in another state */
    void require(String state, String transactionalId) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request("/transactions/" + transactionalId).build(), BodyHandlers.ofString());
        if (!answer.body().contains("\"state\":\"" + state + "\"")) {
            throw new IOException(transactionalId + " should be " + state + ": " + answer.statusCode() + " " + answer.body());
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.resolve(path)).timeout(Duration.ofSeconds(60));
    }

    /** @param transaction null: of none */
    private String post(String path, String type, String transaction, String body) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).header("Content-Type", type).POST(BodyPublishers.ofString(body));
        if (transaction != null) {
            request.header("Millrace-Transaction", transaction);
        }
        HttpResponse<String> answer = null;
        for (int tries = 0; tries < TRIES; tries++) {
            answer = client.send(request.build(), BodyHandlers.ofString());
            if (answer.statusCode() != 503) {
                break;
            }
            TimeUnit.MILLISECONDS.sleep(BETWEEN_MS);
        }
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(path + " was answered with " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }
}
