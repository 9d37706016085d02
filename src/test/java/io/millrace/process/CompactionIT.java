package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A compacted topic on three real servers, each of which cleans for itself. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompactionIT {
    private static final int SERVERS = 3;
    private static final int PATIENCE_SECONDS = 120;
    private static final int KEYS = 20;
    private static final int ROUNDS = 40;
    private static final String TEXT = "application/vnd.kafka.text.v2+json";
    private static final String TOPIC = "table";

    private LocalServers servers;
    private ClusterClient client;

    @BeforeAll
    void start() throws IOException {
        servers = new LocalServers("compaction").with("MILLRACE_LOG_CLEANER_INTERVAL_MS", "100")
                .with("MILLRACE_LOG_RETENTION_CHECK_INTERVAL_MS", "500").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000");
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        List<URI> urls = IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList();
        client = new ClusterClient(urls);
        awaitWhole();
    }

    @AfterAll
    void stop() {
        servers.close();
    }

    private void awaitWhole() {
        client.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS * 2);
    }

    private HttpResponse<String> send(int server, String method, String path, String type, String body) {
        try {
            return client.send(server, method, path, type, body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a client does: again, until it is answered. */
    private void produce(String records) {
        ClusterClient.await("records are acknowledged", PATIENCE_SECONDS, () -> {
            for (int server = 0; server < SERVERS; server++) {
                try {
                    HttpResponse<String> answer = client.send(server, "POST", "/topics/" + TOPIC + "/partitions/0", TEXT,
                            "{\"records\":[" + records + "]}");
                    if (answer.statusCode() == 200 && !answer.body().contains("error")) {
                        return true;
                    }
                } catch (IOException down) {
                    assertThat(down).isNotNull();
                }
            }
            return false;
        });
    }

    private static String record(int key, String value) {
        return "{\"key\":\"key-%d\",\"value\":%s}".formatted(key, value);
    }

    /** All records from an offset on, as a reader meets them who goes on where he is told. */
    private List<JsonObject> read(int server, long from) {
        List<JsonObject> all = new ArrayList<>();
        long next = from;
        while (true) {
            HttpResponse<String> answer = send(server, "GET", "/topics/" + TOPIC + "/partitions/0/records?offset=" + next
                    + "&max_bytes=20000", null, null);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            JsonArray records = (JsonArray) ClusterClient.parse(answer.body());
            records.forEach(record -> all.add(record.asJsonObject()));
            long after = Long.parseLong(answer.headers().firstValue("Millrace-Next-Offset").orElseThrow());
            if (after == next) {
                assertThat(after).isEqualTo(Long.parseLong(answer.headers().firstValue("Millrace-High-Watermark").orElseThrow()));
                return all;
            }
            next = after;
        }
    }

    private static Map<String, String> table(List<JsonObject> records) {
        Map<String, String> table = new TreeMap<>();
        long last = -1;
        for (JsonObject record : records) {
            assertThat(record.getJsonNumber("offset").longValue()).isGreaterThan(last);
            last = record.getJsonNumber("offset").longValue();
            if (record.get("value") == JsonValue.NULL) {
                table.remove(record.getString("key"));
            } else {
                table.put(record.getString("key"), record.get("value").toString());
            }
        }
        return table;
    }

    private long segmentBytes(int server) {
        try (Stream<Path> files = Files.walk(servers.folder(server))) {
            return files.filter(file -> file.getParent().getFileName().toString().equals(TOPIC + "-0")
                    && file.toString().endsWith(".log")).mapToLong(CompactionIT::size).sum();
        } catch (UncheckedIOException | IOException replacedMeanwhile) {
            return Long.MAX_VALUE;
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyServerKeepsTheNewestRecordOfEachKeyWhoeverLeads() throws Exception {
        ClusterClient.await("the topic is created", PATIENCE_SECONDS, () -> {
            int status = send(0, "POST", "/admin/topics", "application/json", """
                    {"topic_name":"%s","partitions_count":1,"configs":{"cleanup.policy":"compact","segment.bytes":"4096",
                    "min.cleanable.dirty.ratio":"0.01","delete.retention.ms":"1000","min.insync.replicas":"2"}}"""
                    .formatted(TOPIC)).statusCode();
            return status == 201 || status == 409;
        });
        Map<String, String> expected = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            StringBuilder records = new StringBuilder();
            for (int key = 0; key < KEYS; key++) {
                String value = "\"" + "x".repeat(60) + round + "/" + key + "\"";
                records.append(key == 0 ? "" : ",").append(record(key, value));
                expected.put("key-" + key, value);
            }
            produce(records.toString());
        }
        for (int server = 1; server <= SERVERS; server++) {
            int each = server;
            ClusterClient.await("server " + each + " has cleaned its log", PATIENCE_SECONDS, () -> segmentBytes(each) < 20_000);
        }
        for (int server = 0; server < SERVERS; server++) {
            List<JsonObject> records = read(server, 0);
            assertThat(table(records)).isEqualTo(expected);
            assertThat(records).hasSizeLessThan(KEYS * ROUNDS / 4);
            assertThat(table(read(server, 333))).isEqualTo(expected);
        }

        refuseRecordsWithoutKeys();

        int leader = client.leader(0, TOPIC, 0);
        servers.kill(leader);
        produce(record(0, "\"after the kill\"") + "," + record(1, "null"));
        expected.put("key-0", "\"after the kill\"");
        expected.remove("key-1");
        int other = leader % SERVERS; // the index of the server behind it
        assertThat(table(read(other, 0))).isEqualTo(expected);
        servers.run("launch", Integer.toString(leader)).succeeded();
        awaitWhole();

        for (int i = 0; i < 200; i++) {
            produce(record(2, "\"" + "y".repeat(60) + i + "\""));
            expected.put("key-2", "\"" + "y".repeat(60) + i + "\"");
        }
        ClusterClient.await("the tombstone is gone after its time", PATIENCE_SECONDS, () -> {
            produce(record(3, "\"more " + System.nanoTime() + "\"") + "," + record(4, "\"" + "z".repeat(2_000) + "\""));
            return IntStream.range(0, SERVERS).allMatch(server -> read(server, 0).stream()
                    .noneMatch(record -> record.getString("key").equals("key-1")));
        });
        expected.put("key-4", "\"" + "z".repeat(2_000) + "\"");
        Map<String, String> found = table(read(0, 0));
        expected.put("key-3", found.get("key-3"));
        assertThat(found).isEqualTo(expected);
        theFieldsDumperReadsWhatIsLeft();
    }

    private void refuseRecordsWithoutKeys() {
        HttpResponse<String> refused = send(0, "POST", "/topics/" + TOPIC, TEXT,
                "{\"records\":[{\"key\":\"a\",\"value\":\"1\"},{\"value\":\"2\"}]}");
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
        assertThat(refused.body()).contains("record 1 has no key", "cleanup.policy");
        HttpResponse<String> deletion = send(0, "DELETE", "/admin/topics/" + TOPIC + "/partitions/0/records?before_offset=5",
                null, null);
        assertThat(deletion.statusCode()).as(deletion.body()).isEqualTo(422);
        assertThat(deletion.body()).contains("compacted");
    }

    private void theFieldsDumperReadsWhatIsLeft() throws Exception {
        for (int server = 1; server <= SERVERS; server++) {
            servers.kill(server);
            assertThat(new FieldDumper(servers.folder(server)).dump(TOPIC, ".log", "--deep-iteration")).contains("key-0");
        }
    }
}
