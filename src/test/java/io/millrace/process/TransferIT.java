package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.TransferFaults.Kind;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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
 * {@code millrace.transfer.seconds} (30), and until each thing that can be done on this machine has happened once: what cannot is
 * reported. A failure names the seed ({@code millrace.transfer.seed}), which chooses what happens in which order, and what had
 * happened.
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
    /** For a build: every role of a server is killed, and an application has a successor while it lives; the long profile has the rest. */
    private static final List<Kind> FEW = List.of(Kind.KILL_LEADER, Kind.KILL_TRANSACTION_COORDINATOR, Kind.KILL_GROUP_COORDINATOR,
            Kind.CUT_LINK, Kind.SUPPLANT_APPLICATION);
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
        client.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS);
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
        create(TransferApplication.INPUT);
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
            TransferVerdict verdict = new TransferVerdict(client, SERVERS, GROUP, PARTITIONS, PATIENCE_SECONDS,
                    "seed " + SEED + ", after " + happened);
            verdict.awaitAllEnded();
            verdict.requireAgreement(feed.committed(), false);

            for (String each : APPLICATIONS) {
                applications.start(each);
            }
            verdict.awaitAllTransferred(applications::supervise);
            applications.stop();
            verdict.awaitAllEnded();
            verdict.requireAgreement(feed.committed(), true);
        }
    }

    private void befall(TransferFaults faults) throws IOException, InterruptedException {
        List<Kind> possible = faults.possible(KINDS);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try {
            while (faults.done().size() < possible.size() || System.nanoTime() < until) {
                faults.next(possible);
            }
        } finally {
            happened.addAll(faults.done());
            System.out.println("TransferIT: " + happened + KINDS.stream().filter(kind -> !possible.contains(kind))
                    .map(kind -> "; not done, because it is not possible here: " + kind).collect(Collectors.joining()));
        }
    }

    /** Kafka's segment dumper, over what every server has. */
    @Test
    @Order(2)
    void theFieldsDumperReadsMarkersSnapshotsAbortedTransactionsAndTheTransactionLogAtEveryServer() throws Exception {
        awaitWhole();
        servers.run("stop").succeeded(); // a clean stop writes what is known of producers
        for (int server = 1; server <= SERVERS; server++) {
            FieldDumper dumper = new FieldDumper(servers.folder(server));
            for (String topic : List.of(TransferApplication.INPUT, TransferOutput.ENTRIES.label(), TransferOutput.LEDGER.label())) {
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
