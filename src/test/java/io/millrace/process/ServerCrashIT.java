package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A real server process that is killed, paused and stopped while clients use it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServerCrashIT {
    private static final int ROUNDS = Boolean.getBoolean("millrace.long") ? 30 : 2;
    private static final long SEED = 4_711;
    private static final int MOST_RECORDS = 20_000;
    private static final int MOST_MILLISECONDS_MORE = 50;
    private static final long PATIENCE_SECONDS = 120;

    private LocalServers servers;
    private ServerClient client;

    @BeforeAll
    void prepare() {
        servers = new LocalServers("crash");
        client = new ServerClient(servers.url(1));
    }

    @BeforeEach
    void start() {
        servers.start();
    }

    @AfterAll
    void stop() {
        servers.close();
    }

    @Test
    void everythingAcknowledgedSurvivesKillsAtAnyMoment() throws Exception {
        int partitions = 4;
        Random random = new Random(SEED);
        Acknowledged acknowledged = new Acknowledged();
        client.createTopic("crash", partitions, "{\"segment.bytes\":\"1048576\"}");
        acknowledged.topic("crash", partitions);

        for (int round = 0; round < ROUNDS; round++) {
            client.setConfig("crash", "retention.ms", Integer.toString(3_600_000 + round));
            Producers producers = new Producers("round" + round, random.nextLong(), servers.url(1), "crash", partitions,
                    acknowledged);
            awaitRecords(acknowledged, acknowledged.recordCount() + 1 + random.nextInt(MOST_RECORDS));
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(MOST_MILLISECONDS_MORE)));
            servers.kill(1);
            producers.awaitServerGone();
            servers.start();

            acknowledged.assertKeptBy(client);
            assertThat(client.describe("crash").getJsonObject("configs").getString("retention.ms"))
                    .as("round %d", round).isEqualTo(Integer.toString(3_600_000 + round));
        }
    }

    @Test
    void aGroupAndItsConsumersSurviveAKillAndGoOnFromTheLastCommit() throws Exception {
        String dialect = "application/vnd.kafka.v2+json";
        String consumer = "/consumers/survivors/instances/c";
        client.createTopic("group", 1, "{}");
        client.produce("group", 0, List.of("a", "b"));
        ClusterClient any = new ClusterClient(List.of(servers.url(1)));
        assertThat(any.send(0, "POST", "/consumers/survivors", dialect, "{\"name\":\"c\",\"format\":\"text\","
                + "\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":false}").statusCode()).isEqualTo(200);
        assertThat(any.send(0, "POST", consumer + "/subscription", dialect, "{\"topics\":[\"group\"]}").statusCode())
                .isEqualTo(204);
        assertThat(any.send(0, "GET", consumer + "/records", null, null).body()).contains("\"a\"", "\"b\"");
        assertThat(any.send(0, "POST", consumer + "/offsets", dialect, "").statusCode()).isEqualTo(204);
        client.produce("group", 0, List.of("c"));
        assertThat(any.send(0, "GET", consumer + "/records", null, null).body()).contains("\"c\"").doesNotContain("\"a\"");

        servers.kill(1);
        servers.start();

        assertThat(any.send(0, "GET", consumer + "/subscription", null, null).body()).contains("\"group\":[0]");
        assertThat(any.send(0, "GET", consumer + "/records", null, null).body())
                .as("what was not committed is delivered again").contains("\"c\"").doesNotContain("\"a\"");
    }

    @Test
    void anOrderlyStopLosesNothingEvenUnforced() throws Exception {
        client.createTopic("orderly", 1, "{\"flush\":\"os\"}");
        List<String> values = IntStream.range(0, 100).mapToObj(Integer::toString).toList();
        client.produce("orderly", 0, values);

        servers.run("restart", "1").succeeded();

        assertThat(client.fetchAll("orderly", 0).values()).containsExactlyElementsOf(values);
        assertThat(client.produce("orderly", 0, List.of("next"))).isEqualTo(100);
    }

    @Test
    void aPausedServerGoesOnWhereItWas() throws Exception {
        client.createTopic("paused", 1, "{}");
        servers.run("pause", "1").succeeded();
        CompletableFuture<Long> waiting = client.produceLater("paused", 0, List.of("patient"));
        assertThat(servers.run("status").succeeded().output()).contains("server 1: paused");
        assertThat(waiting).isNotDone();

        servers.run("resume", "1").succeeded();

        assertThat(waiting.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isZero();
        assertThat(client.fetchAll("paused", 0).values()).containsExactly("patient");
    }

    @Test
    void aSecondServerOnTheSameDataIsRefused() throws IOException {
        try (LocalServers second = new LocalServers("second")) {
            Files.createDirectories(second.folder(1));
            Files.createSymbolicLink(second.folder(1).resolve("data"), servers.folder(1).resolve("data"));

            assertThat(second.run("start").failed().output()).contains("in use by another server", "millrace.log.dirs");
            assertThat(second.run("status").output()).contains("server 1: stopped");
        }
        assertThat(client.topics()).isNotNull();
    }

    @Test
    void aSettingOutOfRangeIsTheReasonThatIsGiven() {
        try (LocalServers wrong = new LocalServers("wrong")) {
            wrong.with("MILLRACE_REQUEST_MAX_BYTES", "12").with("MILLRACE_TOPIC_FLUSH", "never");

            assertThat(wrong.run("start").failed().output())
                    .contains("millrace.request.max.bytes", "it is '12'", "millrace.topic.flush", "it is 'never'");
            assertThat(wrong.run("status").output()).contains("server 1: stopped");
        }
    }

    private static void awaitRecords(Acknowledged acknowledged, int count) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (acknowledged.recordCount() < count) {
            assertThat(System.nanoTime()).as("%d of %d records", acknowledged.recordCount(), count).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}
