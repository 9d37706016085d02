package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests with an idempotency key are carried out once and answered the same. */
@ExtendWith(RunningServer.class)
class IdempotencyKeysIT {
    private static final String REPLAYED = "Idempotency-Replayed";

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(4);

    private static String freshKey() {
        return UUID.randomUUID().toString();
    }

    private static String records(String... values) {
        return "{\"records\":[%s]}".formatted(String.join(",", List.of(values).stream()
                .map(value -> "{\"value\":\"" + value + "\"}").toList()));
    }

    private HttpApi.Answer send(String path, String key, String body) {
        return api.send("POST", path, HttpApi.TEXT, body.getBytes(StandardCharsets.UTF_8), "Idempotency-Key", key);
    }

    private HttpApi.Answer send(String key, String body) {
        return send("/topics/" + topic, key, body);
    }

    private long stored() {
        return api.endOffset(topic, 0) + api.endOffset(topic, 1) + api.endOffset(topic, 2) + api.endOffset(topic, 3);
    }

    @Test
    void aRepetitionHasTheSameAnswerAndWritesNothing() {
        String key = freshKey();
        String body = records("a", "b", "c");
        HttpApi.Answer first = send(key, body).is(200);
        assertThat(first.header(REPLAYED)).isNull();

        for (int i = 0; i < 10; i++) { // records without a key would go to another partition each time
            HttpApi.Answer again = send(i % 2 == 0 ? key : '"' + key + '"', body).is(200);
            assertThat(again.body()).isEqualTo(first.body());
            assertThat(again.header(REPLAYED)).isEqualTo("true");
            assertThat(again.contentType()).isEqualTo(first.contentType());
        }
        assertThat(stored()).isEqualTo(3);
    }

    @Test
    void recordsThatNamePartitionsAndKeysAreAnsweredInTheirOrder() {
        String key = freshKey();
        String body = "{\"records\":[{\"value\":\"a\",\"partition\":3},{\"key\":\"k\",\"value\":\"b\"},{\"value\":\"c\",\"partition\":1},"
                + "{\"value\":\"d\",\"partition\":3}]}";
        String first = send(key, body).is(200).body();
        assertThat(first).startsWith("{\"offsets\":[{\"partition\":3,\"offset\":").contains(",{\"partition\":1,\"offset\":");
        assertThat(send(key, body).is(200).body()).isEqualTo(first);
        assertThat(stored()).isEqualTo(4);
    }

    @Test
    void repetitionsAtTheSameTimeHaveTheSameAnswer() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 20; round++) {
                String key = freshKey();
                List<Future<String>> answers = new ArrayList<>();
                for (int client = 0; client < 8; client++) {
                    answers.add(clients.submit(() -> send(key, records("x", "y")).is(200).body()));
                }
                Set<String> different = new HashSet<>();
                for (Future<String> answer : answers) {
                    different.add(answer.get());
                }
                assertThat(different).hasSize(1);
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(stored()).isEqualTo(40);
    }

    @Test
    void anotherBodyOrFormatIsRefused() {
        String key = freshKey();
        send(key, records("a")).is(200);

        HttpApi.Answer other = send(key, records("b")).isError(422);
        assertThat(other.header("Millrace-Error")).isEqualTo("IDEMPOTENCY_KEY_REUSED");
        api.send("POST", "/topics/" + topic, HttpApi.JSON, records("a").getBytes(StandardCharsets.UTF_8), "Idempotency-Key", key)
                .isError(422);
        assertThat(stored()).isEqualTo(1);
    }

    @Test
    void eachTopicAndPartitionHasKeysOfItsOwn() {
        String key = freshKey();
        String other = api.newTopic(1);
        send(key, records("a")).is(200);
        send("/topics/" + topic + "/partitions/2", key, records("b")).is(200);
        send("/topics/" + topic + "/partitions/3", key, records("c")).is(200);
        send("/topics/" + other, key, records("d")).is(200);

        assertThat(send("/topics/" + topic + "/partitions/3", key, records("c")).is(200).header(REPLAYED)).isEqualTo("true");
        assertThat(stored()).isEqualTo(3);
        assertThat(api.endOffset(other, 0)).isEqualTo(1);
    }

    @Test
    void inATopicThatWasCreatedAnewTheRequestIsANewOne() {
        String key = freshKey();
        String body = records("a");
        send(key, body).is(200);
        api.delete("/admin/topics/" + topic).is(204);
        send(key, body).isError(404);
        api.post("/admin/topics", "application/json", "{\"topic_name\":\"%s\",\"partitions_count\":4}".formatted(topic)).is(201);

        assertThat(send(key, body).is(200).header(REPLAYED)).isNull();
        assertThat(stored()).isEqualTo(1);
    }

    @Test
    void theAnswerStaysTheSameWhenTheTopicTakesNoSuchRecordsAnyMore() {
        String key = freshKey();
        String body = records("a", "b", "c");
        String first = send(key, body).is(200).body();
        api.send("PATCH", "/admin/topics/" + topic + "/configs", "application/json",
                "{\"configs\":{\"cleanup.policy\":\"compact\"}}".getBytes(StandardCharsets.UTF_8)).is(200);
        api.post("/admin/topics/" + topic + "/partitions", "application/json", "{\"partitions_count\":7}").is(200);

        HttpApi.Answer again = send(key, body).is(200);
        assertThat(again.header(REPLAYED)).isEqualTo("true");
        assertThat(again.body()).isEqualTo(first);
        send(freshKey(), body).isError(422);
    }

    @Test
    void aRequestThatIsRefusedHasUsedNoKey() {
        String key = freshKey();
        send(key, "{\"records\":[]}").isError(422);
        send(key, "{\"records\":").isError(400);
        send(key, "{\"records\":[{\"value\":\"a\",\"partition\":9}]}").isError(404);
        send(key, records("a")).is(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "\"a", "\"a\"b", "\"a\\b\""})
    void whatIsNoKeyIsRefused(String key) {
        send(key, records("a")).isError(400);
        assertThat(stored()).isZero();
    }

    @Test
    void aKeyMayHaveAnythingThatIsSeen() {
        for (String key : List.of("a, b;c=\"d\"", "\"a, b\"", "order 17/3")) {
            String first = send(key, records(key.replace("\"", ""))).is(200).body();
            assertThat(send(key, records(key.replace("\"", ""))).is(200).body()).isEqualTo(first);
        }
        assertThat(stored()).isEqualTo(3);
    }

    @Test
    void aKeyHas1To255Characters() {
        send("k".repeat(255), records("a")).is(200);
        send("k".repeat(256), records("a")).isError(400);
        send('"' + "k".repeat(256) + '"', records("a")).isError(400);
        api.send(api.request("/topics/" + topic).header("Content-Type", HttpApi.TEXT).header("Idempotency-Key", "a")
                .header("Idempotency-Key", "b").POST(HttpRequest.BodyPublishers.ofString(records("a")))).isError(400);
    }

    @Test
    void whoWantsNoAnswerCanHaveNone() {
        send("/topics/" + topic + "?acks=0", freshKey(), records("a")).isError(400);
        send("/topics/" + topic + "/partitions/0?async=true", freshKey(), records("a")).isError(400);
        assertThat(send("/topics/" + topic + "?acks=1", freshKey(), records("a")).is(200).body()).contains("offset");
    }

    @Test
    void whoMadeTheRecordsIsSaidOnce() {
        String named = "{\"producer_id\":1,\"producer_epoch\":0,\"base_sequence\":0,\"records\":[{\"value\":\"a\"}]}";
        send("/topics/" + topic + "/partitions/0", freshKey(), named).isError(422);
        api.send("POST", "/topics/" + topic + "/partitions/0", HttpApi.BATCH, new byte[80], "Idempotency-Key", freshKey()).isError(400);
        assertThat(stored()).isZero();
    }

    @Test
    void aRequestThatFillsSeveralBatchesIsRefusedAndUsesNoKey() {
        String small = api.newTopic(1, "{\"max.message.bytes\":\"1024\"}");
        String[] values = new String[10];
        Arrays.setAll(values, each -> Integer.toString(each).repeat(700));
        String key = freshKey();
        assertThat(send("/topics/" + small, key, records(values)).isError(413).message()).contains("send fewer records");
        assertThat(api.endOffset(small, 0)).isZero();
        send("/topics/" + small, key, records("fits")).is(200);
    }

    @Test
    void recordsThatAreScatteredMoreThanCanBeKeptAreRefused() {
        String record = "{\"value\":\"\",\"partition\":%d}";
        List<String> scattered = new ArrayList<>();
        for (int each = 0; each < 17_000; each++) {
            scattered.add(record.formatted(each % 4));
        }
        String key = freshKey();
        send(key, "{\"records\":[" + String.join(",", scattered) + "]}").isError(413);
        assertThat(stored()).isZero();
        Collections.sort(scattered);
        send(key, "{\"records\":[" + String.join(",", scattered) + "]}").is(200);
    }
}
