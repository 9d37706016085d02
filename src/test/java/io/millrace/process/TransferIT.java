package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.TransferAudit.Stored;
import io.millrace.process.TransferFaults.Kind;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Applications read one topic, write two and commit how far they have read, in transactions, over three real servers, while
 * whoever takes part is killed, halted, supplanted or cut off. What is there in the end must be exactly what was put in. Runs for
 * {@code millrace.transfer.seconds} (30), and until each thing has happened once; a failure names the seed
 * ({@code millrace.transfer.seed}), which chooses what happens in which order, and what had happened.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the last one stops the servers
class TransferIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = 3;
    private static final int SECONDS = Integer.getInteger("millrace.transfer.seconds", 30);
    private static final long SEED = Long.getLong("millrace.transfer.seed", 4_711L);
    private static final String GROUP = "transfer";
    private static final List<String> APPLICATIONS = List.of("transfer-1", "transfer-2");
    private static final int PATIENCE_SECONDS = 240;
    private static final int SHOWN = 20;
    private static final Set<String> OVER = Set.of("Empty", "CompleteCommit", "CompleteAbort");
    /** For a build: each role once. The others are of the same kind. */
    private static final List<Kind> FEW = List.of(Kind.KILL_LEADER, Kind.KILL_TRANSACTION_COORDINATOR, Kind.CUT_LINK,
            Kind.PAUSE_LEADER, Kind.KILL_APPLICATION, Kind.SUPPLANT_APPLICATION);
    private static final List<Kind> KINDS = Boolean.getBoolean("millrace.long") ? Arrays.asList(Kind.values()) : FEW;

    private final List<String> happened = new ArrayList<>();
    private LocalServers servers;
    private Links links;
    private List<URI> urls;
    private ClusterClient client;

    @BeforeAll
    void start() throws Exception {
        System.out.println("TransferIT: millrace.transfer.seed=" + SEED);
        servers = new LocalServers("transfer").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000");
        try {
            links = Links.between(SERVERS);
            servers.linkedBy(links);
        } catch (IOException impossible) {
            System.out.println("TransferIT: links are not cut, because no network namespaces can be made here: " + impossible.getMessage());
        }
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        urls = IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList();
        client = new ClusterClient(urls);
        awaitWhole();
    }

    @AfterAll
    void stop() throws InterruptedException {
        servers.close();
        if (links != null) {
            links.close();
        }
    }

    private void awaitWhole() {
        ClusterClient.await("all servers agree and have every record", PATIENCE_SECONDS, client::isWhole);
    }

    private void create(String topic) {
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

    @Test
    @Order(1)
    void inputAndOutputsAgreeExactlyWhoeverIsKilledHaltedSupplantedOrCutOff() throws Exception {
        create(TransferProcess.INPUT);
        for (TransferOutput output : TransferOutput.values()) {
            create(output.label());
        }
        // of this run alone: what an earlier one left tells nothing
        Path folder = Files.createTempDirectory(Files.createDirectories(servers.folder(0)), "applications");
        Random random = new Random(SEED);
        try (TransferFeed feed = new TransferFeed(urls, PARTITIONS, random.nextLong());
             TransferApplications applications = new TransferApplications(urls, GROUP, PARTITIONS, folder)) {
            for (String each : APPLICATIONS) {
                applications.start(each);
            }
            feed.awaitMore(10);
            befall(new TransferFaults(servers, urls, feed, applications, APPLICATIONS, GROUP, PARTITIONS, links, random));

            applications.killAll();
            feed.awaitMore(10); // so that something is left to be transferred
            feed.close();
            awaitAllEnded();
            requireAgreement(feed.committed(), false);

            for (String each : APPLICATIONS) {
                applications.start(each);
            }
            awaitAllTransferred(applications);
            applications.stop();
            awaitAllEnded();
            requireAgreement(feed.committed(), true);
        }
    }

    private void befall(TransferFaults faults) throws IOException, InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try {
            for (int faultsSoFar = 0; faultsSoFar < KINDS.size() || System.nanoTime() < until; faultsSoFar++) {
                faults.next(KINDS);
            }
        } finally {
            happened.addAll(faults.done());
            System.out.println("TransferIT: " + happened);
        }
    }

    /** Without anybody's help: what was left open is aborted when its time is up. */
    private void awaitAllEnded() {
        List<String> open = new ArrayList<>();
        ClusterClient.await("every transaction has ended, seed " + SEED + ", after " + happened, PATIENCE_SECONDS, () -> {
            JsonObject listed = client.json(0, "/transactions");
            open.clear();
            if (listed == null) {
                return false;
            }
            listed.getJsonArray("transactions").getValuesAs(JsonObject.class).stream()
                    .filter(each -> !OVER.contains(each.getString("state"))).forEach(each -> open.add(each.toString()));
            return open.isEmpty();
        });
    }

    private void awaitAllTransferred(TransferApplications applications) throws InterruptedException {
        Map<Integer, List<Stored>> input = new CommittedReader(client, SERVERS).read(TransferProcess.INPUT, PARTITIONS);
        ClusterClient.await("all is transferred, seed " + SEED + ", after " + happened, PATIENCE_SECONDS, () -> {
            try {
                applications.supervise();
            } catch (IOException e) {
                throw new AssertionError("an application could not be started", e);
            }
            Map<Integer, Long> committed = committedOffsets();
            return committed != null && new TransferAudit(input, committed).offsetDifferences(true).isEmpty();
        });
    }

    /** Null when the group is not described now. */
    private Map<Integer, Long> committedOffsets() {
        JsonObject group = client.json(0, "/admin/groups/" + GROUP);
        if (group == null) {
            return null;
        }
        Map<Integer, Long> committed = new HashMap<>();
        for (JsonObject each : group.getJsonArray("partitions").getValuesAs(JsonObject.class)) {
            if (each.get("committed_offset") instanceof JsonNumber offset) {
                committed.put(each.getInt("partition"), offset.longValueExact());
            }
        }
        return committed;
    }

    private void requireAgreement(Map<Integer, List<String>> fed, boolean complete) throws InterruptedException {
        CommittedReader reader = new CommittedReader(client, SERVERS);
        Map<Integer, List<Stored>> input = reader.read(TransferProcess.INPUT, PARTITIONS);
        Map<Integer, List<String>> values = new TreeMap<>();
        input.forEach((partition, records) -> values.put(partition, records.stream().map(Stored::value).toList()));
        String run = "seed " + SEED + ", after " + happened;
        assertThat(values).as("the input is what was committed, in its order; %s", run).isEqualTo(new TreeMap<>(fed));

        AtomicReference<Map<Integer, Long>> committed = new AtomicReference<>();
        ClusterClient.await("the group is described", PATIENCE_SECONDS, () -> {
            committed.set(committedOffsets());
            return committed.get() != null;
        });
        TransferAudit audit = new TransferAudit(input, committed.get());
        List<String> differences = new ArrayList<>(audit.offsetDifferences(complete));
        for (TransferOutput output : TransferOutput.values()) {
            differences.addAll(audit.differences(output, reader.values(output.label(), PARTITIONS)));
        }
        assertThat(differences.stream().limit(SHOWN)).as("%d differences between input, outputs and committed offsets, the first %d;"
                + " %s", differences.size(), SHOWN, run).isEmpty();
    }

    /** Kafka's segment dumper, over what every server has. */
    @Test
    @Order(2)
    void theFieldsDumperReadsMarkersSnapshotsAbortedTransactionsAndTheTransactionLogAtEveryServer() throws Exception {
        awaitWhole();
        servers.run("stop").succeeded(); // a clean stop writes what is known of producers
        for (int server = 1; server <= SERVERS; server++) {
            FieldDumper dumper = new FieldDumper(servers.folder(server));
            for (String topic : List.of(TransferProcess.INPUT, TransferOutput.ENTRIES.label(), TransferOutput.LEDGER.label())) {
                assertThat(dumper.dump(topic, ".log", "--deep-iteration")).as("%s of server %d", topic, server)
                        .contains("isControl: true", "isTransactional: true", "endTxnMarker: COMMIT", "endTxnMarker: ABORT");
                assertThat(dumper.dump(topic, ".snapshot")).as("%s of server %d", topic, server).contains("producerId: ");
                assertThat(dumper.dump(topic, ".txnindex")).as("%s of server %d", topic, server)
                        .contains("producerId: ", "lastStableOffset: ");
            }
            String transactions = dumper.dump("__transaction_state", ".log", "--transaction-log-decoder");
            for (String each : APPLICATIONS) {
                assertThat(transactions).as("of server %d", server).contains("\"transactionalId\":\"" + each + "\"");
            }
            assertThat(dumper.dump("__consumer_offsets", ".log", "--offsets-decoder")).as("of server %d", server)
                    .contains("endTxnMarker: COMMIT").containsPattern("\"group\":\"transfer\",\"topic\":\"input\",\"partition\":\\d");
        }
    }
}
