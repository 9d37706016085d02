package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.TransactionalProducer.FencedException;
import io.millrace.process.TransactionalProducer.LostTransactionException;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Transactions at three real servers: any of them answers, each of them is killed, and all of them are. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the last ones restart servers
class TransactionClusterIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = 6;
    private static final int PRODUCERS = 4;
    private static final int TRANSACTIONS_AT_ONCE = 40;
    private static final int TIMEOUT_MS = 60_000;
    private static final int PATIENCE_SECONDS = 120;
    private static final int KILLS = Boolean.getBoolean("millrace.long") ? SERVERS : 1;
    private static final String DIALECT = "application/vnd.kafka.v2+json";

    private LocalServers servers;
    private List<URI> urls;
    private ClusterClient client;

    @BeforeAll
    void start() {
        servers = new LocalServers("transactions").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000");
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        urls = IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList();
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

    /** @param first the server that is asked first */
    private TransactionalProducer producer(int first, String transactionalId, boolean counting) throws InterruptedException {
        TransactionalProducer producer = new TransactionalProducer(new AnyServer(urls, first, Duration.ofSeconds(30)), transactionalId,
                TIMEOUT_MS, counting);
        producer.begin();
        return producer;
    }

    /** A record of each value in every partition, in one transaction. */
    private static void writeEverywhere(TransactionalProducer producer, String topic, String value)
            throws LostTransactionException, InterruptedException {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            producer.send(topic, partition, List.of(value));
        }
    }

    /** What readers of committed records are given, to the very end: nothing holds them back for longer than it may. */
    private List<String> committed(int server, String topic, int partition) {
        List<String> values = new ArrayList<>();
        long[] next = {0};
        ClusterClient.await("committed records of " + topic + "-" + partition + " are read to the end", PATIENCE_SECONDS, () -> {
            try {
                HttpResponse<String> page = client.send(server, "GET", "/topics/%s/partitions/%d/records?isolation=read_committed&offset=%d"
                        .formatted(topic, partition, next[0]), null, null);
                if (page.statusCode() != 200) {
                    return false;
                }
                ((JsonArray) ClusterClient.parse(page.body())).getValuesAs(JsonObject.class)
                        .forEach(each -> values.add(each.getString("value")));
                next[0] = header(page, "Millrace-Next-Offset");
                return next[0] >= header(page, "Millrace-High-Watermark");
            } catch (IOException unreachable) {
                return false;
            }
        });
        return values;
    }

    private static long header(HttpResponse<String> answer, String name) {
        return answer.headers().firstValueAsLong(name).orElseThrow();
    }

    private JsonObject answered(int server, String method, String path, String body) {
        List<JsonObject> answers = new ArrayList<>();
        ClusterClient.await(method + " " + path + " is answered by server " + (server + 1), PATIENCE_SECONDS, () -> {
            try {
                HttpResponse<String> answer = client.send(server, method, path, DIALECT, body);
                assertThat(answer.statusCode()).as(answer.body()).isIn(200, 201, 503);
                return answer.statusCode() != 503 && answers.add((JsonObject) ClusterClient.parse(answer.body()));
            } catch (IOException slow) {
                return false;
            }
        });
        return answers.get(0);
    }

    // ---- tests

    @Test
    @Order(1)
    void anyServerAnswersForATransactionWhereverItsCoordinatorAndItsPartitionsAre() throws Exception {
        create("anywhere");
        for (int each = 0; each < SERVERS * 2; each++) {
            TransactionalProducer producer = producer(each, "anywhere-" + each, each % 2 == 0);
            writeEverywhere(producer, "anywhere", "committed-" + each);
            for (int server = 0; server < SERVERS; server++) {
                assertThat(answered(server, "GET", "/transactions/anywhere-" + each, null).getString("state")).isEqualTo("Ongoing");
                assertThat(answered(server, "GET", "/transactions?state=ongoing", null).getJsonArray("transactions")
                        .getValuesAs(JsonObject.class)).extracting(found -> found.getString("transactional_id"))
                        .containsExactly("anywhere-" + each);
            }
            producer.commit();
            writeEverywhere(producer, "anywhere", "aborted-" + each);
            producer.abort();
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(committed(partition % SERVERS, "anywhere", partition)).containsExactly("committed-0", "committed-1", "committed-2",
                    "committed-3", "committed-4", "committed-5");
        }
    }

    /** Its markers may still be on their way then. */
    @Test
    @Order(2)
    void aTransactionMayBeginAsSoonAsTheCommitOfTheOneBeforeIsAnswered() throws Exception {
        create("at-once");
        TransactionalProducer producer = producer(0, "at-once", false);
        List<String> values = new ArrayList<>();
        for (int each = 0; each < TRANSACTIONS_AT_ONCE; each++) {
            values.add("of " + each);
            writeEverywhere(producer, "at-once", values.get(each)); // a refusal for good is a lost transaction
            producer.commit();
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(committed(partition % SERVERS, "at-once", partition)).containsExactlyElementsOf(values);
        }
    }

    @Test
    @Order(2)
    void aNewIncarnationThatBeginsAtAnotherServerFencesTheOldOne() throws Exception {
        create("fenced");
        TransactionalProducer old = producer(0, "fenced", true);
        writeEverywhere(old, "fenced", "of the old one");
        TransactionalProducer young = producer(1, "fenced", true);
        writeEverywhere(young, "fenced", "of the young one");

        assertThat(refused(() -> old.send("fenced", 0, List.of("of a zombie")))).isInstanceOf(LostTransactionException.class);
        assertThat(refused(old::abort)).isInstanceOf(FencedException.class);
        young.commit();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(committed(2, "fenced", partition)).containsExactly("of the young one");
        }
    }

    @FunctionalInterface
    private interface Step {
        void run() throws Exception;
    }

    private static Exception refused(Step step) {
        try {
            step.run();
        } catch (Exception refusal) {
            return refusal;
        }
        throw new AssertionError("it was not refused");
    }

    @Test
    @Order(3)
    void serversThatAreKilledLeaveNoTransactionInPart() throws Exception {
        create("killed");
        Map<String, Boolean> known = new ConcurrentHashMap<>();
        Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
        AtomicBoolean stopping = new AtomicBoolean();
        ExecutorService producers = Executors.newFixedThreadPool(PRODUCERS);
        try {
            for (int id = 0; id < PRODUCERS; id++) {
                int mine = id;
                producers.execute(() -> {
                    try {
                        produce(mine, known, stopping);
                    } catch (Exception | AssertionError fault) {
                        faults.add(fault);
                    }
                });
            }
            for (int victim = 1; victim <= KILLS; victim++) { // each leads some partitions, and coordinates some ids
                int killed = victim;
                awaitMore(known, faults, "before");
                servers.kill(killed);
                awaitMore(known, faults, "without server " + killed);
                servers.run("launch", Integer.toString(killed)).succeeded();
                awaitWhole();
            }
        } finally {
            stopping.set(true);
            producers.shutdown();
            assertThat(producers.awaitTermination(PATIENCE_SECONDS * 2L, TimeUnit.SECONDS)).as("every producer has ended").isTrue();
        }
        assertThat(faults).isEmpty();
        List<String> expected = known.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).sorted().toList();
        assertThat(known).as("some were aborted").hasSizeGreaterThan(expected.size());
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(committed(0, "killed", partition).stream().sorted().toList()).as("partition " + partition).isEqualTo(expected);
        }
    }

    private static void awaitMore(Map<String, Boolean> known, Queue<Throwable> faults, String when) {
        int before = known.size();
        ClusterClient.await("transactions end " + when, PATIENCE_SECONDS, () -> !faults.isEmpty() || known.size() > before + 20);
    }

    /** @param known of each value whether it was committed; whoever asks for a commit is told what became of it */
    private void produce(int id, Map<String, Boolean> known, AtomicBoolean stopping) throws Exception {
        TransactionalProducer producer = producer(id, "killed-" + id, id % 2 == 0);
        for (int each = 0; !stopping.get(); each++) {
            String value = id + "-" + each;
            boolean committed = false;
            try {
                writeEverywhere(producer, "killed", value);
                if (each % 5 != 0) {
                    producer.commit();
                    committed = true;
                }
            } catch (LostTransactionException notCommitted) {
                // and is ended below
            }
            if (!committed) {
                producer.abort();
            }
            known.put(value, committed);
        }
    }

    @Test
    @Order(4)
    void whatIsPreparedOutlivesAllServersIsNamedByHealthAndDecidedByAnOperator() throws Exception {
        create("prepared");
        TransactionalProducer producer = producer(0, "prepared", true);
        writeEverywhere(producer, "prepared", "in doubt");
        int epoch = answered(0, "GET", "/transactions/prepared", null).getInt("producer_epoch");
        String named = "{\"producer_epoch\":%d}".formatted(epoch);
        assertThat(answered(1, "POST", "/transactions/prepared/prepare", "{\"producer_epoch\":%d,\"xid\":\"branch\"}".formatted(epoch))
                .getString("state")).isEqualTo("Prepared");
        for (int server = 1; server <= SERVERS; server++) {
            servers.kill(server);
        }
        for (int server = 1; server <= SERVERS; server++) {
            servers.run("launch", Integer.toString(server)).succeeded();
        }
        awaitWhole();

        for (int server = 0; server < SERVERS; server++) {
            assertThat(answered(server, "GET", "/transactions?state=prepared&xid=branch", null).getJsonArray("transactions")
                    .getJsonObject(0).getString("transactional_id")).isEqualTo("prepared");
            assertThat(answered(server, "GET", "/admin/transactions/hanging?older_than_ms=0", null).getJsonArray("transactions").getJsonObject(0)
                    .getJsonArray("partitions")).hasSize(PARTITIONS);
        }
        ClusterClient.await("the health of its coordinator names it", PATIENCE_SECONDS, () -> IntStream.range(0, SERVERS)
                .mapToObj(server -> client.json(server, "/health/ready")).anyMatch(ready -> ready != null
                        && ready.getString("status").equals("UP") && ready.toString().contains("the transaction of prepared (")));

        answered(2, "POST", "/admin/transactions/prepared/commit", named);
        answered(1, "POST", "/admin/transactions/prepared/commit", named); // asked again
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(committed(partition % SERVERS, "prepared", partition)).containsExactly("in doubt");
        }
        ClusterClient.await("nothing hangs any more", PATIENCE_SECONDS, () ->
                answered(0, "GET", "/admin/transactions/hanging?older_than_ms=0", null).getJsonArray("transactions").isEmpty());
    }
}
