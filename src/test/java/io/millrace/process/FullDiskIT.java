package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A server whose log directory and journal share a small disk that fills up. Needs a namespace for mounts, which Linux
 * gives to root, and to most users too; where it does not, {@code FullDiskTest} still shows the same on plain objects.
 */
class FullDiskIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TEXT = "application/vnd.kafka.text.v2+json";
    private static final String VALUE = "v".repeat(50_000);

    private final LocalServers servers = new LocalServers("full disk");
    private final ClusterClient client = new ClusterClient(List.of(servers.url(1)));

    @AfterEach
    void stop() {
        servers.close();
    }

    @Test
    void deletingATopicFreesTheDiskAndTheServerGoesOnWithoutARestart() throws Exception {
        assumeTrue(servers.canMount(), "no small file system can be mounted here: neither as root nor by unshare");
        servers.startOnDisk(48);
        create("large");
        create("small");
        assertThat(produce("small", "first").statusCode()).isEqualTo(200);

        HttpResponse<String> refused = fill("large");
        assertThat(refused.body()).contains("\"error_code\":503", "No space left", "disk is full");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(refused.headers().firstValue("Millrace-Error")).contains("LOG_DIRECTORY_OFFLINE");
        assertThat(produce("small", "refused").statusCode()).isEqualTo(503);
        HttpResponse<String> notCreated = admin("POST", "", "{\"topic_name\":\"more\"}");
        assertThat(notCreated.statusCode()).isEqualTo(503);
        assertThat(notCreated.body()).contains("\"error_code\":503", "disk is full");
        assertThat(send("GET", "/health/ready", null).body()).contains("disk is full");
        assertThat(records("small")).containsOnlyOnce("\"value\"").contains("first");

        until(() -> admin("DELETE", "/large", null).statusCode() == 204);

        until(() -> send("GET", "/health/ready", null).statusCode() == 200);
        assertThat(produce("small", "second").body()).contains("\"offset\":1");
        assertThat(records("small")).contains("first", "second").doesNotContain("refused");
        assertThat(send("GET", "/topics", null).body()).isEqualTo("[\"small\"]");
        create("large");
        assertThat(produce("large", "anew").body()).contains("\"offset\":0");
    }

    /** @return the first answer that is not 200 */
    private HttpResponse<String> fill(String topic) throws IOException {
        while (true) {
            HttpResponse<String> answer = produce(topic, VALUE);
            if (answer.statusCode() != 200) {
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
                return answer;
            }
        }
    }

    private void create(String topic) throws IOException {
        HttpResponse<String> answer = admin("POST", "", "{\"topic_name\":\"" + topic + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }

    private HttpResponse<String> produce(String topic, String value) throws IOException {
        return client.send(0, "POST", "/topics/" + topic, TEXT, "{\"records\":[{\"value\":\"" + value + "\"}]}");
    }

    private String records(String topic) throws IOException {
        return send("GET", "/topics/" + topic + "/partitions/0/records?offset=0", null).body();
    }

    private HttpResponse<String> admin(String method, String path, String body) throws IOException {
        return send(method, "/admin/topics" + path, body);
    }

    private HttpResponse<String> send(String method, String path, String body) throws IOException {
        return client.send(0, method, path, "application/json", body);
    }

    /** What is asked until it holds. */
    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void until(Condition condition) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("the time is up").isLessThan(end);
            LockSupport.parkNanos(100_000_000);
        }
    }
}
