package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The application of {@code examples/exactly-once}, deployed beside Millrace in a server that is killed again and again. */
class ExactlyOnceExampleIT {
    private static final int PARTITIONS = 3;
    private static final int ORDERS = 60;
    private static final int KILLS = 2;
    private static final int PATIENCE_SECONDS = 180;
    private static final String JSON = "application/vnd.kafka.json.v2+json";
    private static final List<String> ITEMS = List.of("axe", "saw", "rope", "nails");
    private static final Path EXAMPLE = Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("examples/exactly-once");

    private final LocalServers servers = new LocalServers("example");
    private final URI server = servers.url(1);
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1)).build();
    private int made;

    @AfterEach
    void wipe() {
        servers.run("wipe").succeeded();
    }

    /** As the example's own build packs it. */
    private static Path war(Path folder) throws IOException {
        Path war = Files.createDirectories(folder).resolve("billing.war");
        ShrinkWrap.create(WebArchive.class).addPackage("com.example.billing")
                .addAsWebInfResource(EXAMPLE.resolve("src/main/webapp/WEB-INF/beans.xml").toFile(), "beans.xml")
                .as(ZipExporter.class).exportTo(war.toFile(), true);
        return war;
    }

    @Test
    void eachOrderHasOneBillAndOneLineForTheWarehouseHoweverOftenTheServerAndTheApplicationAreKilled() throws Exception {
        Path dropins = war(servers.folder(0).resolve("dropins")).getParent();
        servers.beside(dropins).with("BILLING_SERVERS", server.toString());
        servers.start();
        for (String topic : List.of("orders", "bills", "picking")) {
            assertThat(post("/admin/topics", "{\"topic_name\":\"%s\",\"partitions_count\":%d}".formatted(topic, PARTITIONS)).statusCode())
                    .isEqualTo(201);
        }
        order();
        awaitBills(ORDERS);
        for (int kill = 0; kill < KILLS; kill++) {
            order();
            awaitBills(made - ORDERS + 1); // in the midst of these
            servers.kill(1);
            servers.start();
        }
        order();
        awaitBills(made);

        List<String> lines = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            List<JsonObject> orders = read("orders", partition);
            assertThat(read("bills", partition).stream().map(each -> each.getString("key") + each.get("value"))).as("bills-" + partition)
                    .containsExactlyElementsOf(orders.stream().map(ExactlyOnceExampleIT::bill).toList());
            orders.forEach(each -> lines.add(line(each)));
        }
        assertThat(IntStream.range(0, PARTITIONS).boxed().flatMap(partition -> read("picking", partition).stream())
                .map(each -> each.getString("key") + each.get("value"))).containsExactlyInAnyOrderElementsOf(lines);
    }

    /** So many orders, a few in each request. */
    private void order() throws IOException {
        for (int request = 0; request < ORDERS / 5; request++) {
            String records = IntStream.range(made, made + 5).mapToObj(each -> "{\"key\":\"customer-%d\",\"value\":%s}"
                    .formatted(each % 7, order(each))).reduce((one, other) -> one + "," + other).orElseThrow();
            HttpResponse<String> answer = post("/topics/orders", "{\"records\":[" + records + "]}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).doesNotContain("error_code");
            made += 5;
        }
    }

    private static String order(int number) {
        return "{\"order\":%d,\"item\":\"%s\",\"count\":%d,\"price\":%d}".formatted(number, ITEMS.get(number % ITEMS.size()),
                number % 3 + 1, number % 11 + 10);
    }

    private static String bill(JsonObject record) {
        JsonObject order = record.getJsonObject("value");
        return "%s{\"order\":%d,\"amount\":%d}".formatted(record.getString("key"), order.getInt("order"),
                order.getInt("count") * order.getInt("price"));
    }

    private static String line(JsonObject record) {
        JsonObject order = record.getJsonObject("value");
        return "%s{\"order\":%d,\"count\":%d}".formatted(order.getString("item"), order.getInt("order"), order.getInt("count"));
    }

    private void awaitBills(int least) {
        ClusterClient.await(least + " orders are billed; the server's log may say why not", PATIENCE_SECONDS,
                () -> IntStream.range(0, PARTITIONS).map(partition -> read("bills", partition).size()).sum() >= least);
    }

    /** What a reader of committed records gets, to the end. */
    private List<JsonObject> read(String topic, int partition) {
        List<JsonObject> records = new ArrayList<>();
        long next = 0;
        long stable = Long.MAX_VALUE;
        while (next < stable) {
            HttpResponse<String> answer = get("/topics/" + topic + "/partitions/" + partition + "/records?isolation=read_committed&offset="
                    + next);
            if (answer != null && answer.statusCode() == 200) {
                records.addAll(((JsonArray) ClusterClient.parse(answer.body())).getValuesAs(JsonObject.class));
                next = answer.headers().firstValueAsLong("Millrace-Next-Offset").orElseThrow();
                stable = answer.headers().firstValueAsLong("Millrace-Last-Stable-Offset").orElseThrow();
            } else {
                assertThat(answer == null || answer.statusCode() == 503).as("%s", answer).isTrue();
                return records; // asked again, or too few
            }
        }
        return records;
    }

    private HttpResponse<String> get(String path) {
        try {
            return send(HttpRequest.newBuilder(server.resolve(path)).header("Accept", JSON));
        } catch (IOException unreachable) {
            return null;
        }
    }

    private HttpResponse<String> post(String path, String body) throws IOException {
        return send(HttpRequest.newBuilder(server.resolve(path)).header("Content-Type", JSON).POST(BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return client.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
