package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Records are transferred from one topic to two others by applications of which each is killed now and then, at three servers
 * that are killed and paused: leaders, coordinators of groups and of transactions among them. What comes out is what went in.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TransferIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = 4;
    private static final int APPLICATIONS = 3;
    private static final int SECONDS = Boolean.getBoolean("millrace.long") ? 600 : 30;
    private static final int PATIENCE_SECONDS = 240;
    private static final long SEED = Long.getLong("millrace.seed", 4_711L);

    private LocalServers servers;
    private List<URI> urls;
    private ClusterClient client;

    @BeforeAll
    void start() {
        servers = new LocalServers("transfer").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000");
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        urls = IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList();
        client = new ClusterClient(urls);
        awaitWhole();
        for (String topic : List.of("in", "out-a", "out-b")) {
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
    }

    @AfterAll
    void stop() {
        servers.close();
    }

    private void awaitWhole() {
        ClusterClient.await("all servers agree and have every record", PATIENCE_SECONDS * 2, client::isWhole);
    }

    /** One application at a time under each transactional id; when it is killed the next one begins. */
    private final class Instance implements Runnable {
        private final String id;
        private final AtomicBoolean stopping;
        private volatile boolean killed;
        private volatile int incarnations;

        private Instance(String id, AtomicBoolean stopping) {
            this.id = id;
            this.stopping = stopping;
        }

        @Override
        public void run() {
            while (!stopping.get()) {
                killed = false;
                incarnations++;
                new TransferApplication(urls, "transfer", id, () -> killed || stopping.get()).run();
            }
        }
    }

    @Test
    @Order(1)
    void whatComesOutIsWhatWentInWhoeverIsKilledAndPaused() throws Exception {
        Random random = new Random(SEED);
        AtomicBoolean stopping = new AtomicBoolean();
        AtomicBoolean enough = new AtomicBoolean();
        AtomicInteger sent = new AtomicInteger();
        List<Instance> instances = IntStream.range(0, APPLICATIONS).mapToObj(each -> new Instance("transfer-" + each, stopping)).toList();
        ExecutorService threads = Executors.newFixedThreadPool(APPLICATIONS + 1);
        try {
            threads.execute(() -> {
                for (int record = 0; !enough.get(); record++) {
                    client.produce(record % SERVERS, "in", record % PARTITIONS, "v" + record);
                    sent.incrementAndGet();
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
                }
            });
            instances.forEach(threads::execute);
            ClusterClient.await("the transfer has begun", PATIENCE_SECONDS, () -> !read("out-b", "read_committed").isEmpty());
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            for (int victim = random.nextInt(SERVERS); System.nanoTime() < end; victim = (victim + 1) % SERVERS) {
                String server = Integer.toString(victim + 1);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1_000 + random.nextInt(2_000)));
                instances.get(random.nextInt(APPLICATIONS)).killed = true;
                if (random.nextInt(3) == 0) {
                    servers.run("pause", server).succeeded();
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2_000 + random.nextInt(4_000)));
                    servers.run("resume", server).succeeded();
                } else {
                    servers.kill(victim + 1);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(3_000)));
                    servers.run("launch", server).succeeded();
                }
                instances.get(random.nextInt(APPLICATIONS)).killed = true;
                awaitWhole();
            }
            enough.set(true);
            List<String> in = read("in", "read_committed");
            ClusterClient.await("all is transferred", PATIENCE_SECONDS, () -> read("out-a", "read_committed").size() >= in.size()
                    && read("out-b", "read_committed").size() >= in.size());
        } finally {
            enough.set(true);
            stopping.set(true);
            threads.shutdown();
            assertThat(threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        List<String> in = sorted("in");
        System.out.printf("seed %d: %d records were sent, %d are there; incarnations of applications: %s%n", SEED, sent.get(), in.size(),
                instances.stream().map(each -> each.incarnations).toList());
        assertThat(sorted("out-a")).as("seed " + SEED).isEqualTo(in);
        assertThat(sorted("out-b")).as("seed " + SEED).isEqualTo(in);
        ClusterClient.await("nothing is held back", PATIENCE_SECONDS, this::isStable);
        assertThat(committedOffsets()).as("the group has come to the end").isEqualTo(ends());
    }

    private List<String> sorted(String topic) {
        return read(topic, "read_committed").stream().sorted().toList();
    }

    /** All values of a topic; in the order of each partition. */
    private List<String> read(String topic, String isolation) {
        List<String> values = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            long[] next = {0};
            boolean more = true;
            while (more) {
                long from = next[0];
                int of = partition;
                List<String> page = new ArrayList<>();
                ClusterClient.await(topic + "-" + partition + " is read", PATIENCE_SECONDS, () -> {
                    try {
                        HttpResponse<String> answer = client.send((of + (int) from) % SERVERS, "GET", ("/topics/%s/partitions/%d/records"
                                + "?max_bytes=1000000&isolation=%s&offset=%d").formatted(topic, of, isolation, from), null, null);
                        if (answer.statusCode() != 200) {
                            return false;
                        }
                        next[0] = answer.headers().firstValueAsLong("Millrace-Next-Offset").orElseThrow();
                        ((JsonArray) ClusterClient.parse(answer.body())).getValuesAs(JsonObject.class)
                                .forEach(each -> page.add(each.getString("value")));
                        return true;
                    } catch (IOException unreachable) {
                        return false;
                    }
                });
                values.addAll(page);
                more = next[0] > from;
            }
        }
        return values;
    }

    /** Whether readers of committed records come as far as all others, everywhere. */
    private boolean isStable() {
        for (String topic : List.of("in", "out-a", "out-b")) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                String path = "/topics/" + topic + "/partitions/" + partition + "/offsets";
                JsonObject committed = client.json(0, path + "?isolation=read_committed");
                JsonObject all = client.json(0, path);
                if (committed == null || all == null
                        || committed.getJsonNumber("end_offset").longValue() != all.getJsonNumber("end_offset").longValue()) {
                    return false;
                }
            }
        }
        JsonObject hanging = client.json(0, "/admin/transactions/hanging");
        return hanging != null && hanging.getJsonArray("transactions").isEmpty();
    }

    private List<Long> committedOffsets() {
        return client.json(0, "/admin/groups/transfer").getJsonArray("partitions").getValuesAs(JsonObject.class).stream()
                .map(each -> each.getJsonNumber("committed_offset").longValue()).toList();
    }

    private List<Long> ends() {
        return IntStream.range(0, PARTITIONS).mapToObj(partition -> client.json(0, "/topics/in/partitions/" + partition + "/offsets")
                .getJsonNumber("end_offset").longValue()).toList();
    }

    /** The judge from outside: Kafka's segment dumper, over the files of every server. */
    @Test
    @Order(2)
    void theFieldsDumperReadsMarkersSnapshotsAndTransactions() throws Exception {
        for (int server = 1; server <= SERVERS; server++) {
            servers.kill(server);
            String outputs = dump(files(server, "out-a-", ".log"), "--print-data-log");
            assertThat(outputs).contains("endTxnMarker: COMMIT").contains("isTransactional: true");
            String states = dump(files(server, "__transaction_state-", ".log"), "--transaction-log-decoder", "--print-data-log");
            assertThat(states).contains("\"transactionalId\":\"transfer-0\"").contains("\"transactionStatus\":4");
            String offsets = dump(files(server, "__consumer_offsets-", ".log"), "--offsets-decoder", "--print-data-log");
            assertThat(offsets).contains("endTxnMarker: COMMIT");
            String snapshots = dump(files(server, "out-", ".snapshot"));
            assertThat(snapshots).contains("producerId:");
            assertThat(outputs + states + offsets + snapshots).doesNotContain("isvalid: false").doesNotContain("invalid bytes")
                    .doesNotContain("Exception");
        }
    }

    private List<String> files(int server, String folder, String extension) throws IOException {
        try (Stream<Path> files = Files.walk(servers.folder(server))) {
            List<String> found = files.filter(file -> file.getParent().getFileName().toString().startsWith(folder)
                    && file.toString().endsWith(extension)).map(Path::toString).toList();
            assertThat(found).as(folder + "*" + extension + " of server " + server).isNotEmpty();
            return found;
        }
    }

    private static String dump(List<String> files, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "org.apache.kafka.tools.DumpLogSegments"));
        command.addAll(List.of(options));
        command.addAll(List.of("--files", String.join(",", files)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
