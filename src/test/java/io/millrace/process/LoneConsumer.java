package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;

/** The only consumer of a group: each record that it is given must not be below what it knows to be committed. */
final class LoneConsumer {
    private static final String DIALECT = "application/vnd.kafka.v2+json";
    private static final int PATIENCE_SECONDS = 120;

    private final ClusterClient client;
    private final String topic;
    private final int partitions;
    private final String path;
    /** By partition; what is written and said to be so. */
    private final Map<Integer, Long> committed = new TreeMap<>();
    private int produced;

    /** Creates it, and has it read a topic. */
    LoneConsumer(ClusterClient client, String group, String topic, int partitions) throws IOException {
        this.client = client;
        this.topic = topic;
        this.partitions = partitions;
        HttpResponse<String> created = client.send(0, "POST", "/consumers/" + group, DIALECT,
                "{\"format\":\"text\",\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":false,"
                        + "\"session.timeout.ms\":1800000}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(200);
        this.path = URI.create(((JsonObject) ClusterClient.parse(created.body())).getString("base_uri")).getRawPath();
        HttpResponse<String> subscribed = client.send(0, "POST", path + "/subscription", DIALECT,
                "{\"topics\":[\"" + topic + "\"]}");
        assertThat(subscribed.statusCode()).as(subscribed.body()).isEqualTo(204);
    }

    /** A record in some partition, written or not. */
    void produce(int server) {
        client.produce(server, topic, ++produced % partitions, "v" + produced);
    }

    /** Until so many commits were taken. */
    void produceReadAndCommit(int server, int commits) {
        int[] taken = {0};
        ClusterClient.await("server " + (server + 1) + " takes " + commits + " commits", PATIENCE_SECONDS, () -> {
            produce(server);
            taken[0] += readAndCommit(server) ? 1 : 0;
            return taken[0] >= commits;
        });
    }

    /** @return whether there was something, and it was committed */
    boolean readAndCommit(int server) {
        try {
            HttpResponse<String> polled = client.send(server, "GET", path + "/records?timeout=200", null, null);
            if (polled.statusCode() != 200) {
                assertThat(polled.statusCode()).as(polled.body()).isEqualTo(503);
                return false;
            }
            Map<Integer, Long> next = new TreeMap<>();
            for (JsonObject record : ((JsonArray) ClusterClient.parse(polled.body())).getValuesAs(JsonObject.class)) {
                long offset = record.getJsonNumber("offset").longValue();
                int partition = record.getInt("partition");
                assertThat(offset).as("a record of partition %d that server %d gave", partition, server + 1)
                        .isGreaterThanOrEqualTo(committed.getOrDefault(partition, 0L));
                next.merge(partition, offset + 1, Math::max);
            }
            if (next.isEmpty() || client.send(server, "POST", path + "/offsets", DIALECT, "").statusCode() != 204) {
                return false;
            }
            committed.putAll(next);
            return true;
        } catch (IOException unreachable) {
            return false;
        }
    }
}
