package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Three real servers that are killed, paused and restarted while clients use them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = 3;
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int KILLS = LONG ? 10 : 1;
    private static final int RESTARTS = LONG ? 10 : SERVERS;
    private static final int PATIENCE_SECONDS = 240;
    private static final String NEXT_SECRET = "the secret that comes next";

    private LocalServers servers;
    private ClusterClient client;

    @BeforeAll
    void start() {
        servers = new LocalServers("cluster").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000")
                .with("MILLRACE_CLUSTER_SECRET_ACCEPTED", NEXT_SECRET);
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
        client.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS);
    }

    private void create(String topic, String configs) {
        ClusterClient.await("topic " + topic + " is created", 60, () -> {
            try {
                int status = client.send(0, "POST", "/admin/topics", "application/json",
                        "{\"topic_name\":\"%s\",\"partitions_count\":%d,\"configs\":%s}".formatted(topic, PARTITIONS, configs))
                        .statusCode();
                return status == 201 || status == 409;
            } catch (java.io.IOException slow) {
                return false;
            }
        });
    }

    @Test
    void aLeaderThatIsKilledAgainAndAgainLosesNothingAndOthersGoOn() throws Exception {
        create("killed", "{\"min.insync.replicas\":\"2\"}");
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "killed", PARTITIONS)) {
            for (int round = 0; round < KILLS; round++) {
                load.awaitMore(20);
                int victim = client.leader(0, "killed", 0);
                servers.kill(victim);
                load.awaitMore(20);
                servers.run("launch", Integer.toString(victim)).succeeded();
                awaitWhole();
            }
            load.close();
            load.assertKept();
        }
    }

    @Test
    void aPausedLeaderAcknowledgesNothingWhenItComesBackAndFollows() throws Exception {
        create("paused", "{}");
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "paused", PARTITIONS)) {
            load.awaitMore(20);
            int victim = client.leader(0, "paused", 0);
            servers.run("pause", Integer.toString(victim)).succeeded();
            load.awaitMore(10);
            servers.run("resume", Integer.toString(victim)).succeeded();
            awaitWhole();
            load.awaitMore(10);
            load.close();
            load.assertKept();
        }
    }

    @Test
    void withoutAMajorityNothingIsAcknowledgedAndAfterAllWereKilledTwoOfThreeAreEnoughToGoOnAndNoProducerIdIsGivenAgain()
            throws Exception {
        create("all", "{}");
        Set<Long> producerIds = new HashSet<>();
        requireNewProducerIds(producerIds);
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "all", PARTITIONS)) {
            load.awaitMore(20);
            servers.kill(1);
            servers.kill(2);
            ClusterClient.await("the last one says that it lacks a majority", 60, () -> {
                JsonObject cluster = client.describe(2);
                return cluster != null && !cluster.getBoolean("agreement");
            });
            assertThat(client.produce(2, "all", 0, "alone")).isEqualTo(-1);
            servers.kill(3);
            servers.run("launch", "2").succeeded();
            servers.run("launch", "3").succeeded();
            ClusterClient.await("two of three serve again", PATIENCE_SECONDS, () -> client.produce(1, "all", 0,
                    "probe-" + System.nanoTime()) >= 0);
            servers.run("launch", "1").succeeded();
            awaitWhole();
            load.awaitMore(10);
            load.close();
            load.assertKept();
        }
        requireNewProducerIds(producerIds);
    }

    @Test
    void serversThatAreRestartedOneByOneUnderLoadLoseNothingAlsoWhileTheirSecretIsChanged() throws Exception {
        create("rolling", "{\"min.insync.replicas\":\"2\"}");
        create("quiet", "{}");
        client.faults().clear();
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "rolling", PARTITIONS)) {
            load.awaitMore(10);
            load.resetPauses();
            String secret = Files.readString(servers.folder(1).resolveSibling("secret"));
            servers.with("MILLRACE_CLUSTER_SECRET", NEXT_SECRET).with("MILLRACE_CLUSTER_SECRET_ACCEPTED", secret)
                    .with("MILLRACE_CLUSTER_JOIN_SECRET", secret);
            for (int round = 0; round < RESTARTS; round++) {
                restartWhileRequestsWaitThere(round % SERVERS + 1, load);
                load.awaitMore(10);
                assertNoLongPause(load.longestPause());
            }
            load.close();
            load.assertKept();
        }
        assertThat(client.faults()).isEmpty();
    }

    private void restartWhileRequestsWaitThere(int server, ClusterLoad load) throws Exception {
        String consumers = "/consumers/stop-" + System.nanoTime();
        ClusterClient.await("a consumer", 30, () -> succeeds(server, consumers, "{\"name\":\"c\",\"format\":\"text\"}")
                && succeeds(server, consumers + "/instances/c/subscription", "{\"topics\":[\"quiet\"]}"));
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        waiting.add(client.waiting(server - 1, consumers + "/instances/c/records?timeout=30000"));
        for (int partition = 0; partition < PARTITIONS; partition++) { // one of them waits here, others at their leaders
            waiting.add(client.waiting(server - 1, "/topics/quiet/partitions/" + partition
                    + "/records?offset=latest&timeout=30000"));
        }
        load.awaitMore(10);
        long began = System.nanoTime();
        servers.run("stop", Integer.toString(server)).succeeded();
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);

        for (int partition = 0; partition < PARTITIONS; partition++) {
            JsonObject described = client.json(server % SERVERS, "/topics/rolling/partitions/" + partition);
            assertThat(described.getInt("leader")).isPositive().isNotEqualTo(server);
            assertThat(described.getJsonArray("replicas").getValuesAs(JsonObject.class).stream()
                    .filter(replica -> replica.getBoolean("in_sync")).map(replica -> replica.getInt("broker")))
                    .hasSize(SERVERS - 1).doesNotContain(server);
        }
        for (CompletableFuture<HttpResponse<String>> each : waiting) {
            HttpResponse<String> answer = each.get(1, TimeUnit.SECONDS);
            assertThat(answer.statusCode() == 200 || ClusterClient.saysTryAgain(answer)).as(answer.body()).isTrue();
        }
        assertThat(tookMs).as("ms for the stop: the application server waits for what waits for up to 30 s")
                .isLessThan(LONG ? 15_000 : 25_000);
        servers.run("launch", Integer.toString(server)).succeeded();
        awaitWhole();
    }

    /** Two seconds are promised. A build beside other work gets more: a server's start alone takes seconds of all cores. */
    private static void assertNoLongPause(ClusterLoad.Pause longest) {
        assertThat(longest.ms()).as("ms without an acknowledgement: %s", longest).isLessThan(LONG ? 2_000 : 8_000);
    }

    private boolean succeeds(int server, String path, String body) {
        try {
            int status = client.send(server - 1, "POST", path, "application/vnd.kafka.v2+json", body).statusCode();
            return status / 100 == 2 || status == 409;
        } catch (IOException slow) {
            return false;
        }
    }

    @Test
    void anyServerAnswersAndNamesTheLeader() throws Exception {
        create("anywhere", "{}");
        ClusterClient.await("all know the topic", 30, () -> client.leader(0, "anywhere", 0) > 0
                && client.leader(1, "anywhere", 0) > 0 && client.leader(2, "anywhere", 0) > 0);
        int leader = client.leader(0, "anywhere", 0);
        for (int server = 0; server < SERVERS; server++) {
            int number = server;
            ClusterClient.await("a record through server " + (server + 1), 30,
                    () -> client.produce(number, "anywhere", 0, "through-" + number) >= 0);
            HttpResponse<String> fetched = client.send(server, "GET", "/topics/anywhere/partitions/0/records?offset=0",
                    null, null);
            assertThat(fetched.statusCode()).isEqualTo(200);
            assertThat(fetched.body()).contains("through-" + server);
            assertThat(fetched.headers().firstValue("Millrace-Leader").orElse(null))
                    .isEqualTo(server + 1 == leader ? null : servers.url(leader).toString());
        }
    }

    @Test
    void aStreamThroughAnotherServerEndsWithItsLeaderAndGoesOnBehindItsLastRecord() throws Exception {
        create("streamed", "{\"min.insync.replicas\":\"2\"}");
        ClusterClient.await("all know the topic", 30, () -> client.leader(0, "streamed", 0) > 0
                && client.leader(1, "streamed", 0) > 0 && client.leader(2, "streamed", 0) > 0);
        int leader = client.leader(0, "streamed", 0);
        int other = leader % SERVERS;
        ClusterClient.await("a record", 30, () -> client.produce(other, "streamed", 0, "before") >= 0);
        HttpResponse<InputStream> stream = stream(other, null);
        assertThat(stream.headers().firstValue("Millrace-Leader")).contains(servers.url(leader).toString());
        long last;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            last = offset(lines);
            assertThat(last).isZero();
            long next = client.produce(other, "streamed", 0, "live");
            while (last < next) { // what was sent again before may be there twice
                assertThat(offset(lines)).isEqualTo(last + 1);
                last++;
            }
            servers.kill(leader);
            assertThat(restOf(lines)).contains("\"error_code\":503");
        }
        ClusterClient.await("a record at the new leader", 60, () -> client.produce(other, "streamed", 0, "after") >= 0);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream(other, last).body(), StandardCharsets.UTF_8))) {
            assertThat(offset(lines)).isEqualTo(last + 1);
        }
        servers.run("launch", Integer.toString(leader)).succeeded();
        awaitWhole();
    }

    /** @param last null: from the beginning */
    private HttpResponse<InputStream> stream(int server, Long last) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(servers.url(server + 1)
                .resolve("/topics/streamed/partitions/0/records?format=text&offset=earliest")).header("Accept", "application/x-ndjson");
        HttpResponse<InputStream> answer = HttpClient.newHttpClient().send(
                (last == null ? request : request.header("Last-Event-ID", last.toString())).build(), BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer;
    }

    private static long offset(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        while (line.isEmpty()) {
            line = lines.readLine();
        }
        return ((JsonObject) ClusterClient.parse(line)).getJsonNumber("offset").longValue();
    }

    private static String restOf(BufferedReader lines) {
        return lines.lines().filter(line -> !line.isEmpty()).collect(Collectors.joining("\n"));
    }

    @Test
    void recordsThatAreSentAgainThroughAnyServerAreWrittenOnceAlsoAfterTheirLeaderWasKilled() throws Exception {
        create("once", "{\"min.insync.replicas\":\"2\"}");
        long producer = producerId(0);
        int sent = 7;
        for (int sequence = 0; sequence < sent; sequence++) {
            for (int server = 0; server < SERVERS; server++) {
                assertThat(sendUntilAnswered(server, producer, sequence)).isEqualTo(sequence);
            }
        }
        int victim = client.leader(0, "once", 0);
        servers.kill(victim);
        int other = victim % SERVERS;
        for (int sequence = sent - 5; sequence <= sent; sequence++) {
            assertThat(sendUntilAnswered(other, producer, sequence)).isEqualTo(sequence);
        }
        servers.run("launch", Integer.toString(victim)).succeeded();
        awaitWhole();
        for (int server = 0; server < SERVERS; server++) {
            assertThat(sendUntilAnswered(server, producer, sent)).isEqualTo(sent);
        }
        assertThat(client.fetch(0, "once", 0, 0)).hasSize(sent + 1);
    }

    /** Some of each server. */
    private void requireNewProducerIds(Set<Long> given) {
        for (int i = 0; i < 5 * SERVERS; i++) {
            assertThat(given.add(producerId(i % SERVERS))).isTrue();
        }
    }

    private long producerId(int server) {
        long[] id = {-1};
        ClusterClient.await("a producer id of server " + (server + 1), 30, () -> {
            try {
                HttpResponse<String> answer = client.send(server, "POST", "/producers", null, null);
                if (answer.statusCode() == 201) {
                    id[0] = ((JsonObject) ClusterClient.parse(answer.body())).getJsonNumber("producer_id").longValueExact();
                }
                return id[0] >= 0;
            } catch (IOException slow) {
                return false;
            }
        });
        return id[0];
    }

    /** @return the offset of the record with this sequence, whose sending is repeated as long as nobody knows whether it was written */
    private long sendUntilAnswered(int server, long producer, int sequence) {
        String body = "{\"producer_id\":%d,\"producer_epoch\":0,\"base_sequence\":%d,\"records\":[{\"value\":\"v%d\"}]}"
                .formatted(producer, sequence, sequence);
        long[] offset = {-1};
        ClusterClient.await("sequence " + sequence + " through server " + (server + 1), 60, () -> {
            try {
                HttpResponse<String> answer = client.send(server, "POST", "/topics/once/partitions/0",
                        "application/vnd.kafka.text.v2+json", body);
                assertThat(answer.statusCode()).as(answer.body()).isNotEqualTo(409);
                if (answer.statusCode() == 200) {
                    offset[0] = ((JsonObject) ClusterClient.parse(answer.body())).getJsonArray("offsets").getJsonObject(0)
                            .getJsonNumber("offset").longValue();
                }
                return offset[0] >= 0;
            } catch (IOException slow) {
                return false;
            }
        });
        return offset[0];
    }

    @Test
    void onlyTheClustersOwnServersMayUseItsInternalEndpoints() throws Exception {
        HttpResponse<String> stranger = client.send(0, "POST", "/internal/replica-fetch", "application/octet-stream", "x");

        assertThat(stranger.statusCode()).isEqualTo(401);
        assertThat(stranger.headers().firstValue("WWW-Authenticate")).isPresent();
        HttpResponse<String> impostor = HttpClient.newHttpClient().send(HttpRequest.newBuilder(
                servers.url(1).resolve("/internal/replica-fetch")).header("Millrace-Forwarded", "2")
                .header("Millrace-Signature", "1 1 1 its-run " + "0".repeat(64))
                .POST(HttpRequest.BodyPublishers.ofString("x")).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(impostor.statusCode()).as(impostor.body()).isEqualTo(401);
    }

    /** Somebody reads all that one server is sent by another, and can send it again, change it, and send it elsewhere. */
    @Test
    void whatIsCapturedBetweenServersIsWorthNothing() throws Exception {
        servers.run("stop", "2").succeeded();
        try (HoldingProxy wire = new HoldingProxy(servers.url(2), OrdersServer.freePort())) {
            servers.with("MILLRACE_LOCAL_URL", wire.url().toString()).run("launch", "2").succeeded();
            servers.with("MILLRACE_LOCAL_URL", null);
            awaitWhole();
            create("passed-on", "{}");
            create("appended", "{}");
            String records = "{\"records\":[{\"partition\":%d,\"value\":\"once\"}]}";
            int passedOn = ledBy(2, "passed-on");
            requireWorthless(wire, "/topics/passed-on/partitions/" + passedOn, "passed-on", passedOn,
                    "/topics/passed-on/partitions/" + passedOn, "{\"records\":[{\"value\":\"once\"}]}");
            int appended = ledBy(2, "appended");
            requireWorthless(wire, "/internal/topics/appended/partitions/" + appended, "appended", appended,
                    "/topics/appended", records.formatted(appended));
            servers.run("stop", "2").succeeded();
        } finally {
            servers.run("launch", "2");
        }
        awaitWhole();
    }

    private int ledBy(int server, String topic) {
        int[] partition = {-1};
        ClusterClient.await("server " + server + " leads a partition of " + topic, 60, () -> {
            partition[0] = IntStream.range(0, PARTITIONS).filter(each -> client.leader(0, topic, each) == server
                    && client.leader(server - 1, topic, each) == server).findFirst().orElse(-1);
            return partition[0] >= 0;
        });
        return partition[0];
    }

    /** @param path at which a produce to the first server is seen on its way to the second */
    private void requireWorthless(HoldingProxy wire, String path, String topic, int partition, String produceTo, String records)
            throws Exception {
        HoldingProxy.Seen captured = captured(wire, path, produceTo, records);
        for (int server : new int[] {1, 3}) {
            requireRefused(wire.send(captured, servers.url(server)));
        }
        requireRefused(wire.send(new HoldingProxy.Seen("PUT", captured.target(), captured.headers(), captured.body()), servers.url(2)));
        requireRefused(wire.send(new HoldingProxy.Seen("POST", captured.target().replace("acks=", "ack="), captured.headers(),
                captured.body()), servers.url(2)));
        requireRefused(wire.send(new HoldingProxy.Seen("POST", captured.target().replace("/" + partition + "?", "/"
                + (partition + 1) % PARTITIONS + "?"), captured.headers(), captured.body()), servers.url(2)));
        requireRefused(wire.send(with(captured, "Millrace-Forwarded", "3"), servers.url(2)));
        requireRefused(wire.send(with(captured, "Millrace-Roles", "millrace-admin"), servers.url(2)));
        requireRefused(wire.send(with(captured, "Millrace-Body", "1"), servers.url(2)));
        assertThat(client.fetch(1, topic, partition, 0)).as("nothing was written").isEmpty();

        assertThat(wire.send(captured, servers.url(2)).statusCode()).as("what was only late").isEqualTo(200);
        requireRefused(wire.send(captured, servers.url(2)));
        requireRefused(wire.send(captured, servers.url(2)));
        assertThat(client.fetch(1, topic, partition, 0)).as("it was written once").hasSize(1);

        HoldingProxy.Seen next = captured(wire, path, produceTo, records);
        byte[] changed = next.body().clone();
        changed[changed.length / 2] ^= 1;
        requireRefused(wire.send(new HoldingProxy.Seen("POST", next.target(), next.headers(), changed), servers.url(2)));
        HoldingProxy.Seen last = captured(wire, path, produceTo, records);
        requireRefused(wire.send(new HoldingProxy.Seen("POST", last.target(), last.headers(), captured.body()), servers.url(2)));
        assertThat(client.fetch(1, topic, partition, 0)).as("nothing was written since").hasSize(1);
    }

    private HoldingProxy.Seen captured(HoldingProxy wire, String path, String produceTo, String records) throws Exception {
        HoldingProxy.Hold hold = wire.hold(path, HoldingProxy.Point.BEFORE_IT_ARRIVES);
        CompletableFuture<Integer> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return client.send(0, "POST", produceTo + "?acks=all", "application/vnd.kafka.text.v2+json", records).statusCode();
            } catch (IOException late) {
                return -1;
            }
        });
        HoldingProxy.Seen captured = hold.await();
        hold.release();
        assertThat(answer.get(30, TimeUnit.SECONDS)).as("what its producer is told").isNotEqualTo(200);
        return captured;
    }

    private static HoldingProxy.Seen with(HoldingProxy.Seen captured, String header, String value) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(captured.headers());
        headers.put(header, List.of(value));
        return new HoldingProxy.Seen(captured.method(), captured.target(), headers, captured.body());
    }

    private static void requireRefused(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).as(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(401);
    }

    @Test
    void aPartitionMovesUnderLoadAndItsOldReplicaGoes() throws Exception {
        create("moved", "{}");
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "moved", PARTITIONS)) {
            load.awaitMore(10);
            HttpResponse<String> begun = client.send(0, "POST", "/admin/reassignments", "application/json",
                    "{\"topic_name\":\"moved\",\"partition\":0,\"replicas\":[3,2]}");
            assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
            ClusterClient.await("the partition has moved", 60, () -> {
                JsonObject partition = client.json(0, "/topics/moved/partitions/0");
                return partition != null && partition.getJsonArray("replicas").size() == 2;
            });
            load.awaitMore(10);
            load.close();
            load.assertKept();
        }
    }
}
