package io.millrace.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes, empties and deletes the topics of the benchmarks. */
final class TopicAdmin {
    private static final long RETENTION_BYTES = 512L << 20;
    private static final long SEGMENT_BYTES = 128L << 20;

    private static final Pattern LEADER = Pattern.compile("\"leader\":(-?\\d+)");

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    TopicAdmin(URI server) {
        this.server = server;
    }

    /** A topic of one partition, without copies, whose disk use is bounded. */
    void create(String topic, String flush) throws IOException, InterruptedException {
        create(topic, flush, 1, 1);
    }

    void create(String topic, String flush, int partitions, int replicas) throws IOException, InterruptedException {
        String body = """
                {"topic_name":"%s","partitions_count":%d,"replication_factor":%d,"configs":{"flush":"%s",\
                "retention.bytes":"%d","segment.bytes":"%d"}}"""
                .formatted(topic, partitions, replicas, flush, RETENTION_BYTES, SEGMENT_BYTES);
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

    /** Sets a topic's configuration: a compare-and-set of its register. */
    void alter(String topic, String key, String value) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(server.resolve("/admin/topics/" + topic + "/configs"))
                .header("Content-Type", HttpRequests.ANSWER)
                .method("PATCH", BodyPublishers.ofString("{\"configs\":{\"" + key + "\":\"" + value + "\"}}")));
    }

    /** The broker id of a partition's leader; -1 when none is known. */
    int leader(String topic, int partition) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(
                server.resolve("/topics/" + topic + "/partitions/" + partition)).timeout(Duration.ofSeconds(5)).build(),
                BodyHandlers.ofString());
        Matcher leader = LEADER.matcher(answer.body());
        return leader.find() ? Integer.parseInt(leader.group(1)) : -1;
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
