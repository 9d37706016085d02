package io.millrace.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Makes, empties and deletes the topics of the benchmarks. */
final class TopicAdmin {
    private static final long RETENTION_BYTES = 512L << 20;
    private static final long SEGMENT_BYTES = 128L << 20;

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    TopicAdmin(URI server) {
        this.server = server;
    }

    /** A topic of one partition whose disk use is bounded. */
    void create(String topic, String flush) throws IOException, InterruptedException {
        String body = """
                {"topic_name":"%s","partitions_count":1,"replication_factor":1,"configs":{"flush":"%s",\
                "retention.bytes":"%d","segment.bytes":"%d"}}"""
                .formatted(topic, flush, RETENTION_BYTES, SEGMENT_BYTES);
        send(HttpRequest.newBuilder(server.resolve("/admin/topics"))
                .header("Content-Type", HttpRequests.ANSWER)
                .POST(BodyPublishers.ofString(body)));
    }

    /** Drops every record, so that what one slice wrote does not weigh on the next. */
    void empty(String topic) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(
                server.resolve("/admin/topics/" + topic + "/partitions/0/records?before_offset=latest")).DELETE());
    }

    void delete(String topic) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(server.resolve("/admin/topics/" + topic)).DELETE());
    }

    private void send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpRequest built = request.timeout(Duration.ofSeconds(60)).build();
        HttpResponse<String> answer = client.send(built, BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(built.method() + " " + built.uri() + " answered " + answer.statusCode() + ": "
                    + answer.body());
        }
    }
}
