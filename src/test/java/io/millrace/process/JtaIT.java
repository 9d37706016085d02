package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.HoldingProxy.Hold;
import io.millrace.process.HoldingProxy.Point;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * An application in a server of its own writes to its database and sends to Millrace, in one transaction. The application server
 * is killed at the worst moments, and Millrace, and both: what is in the one is in the other when they are back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JtaIT {
    private static final String TEXT = "application/vnd.kafka.text.v2+json";
    private static final int ROUNDS = Boolean.getBoolean("millrace.long") ? 30 : 1;
    private static final long SEED = 4_712;
    private static final int CLIENTS = 4;
    private static final int PATIENCE_SECONDS = 120;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2)).build();
    private LocalServers servers;
    private HoldingProxy proxy;
    private OrdersServer application;

    @BeforeAll
    void start() throws IOException {
        servers = new LocalServers("jta");
        servers.start();
        new ServerClient(servers.url(1)).createTopic("orders", 1, "{}");
        proxy = new HoldingProxy(servers.url(1), OrdersServer.freePort());
        URI nobody = URI.create("http://localhost:" + OrdersServer.freePort());
        application = new OrdersServer("jta", OrdersServer.freePort(), List.of(nobody, proxy.url()));
        application.start();
    }

    @AfterAll
    void stop() {
        application.close();
        proxy.close();
        servers.close();
    }

    // ---- what there is

    /** The ids of the orders in the topic that are committed, in their order. */
    private List<String> sent() throws IOException {
        List<String> sent = new ArrayList<>();
        for (long next = 0; ; ) {
            HttpResponse<String> answer = get("/topics/orders/partitions/0/records?isolation=read_committed&offset=" + next, TEXT);
            long after = answer.headers().firstValueAsLong("Millrace-Next-Offset").orElseThrow();
            ((JsonArray) ClusterClient.parse(answer.body())).getValuesAs(JsonObject.class)
                    .forEach(each -> sent.add(each.getString("value")));
            if (after == next) {
                return sent;
            }
            next = after;
        }
    }

    private List<JsonObject> prepared() throws IOException {
        JsonObject answer = (JsonObject) ClusterClient.parse(get("/transactions?state=prepared", "application/json").body());
        return answer.getJsonArray("transactions").getValuesAs(JsonObject.class);
    }

    private HttpResponse<String> get(String path, String type) throws IOException {
        try {
            HttpResponse<String> answer = http.send(HttpRequest.newBuilder(URI.create(servers.url(1) + path)).header("Accept", type)
                    .timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(answer.statusCode() + " " + answer.body());
            }
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Waits until nothing is in doubt, and the database has the very orders that the topic has, each once. */
    private Set<String> awaitAgreement() {
        Set<String> agreed = new TreeSet<>();
        ClusterClient.await("database and topic agree", PATIENCE_SECONDS, () -> {
            try {
                List<String> sent = sent();
                Set<String> stored = application.stored();
                agreed.clear();
                agreed.addAll(stored);
                return prepared().isEmpty() && sent.size() == stored.size() && stored.equals(new TreeSet<>(sent));
            } catch (IOException notYet) {
                return false;
            }
        });
        return agreed;
    }

    private CompletableFuture<Integer> orderLater(String id) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return application.order(id);
            } catch (IOException broken) {
                return -1;
            }
        });
    }

    // ---- without failures

    @Test
    void anOrderIsInBothAndOneThatFailsInNeither() throws IOException {
        assertThat(application.order("taken")).isEqualTo(204);
        assertThat(application.send("POST", "/refused?fail=true")).isEqualTo(500);
        assertThat(application.order("taken")).as("the second of this id, which the database refuses").isEqualTo(500);
        assertThat(awaitAgreement()).contains("taken").doesNotContain("refused");
    }

    @Test
    void twoConnectionsOfOneTransactionAreCommittedTogetherOrNotAtAll() throws IOException {
        assertThat(application.send("POST", "/pair/copied")).isEqualTo(204);
        assertThat(application.send("POST", "/none/copied?fail=true")).isEqualTo(500);
        assertThat(awaitAgreement()).contains("pair", "pair-copy").doesNotContain("none", "none-copy");
    }

    // ---- killed

    @Test
    void anApplicationServerThatIsKilledBetweenPrepareAndCommitCommitsBothWhenItIsBack() throws Exception {
        Hold hold = proxy.hold("/commit", Point.BEFORE_IT_ARRIVES);
        CompletableFuture<Integer> order = orderLater("decided");
        hold.await();
        assertThat(prepared()).hasSize(1).allSatisfy(each -> assertThat(each.getString("xid")).isNotEmpty());
        application.kill();
        hold.release();
        assertThat(order.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNegative();
        assertThat(sent()).doesNotContain("decided");

        application.start();

        assertThat(awaitAgreement()).contains("decided");
    }

    @Test
    void anApplicationServerThatIsKilledBeforeItHasDecidedRollsBothBackWhenItIsBack() throws Exception {
        Hold hold = proxy.hold("/prepare", Point.AFTER_IT_IS_DONE);
        orderLater("undecided");
        hold.await();
        assertThat(prepared()).hasSize(1);
        application.kill();
        hold.release();

        application.start();

        assertThat(awaitAgreement()).doesNotContain("undecided");
    }

    @Test
    void anApplicationServerThatIsKilledBehindTheCommitHasNothingToDoWhenItIsBack() throws Exception {
        Hold hold = proxy.hold("/commit", Point.AFTER_IT_IS_DONE);
        orderLater("done");
        hold.await();
        application.kill();
        hold.release();

        application.start();

        assertThat(awaitAgreement()).contains("done");
    }

    @Test
    void whenMillraceIsKilledBetweenPrepareAndCommitItIsCommittedOnceMillraceIsBack() throws Exception {
        Hold hold = proxy.hold("/commit", Point.BEFORE_IT_ARRIVES);
        CompletableFuture<Integer> order = orderLater("patient");
        hold.await();
        servers.kill(1);
        hold.release();
        order.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        servers.start();

        assertThat(awaitAgreement()).contains("patient");
    }

    @Test
    void whenBothAreKilledBetweenPrepareAndCommitItIsCommittedOnceBothAreBack() throws Exception {
        Hold hold = proxy.hold("/commit", Point.BEFORE_IT_ARRIVES);
        orderLater("both");
        hold.await();
        servers.kill(1);
        application.kill();
        hold.release();

        application.launch(); // it asks before anybody can answer
        servers.start();
        application.awaitAnswer();

        assertThat(awaitAgreement()).contains("both");
    }

    @Test
    void underLoadNothingIsInOneOnlyWhoeverIsKilled() throws Exception {
        Random random = new Random(SEED);
        Set<String> acknowledged = new ConcurrentSkipListSet<>();
        AtomicInteger count = new AtomicInteger();
        for (int round = 0; round < ROUNDS * 3; round++) {
            AtomicBoolean over = new AtomicBoolean();
            ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
            for (int client = 0; client < CLIENTS; client++) {
                clients.execute(() -> {
                    while (!over.get()) {
                        order("load-" + count.incrementAndGet(), acknowledged);
                    }
                });
            }
            int before = acknowledged.size();
            ClusterClient.await("orders are taken", PATIENCE_SECONDS, () -> acknowledged.size() > before + 20);
            Thread.sleep(random.nextInt(1_000));
            boolean applicationToo = round % 3 != 0;
            boolean millraceToo = round % 3 != 1;
            if (millraceToo) {
                servers.kill(1);
            }
            if (applicationToo) {
                application.kill();
            }
            over.set(true);
            clients.shutdown();
            assertThat(clients.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            if (applicationToo) {
                application.launch();
            }
            if (millraceToo) {
                servers.start();
            }
            application.awaitAnswer();
            assertThat(awaitAgreement()).as("round %d", round).containsAll(acknowledged);
        }
    }

    private void order(String id, Set<String> acknowledged) {
        try {
            if (application.order(id) == 204) {
                acknowledged.add(id);
            }
        } catch (IOException killed) {
            // it is in both or in neither
        }
    }
}
