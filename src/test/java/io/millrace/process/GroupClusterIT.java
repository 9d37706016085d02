package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Three real servers and six consumers in processes of their own, some of which come, leave and are killed under load. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the last ones leave servers down
class GroupClusterIT {
    private static final int SERVERS = 3;
    private static final int MEMBERS = 6;
    private static final int PARTITIONS = 8;
    /** So many that they are not all coordinated by one server. */
    private static final int GROUPS = 20;
    private static final int PATIENCE_SECONDS = 120;

    private final Map<String, Process> members = new LinkedHashMap<>();
    private LocalServers servers;
    private List<URI> urls;
    private ClusterClient client;
    private Path folder;
    private String group;

    @BeforeAll
    void start() throws IOException {
        servers = new LocalServers("groups").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000");
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        urls = IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList();
        client = new ClusterClient(urls);
        awaitWhole();
    }

    @AfterAll
    void stop() {
        servers.close();
    }

    @AfterEach
    void endMembers() {
        members.values().forEach(Process::destroyForcibly);
        members.clear();
    }

    private void awaitWhole() {
        client.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS * 2);
    }

    private void create(String topic) throws IOException {
        // of this run alone: what an earlier one left tells nothing
        folder = Files.createTempDirectory(Files.createDirectories(servers.folder(0)), topic);
        group = "group-" + topic;
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

    private void member(String topic, String name, boolean automatic) throws IOException {
        members.put(name, MemberProcess.start(urls, group, topic, name, automatic, folder.resolve(name)));
    }

    /** Asks it to go, and waits until it has. */
    private void leave(String name) throws Exception {
        Process process = members.remove(name);
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(name + " ended").isTrue();
    }

    private void kill(String name) {
        members.remove(name).destroyForcibly();
    }

    /** How often each value was processed by anybody. */
    private Map<String, Integer> seen() {
        Map<String, Integer> seen = new HashMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(each -> !each.endsWith("errors")).toList()) {
                String text = Files.readString(file, StandardCharsets.UTF_8);
                // the last line of one that was killed may be cut off
                text.substring(0, text.lastIndexOf('\n') + 1).lines().forEach(line -> seen.merge(line.split(" ")[2], 1, Integer::sum));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return seen;
    }

    private void awaitSeen(Set<String> values) {
        ClusterClient.await("every acknowledged record is seen; missing " + missing(values).stream().limit(5).toList()
                + ", group " + describe(), PATIENCE_SECONDS, () -> missing(values).isEmpty());
    }

    private List<String> missing(Set<String> values) {
        Map<String, Integer> seen = seen();
        List<String> missing = new ArrayList<>(values);
        missing.removeIf(seen::containsKey);
        return missing;
    }

    private String describe() {
        return IntStream.range(0, SERVERS).mapToObj(index -> client.json(index, "/admin/groups/" + group)).toList().toString();
    }

    private void awaitStable(int consumers) {
        awaitStable(consumers, 1);
    }

    /** @param server one that is up */
    private void awaitStable(int consumers, int server) {
        ClusterClient.await(consumers + " consumers have their partitions", PATIENCE_SECONDS, () -> {
            JsonObject described = client.json(server - 1, "/admin/groups/" + group);
            return described != null && described.getString("state").equals("stable") && described.getJsonArray("members").stream()
                    .filter(member -> ((JsonObject) member).getString("status").equals("active")).count() == consumers;
        });
    }

    @Test
    @Order(1)
    void whereNobodyDiesEachRecordIsSeenExactlyOnceAlthoughConsumersComeAndLeave() throws Exception {
        create("calm");
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "calm", PARTITIONS)) {
            for (int i = 1; i < MEMBERS; i++) {
                member("calm", "m" + i, i % 2 == 0);
            }
            awaitStable(MEMBERS - 1);
            load.awaitMore(20);
            member("calm", "late", true);
            awaitStable(MEMBERS);
            load.awaitMore(20);
            leave("m1");
            leave("m2");
            awaitStable(MEMBERS - 2);
            load.awaitMore(20);
            load.close();
            awaitSeen(load.values());
            assertThat(seen()).allSatisfy((value, times) -> assertThat(times).as(value).isEqualTo(1));
        }
    }

    @Test
    @Order(2)
    void everyServerListsAndDescribesEveryGroupWhoeverCoordinatesIt() {
        List<String> groups = IntStream.range(0, GROUPS).mapToObj(i -> "listed-" + (char) ('a' + i)).toList();
        for (int i = 0; i < GROUPS; i++) {
            createConsumer(i % SERVERS, groups.get(i));
        }
        Set<Integer> coordinators = new TreeSet<>();
        for (int server = 0; server < SERVERS; server++) {
            int asked = server;
            assertThat(answered("a list of server " + (asked + 1), () -> client.groups(asked)).stream()
                    .map(JsonValue::toString).filter(each -> each.contains("\"listed-")))
                    .containsExactlyElementsOf(groups.stream()
                            .map(each -> "{\"group\":\"" + each + "\",\"state\":\"stable\",\"members\":1}").toList());
            for (String each : groups) {
                JsonObject described = answered(each + " of server " + (asked + 1), () -> client.json(asked, "/admin/groups/" + each));
                assertThat(described.getString("group")).isEqualTo(each);
                assertThat(described.getJsonArray("members").getJsonObject(0).getString("name")).isEqualTo("c");
                coordinators.add(described.getInt("coordinator"));
            }
        }
        assertThat(coordinators).as("coordinators of groups that all list").hasSizeGreaterThan(1);
    }

    /** The first answer that is none to try again: whatever it says must be right. */
    private static <T> T answered(String what, Supplier<T> request) {
        AtomicReference<T> answer = new AtomicReference<>();
        ClusterClient.await(what, PATIENCE_SECONDS, () -> {
            answer.set(request.get());
            return answer.get() != null;
        });
        return answer.get();
    }

    /** Its session outlasts the test. */
    private void createConsumer(int server, String of) {
        ClusterClient.await("a consumer of " + of + " is created", PATIENCE_SECONDS, () -> {
            try {
                int status = client.send(server, "POST", "/consumers/" + of, "application/vnd.kafka.v2+json",
                        "{\"name\":\"c\",\"session.timeout.ms\":1800000}").statusCode();
                return status == 200 || status == 409;
            } catch (IOException slow) {
                return false;
            }
        });
    }

    @Test
    @Order(3)
    void aConsumersStreamComesThroughEachServerAndLosesNothingWhereItBreaksOff() throws Exception {
        create("flowing");
        String consumer = "/consumers/" + group + "/instances/c";
        awaitAsked("/consumers/" + group, "{\"name\":\"c\",\"format\":\"text\",\"auto.offset.reset\":\"earliest\"}");
        awaitAsked(consumer + "/subscription", "{\"topics\":[\"flowing\"]}");
        TreeMap<Integer, Long> read = new TreeMap<>();
        for (int server = 0; server < SERVERS; server++) {
            TreeMap<Integer, Long> ends = new TreeMap<>();
            for (int n = 0; n < 5 * PARTITIONS; n++) {
                int by = server;
                int partition = n % PARTITIONS;
                ClusterClient.await("a record is written", PATIENCE_SECONDS, () ->
                        ends.merge(partition, client.produce(by, "flowing", partition, "x".repeat(100)), Math::max) >= 0);
            }
            int least = read.isEmpty() ? 0 : 3 * PARTITIONS; // and the others are on their way when it breaks off
            readOn(server, consumer, read, least, server == SERVERS - 1 ? ends : Map.of());
        }
        assertThat(client.send(0, "DELETE", consumer, null, null).statusCode()).isEqualTo(204);
        JsonObject described = client.json(1, "/admin/groups/" + group);
        assertThat(described.getJsonArray("partitions")).as("it was written, and so it is committed").hasSize(PARTITIONS)
                .allSatisfy(each -> assertThat(((JsonObject) each).getInt("lag")).isZero());
    }

    private void awaitAsked(String path, String body) {
        ClusterClient.await(path, PATIENCE_SECONDS, () -> {
            try {
                int status = client.send(0, "POST", path, "application/vnd.kafka.v2+json", body).statusCode();
                return status == 200 || status == 204 || status == 409;
            } catch (IOException slow) {
                return false;
            }
        });
    }

    /**
     * Reads a consumer's records through a server, each once, and breaks off.
     *
     * @param read  the last offset of each partition, of which some is read of all in any case
     * @param least of records
     * @param ends  of partitions that are read up to there
     */
    private void readOn(int server, String consumer, Map<Integer, Long> read, int least, Map<Integer, Long> ends) throws Exception {
        int count = 0;
        boolean done = false;
        while (!done) {
            HttpRequest.Builder request = HttpRequest.newBuilder(urls.get(server).resolve(consumer + "/records?max_bytes=1000"))
                    .header("Accept", "application/x-ndjson");
            if (!read.isEmpty()) {
                request.header("Last-Event-ID", read.entrySet().stream().map(each -> "flowing/" + each.getKey() + "/" + each.getValue())
                        .collect(Collectors.joining(",")));
            }
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(HttpClient.newHttpClient().send(request.build(),
                    HttpResponse.BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8))) {
                String line = "";
                while (!done && line != null && !line.contains("error_code")) {
                    if (!line.isEmpty()) {
                        JsonObject record = (JsonObject) ClusterClient.parse(line);
                        int partition = record.getInt("partition");
                        assertThat(record.getInt("offset")).isEqualTo((int) (read.getOrDefault(partition, -1L) + 1));
                        read.put(partition, record.getJsonNumber("offset").longValue());
                        count++;
                    }
                    done = count >= least && read.size() == PARTITIONS && (ends.isEmpty() || read.equals(ends));
                    line = done ? line : lines.readLine();
                }
            }
        }
    }

    @Test
    @Order(4)
    void aCoordinatorThatWasPausedGivesNothingBelowWhatWasCommittedMeanwhile() throws Exception {
        create("halted");
        LoneConsumer consumer = new LoneConsumer(client, "group-halted", "halted", PARTITIONS);
        int coordinator = client.json(0, "/admin/groups/group-halted").getInt("coordinator");
        consumer.produceReadAndCommit(coordinator - 1, 5);
        servers.run("pause", Integer.toString(coordinator)).succeeded();
        // so long that the others hold it to be gone, and it takes a while to be one of them again
        consumer.produceReadAndCommit(coordinator % SERVERS, 300);
        servers.run("resume", Integer.toString(coordinator)).succeeded();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (System.nanoTime() < until) {
            consumer.produce(coordinator % SERVERS); // else there is nothing that it could give
            consumer.readAndCommit(coordinator - 1);
        }
        awaitWhole();
        consumer.produceReadAndCommit(coordinator - 1, 5);
    }

    @Test
    @Order(5)
    void serversAndConsumersThatAreKilledSkipNoRecordAndTheRestGoesOn() throws Exception {
        create("deaths");
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "deaths", PARTITIONS)) {
            for (int i = 1; i <= MEMBERS; i++) {
                member("deaths", "m" + i, i % 2 == 0);
            }
            awaitStable(MEMBERS);
            load.awaitMore(10);
            int coordinator = client.json(0, "/admin/groups/group-deaths").getInt("coordinator");
            servers.kill(coordinator);
            load.awaitMore(20);
            kill("m1");
            kill("m2");
            member("deaths", "next", true);
            load.awaitMore(10);
            servers.run("launch", Integer.toString(coordinator)).succeeded();
            awaitWhole();
            servers.kill(coordinator % SERVERS + 1);
            load.awaitMore(20);
            awaitStable(MEMBERS - 1, coordinator);
            load.awaitMore(10);
            load.close();
            awaitSeen(load.values());
        }
    }

    /** The judge from outside: Kafka's segment dumper, over what real coordinators wrote and every server has. */
    @Test
    @Order(6)
    void theFieldsDumperReadsWhatGroupsCommittedAtEveryServer() throws Exception {
        for (int server = 1; server <= SERVERS; server++) {
            servers.run("kill", Integer.toString(server)); // the one that is down already has its files as well
            String output = new FieldDumper(servers.folder(server)).dump("__consumer_offsets", ".log", "--offsets-decoder");
            for (String each : List.of("calm", "deaths")) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    assertThat(output).as("of server " + server).containsPattern(("key: \\{\"type\":\"1\",\"data\":\\{\"group\":"
                            + "\"group-%s\",\"topic\":\"%s\",\"partition\":%d\\}\\} payload: \\{\"version\":\"4\",\"data\":\\{\"offset\":")
                            .formatted(each, each, partition));
                }
            }
        }
    }
}
