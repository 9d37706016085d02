package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Accept and Content-Type may say, where records are given and everywhere else. */
@ExtendWith(RunningServer.class)
class AcceptIT {
    private static final String RECORDS = "{\"records\":[{\"value\":\"YQ==\"}]}";

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1);
    private final String partition = "/topics/" + topic + "/partitions/0";

    @ParameterizedTest
    @ValueSource(strings = {HttpApi.JSON, HttpApi.BINARY, HttpApi.TEXT, HttpApi.BATCH, HttpApi.DIALECT,
        "APPLICATION/VND.Kafka.Binary.V2+JSON", "application/vnd.kafka.text.v2+json; charset=UTF-8; q=0.3",
        "text/html;q=0.9, application/vnd.kafka.json.v2+json;q=.2", "application/*;q=0.1",
        "text/html, image/gif, *; q=.2, */*; q=.2"})
    void whoeverTakesATypeOfTheDialectTakesItsAnswersWhereNoRecordsAreGiven(String accept) {
        isJson(get("/topics", accept), 200);
        isJson(get("/topics/" + topic, accept), 200);
        isJson(get("/topics/" + topic + "/partitions", accept), 200);
        isJson(get(partition, accept), 200);
        isJson(get(partition + "/offsets", accept), 200);
        isJson(get("/admin/topics/" + topic, accept), 200);
        isJson(get("/admin/cluster", accept), 200);
        isJson(get("/admin/groups", accept), 200);
        isJson(post("/topics/" + topic, HttpApi.BINARY, RECORDS, accept), 200);
        isJson(post(partition, HttpApi.BINARY, RECORDS, accept), 200);
        isJson(post("/topics/none", HttpApi.BINARY, RECORDS, accept), 404);
        isJson(post("/producers", HttpApi.DIALECT, "", accept), 201);
        String group = "/consumers/accept-" + topic;
        isJson(post(group, HttpApi.DIALECT, "{\"name\":\"c\"}", accept), 200);
        String consumer = group + "/instances/c";
        post(consumer + "/subscription", HttpApi.DIALECT, "{\"topics\":[\"" + topic + "\"]}", accept).is(204);
        isJson(get(consumer + "/subscription", accept), 200);
        post(consumer + "/offsets", HttpApi.DIALECT, "", accept).is(204);
        api.send(api.request(consumer + "/subscription").header("Accept", accept).DELETE()).is(204);
        api.send(api.request(consumer).header("Accept", accept).DELETE()).is(204);
        assertThat(get("/", accept).is(200).contentType()).isIn(HttpApi.DIALECT, "application/json");
    }

    @Test
    void whoNamesPlainJsonGetsItUnderThatName() {
        assertThat(get("/topics", "application/json").is(200).contentType()).isEqualTo("application/json");
        assertThat(get("/topics", "application/json;q=0.5, " + HttpApi.TEXT + ";q=0.6").is(200).contentType())
                .isEqualTo(HttpApi.DIALECT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/xml, text/*", "application/vnd.kafka.v2+json;q=0", "*/*;q=0",
        "application/vnd.kafka.avro.v2+json"})
    void whoTakesNothingOfTheDialectIsRefused(String accept) {
        get("/topics", accept).isError(406);
        post("/topics/" + topic, HttpApi.BINARY, RECORDS, accept).isError(406);
        get(partition + "/records", accept).isError(406);
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "application/vnd.kafka.json.v2+json | application/vnd.kafka.json.v2+json",
        "APPLICATION/VND.KAFKA.TEXT.V2+JSON | application/vnd.kafka.text.v2+json",
        "application/vnd.kafka.text.v2+json;q=0.2, application/vnd.kafka.binary.v2+json;q=0.9 | application/vnd.kafka.binary.v2+json",
        "application/vnd.kafka.text.v2+json; charset=utf-8 | application/vnd.kafka.text.v2+json",
        "text/html, application/vnd.millrace.batch;q=0.1 | application/vnd.millrace.batch",
        "*/*, application/vnd.kafka.json.v2+json;q=0 | application/vnd.kafka.binary.v2+json",
        "*/*;q=0.1, application/json;q=0.05 | application/vnd.kafka.json.v2+json",
        "application/json | application/json"})
    void whereRecordsAreGivenTheFormatDecides(String accept, String given) {
        api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"value\":\"1\"}]}").is(200);

        assertThat(get(partition + "/records", accept).is(200).contentType()).isEqualTo(given);
    }

    @Test
    void aConsumerGivesTheFormatThatItWasCreatedForAndNoOther() {
        String group = "/consumers/accept-" + topic;
        api.post(group, HttpApi.DIALECT, "{\"name\":\"c\",\"format\":\"text\"}").is(200);
        String consumer = group + "/instances/c";
        api.post(consumer + "/assignments", HttpApi.DIALECT, "{\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0}]}")
                .is(204);
        for (String accept : new String[] {HttpApi.TEXT, "application/*", "*/*;q=0.1", HttpApi.DIALECT, "application/json",
            "Application/Vnd.Kafka.Text.V2+Json;q=0.7, text/html"}) {
            assertThat(get(consumer + "/records?timeout=0", accept).is(200).contentType()).isEqualTo(HttpApi.TEXT);
        }
        get(consumer + "/records?timeout=0", HttpApi.BINARY).isError(406);
        api.delete(consumer).is(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"APPLICATION/VND.KAFKA.BINARY.V2+JSON", "application/vnd.kafka.binary.v2+json; charset=UTF-8",
        "application/vnd.kafka.binary.v2+json;charset=\"utf-8\"", "Application/Vnd.Kafka.Binary.v2+Json ; x=\"a;b\"",
        "application/vnd.kafka.binary.v2+json;"})
    void theTypeOfABodyIsReadWithoutRegardToItsSpelling(String type) {
        api.post("/topics/" + topic, type, RECORDS).is(200);
        api.post(partition, type, RECORDS).is(200);
        api.post("/consumers/accept-" + topic, type.replace("binary.", "").replace("BINARY.", "")
                .replace("Binary.", ""), "{}").is(200);
    }

    private HttpApi.Answer get(String path, String accept) {
        return api.get(path, accept);
    }

    private HttpApi.Answer post(String path, String type, String body, String accept) {
        return api.send(api.request(path).header("Content-Type", type).header("Accept", accept).POST(BodyPublishers.ofString(body)));
    }

    private static void isJson(HttpApi.Answer answer, int status) {
        assertThat(answer.is(status).contentType()).isEqualTo(HttpApi.DIALECT);
        assertThat(answer.body()).matches("(?s)[\\[{].*[\\]}]");
    }
}
