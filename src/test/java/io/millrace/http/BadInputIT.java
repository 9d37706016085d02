package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad produce requests: a clear error, nothing written, and the server goes on. */
@ExtendWith(RunningServer.class)
class BadInputIT {
    private final HttpApi api = new HttpApi();
    private String topic;

    @BeforeEach
    void createTopic() {
        topic = api.newTopic(2);
    }

    @AfterEach
    void nothingIsWrittenAndTheServerGoesOn() {
        assertThat(api.endOffset(topic, 0)).isZero();
        assertThat(api.endOffset(topic, 1)).isZero();
        api.assertServing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "{\"records\":[{\"value\":1}", "{\"records\":{}}",
        "{\"records\":[1]}",
        "{\"records\":[{}]}", "{\"records\":[{\"key\":1}]}", "{\"records\":[{\"value\":1}],\"x\":1}",
        "{\"records\":[{\"value\":1,\"x\":1}]}", "{\"records\":[{\"value\":1}]}}", "{\"records\":[{\"value\":1}]}{}",
        "{\"records\":[{\"value\":1}],\"records\":[]}", "{\"records\":[{\"value\":1,\"partition\":\"0\"}]}",
        "{\"records\":[{\"value\":1,\"partition\":-1}]}", "{\"records\":[{\"value\":1,\"partition\":3000000000}]}",
        "{\"records\":[{\"value\":1,\"timestamp\":\"now\"}]}", "{\"records\":[{\"value\":1,\"timestamp\":-5}]}",
        "{\"records\":[{\"value\":1,\"headers\":{}}]}", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\"}]}]}",
        "\ufeff{\"records\":[{\"value\":1}]}"})
    void whatIsNotOfTheContractsShapeIsABadRequest(String body) {
        HttpApi.Answer answer = api.post("/topics/" + topic, HttpApi.JSON, body).isError(400);

        assertThat(answer.object().getJsonArray("validation_errors")).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "json | {} | 422", "json | {\"records\":[]} | 422",
        "binary | {\"records\":[{\"value\":\"AAAA\"},{\"value\":\"%%%\"}]} | 422",
        "binary | {\"records\":[{\"value\":1}]} | 422",
        "text | {\"records\":[{\"value\":{}}]} | 422", "text | {\"records\":[{\"value\":\"\\ud800\"}]} | 422",
        "json | {\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"value\":\"?\"}]}]} | 422",
        "json | {\"records\":[{\"value\":1,\"partition\":2}]} | 404"})
    void oneRecordThatCannotBeWrittenKeepsAllFromBeing(String format, String body, int status) {
        api.post("/topics/" + topic, "application/vnd.kafka." + format + ".v2+json", body).isError(status);
    }

    @Test
    void whereNobodyWouldBeToldOfARecordForAnUnknownPartitionNoneIsWritten() {
        api.post("/topics/" + topic + "?acks=0", HttpApi.JSON, "{\"records\":[{\"value\":1},{\"value\":1,\"partition\":2}]}").isError(404);
    }

    @Test
    void recordsSentToAPartitionNameNone() {
        api.post("/topics/" + topic + "/partitions/0", HttpApi.JSON, "{\"records\":[{\"value\":1,\"partition\":0}]}").isError(400);
    }

    @Test
    void aBodyThatIsEmptyOrNotUtf8IsCalledThat() {
        for (String path : new String[] {"/topics/" + topic, "/topics/" + topic + "/partitions/0", "/admin/topics"}) {
            String type = path.startsWith("/admin") ? HttpApi.DIALECT : HttpApi.JSON;
            assertThat(api.post(path, type, "").isError(400).body()).contains("empty");
            assertThat(api.post(path, type, "\ufeff{}").isError(400).body()).contains("byte order mark");
            assertThat(api.post(path, type, "{}".getBytes(StandardCharsets.UTF_16LE)).isError(400).body())
                    .contains("UTF-16");
        }
    }

    @Test
    void brokenUtf8IsABadRequest() {
        byte[] body = "{\"records\":[{\"value\":\"?\"}]}".getBytes(StandardCharsets.US_ASCII);
        body["{\"records\":[{\"value\":\"".length()] = (byte) 0xff;

        api.post("/topics/" + topic, HttpApi.JSON, body).isError(400);
        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[{\"value\":1}]}".getBytes(StandardCharsets.UTF_16))
                .isError(400);
    }

    @Test
    void deepNestingIsABadRequest() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);

        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[{\"value\":" + deep + "}]}").isError(400);
        api.post("/admin/topics", HttpApi.JSON, deep).isError(400);
    }

    @Test
    void aRecordOverTheTopicsLimitIsTooLarge() {
        String value = "\"" + "x".repeat(1_100_000) + "\"";

        assertThat(api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[{\"value\":1},{\"value\":" + value + "}]}")
                .isError(413).message()).contains("1");
        api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"value\":\"" + "x".repeat(10_000_000) + "\"}]}")
                .isError(413);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/octet-stream",
        "application/vnd.kafka.avro.v2+json", "application/json; charset=iso-8859-1"})
    void recordsOfAnotherTypeAreNotTaken(String type) {
        api.post("/topics/" + topic, type, "{\"records\":[{\"value\":1}]}").isError(415);
        api.post("/topics/" + topic + "/partitions/0", type, "{\"records\":[{\"value\":1}]}").isError(415);
    }

    @Test
    void batchesAreTakenByPartitionsOnly() {
        api.post("/topics/" + topic, HttpApi.BATCH, new byte[100]).isError(415);
    }

    @Test
    void anAnswerThatTheClientCannotReadIsNotGiven() {
        api.send(api.request("/topics/" + topic).header("Content-Type", HttpApi.JSON).header("Accept", "text/html")
                .POST(HttpRequest.BodyPublishers.ofString("{\"records\":[{\"value\":1}]}"))).isError(406);
    }

    @ParameterizedTest
    @ValueSource(strings = {"acks=2", "acks=", "acks=ALL", "async=maybe", "acks=1&acks=1",
        "acks=all&async=true"})
    void aWrongQueryIsABadRequest(String query) {
        api.post("/topics/" + topic + "?" + query, HttpApi.JSON, "{\"records\":[{\"value\":1}]}").isError(400);
    }

    @Test
    void anUnknownTopicIsNotFound() {
        api.post("/topics/no-such-topic", HttpApi.JSON, "{\"records\":[{\"value\":1}]}").isError(404);
        api.post("/topics/no-such-topic/partitions/0", HttpApi.BATCH, new byte[100]).isError(404);
        api.post("/topics/" + topic + "/partitions/2", HttpApi.JSON, "{\"records\":[{\"value\":1}]}").isError(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/topics/..%2Fx", "/topics/..%5Cx", "/topics/%2e%2e",
        "/topics/%2e%2e%2fx/partitions/0/records",
        "/topics/a%23b"})
    void namesThatClimbOutAreNotFound(String path) {
        HttpApi.Answer answer = api.send(HttpRequest.newBuilder(URI.create(api.base() + path)).GET());

        assertThat(answer.status()).as(answer.body()).isIn(400, 404);
        answer.isError(answer.status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/topics/..%2F..%2F..%2Fetc%2Fpasswd", "/topics/%00", "/topics/%zz",
        "/topics/%c0%ae%c0%ae"})
    void pathsThatTheServerItselfRefusesAreBadRequestsToo(String path) {
        assertThat(RawHttp.exchange(api.base(), "GET " + path
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ").doesNotContain("root:");
    }
}
