package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way of records in and out. */
@ExtendWith(RunningServer.class)
class ProduceAndFetchIT {
    private final HttpApi api = new HttpApi();

    @Test
    void recordsComeBackAsTheyWereSent() {
        String topic = api.newTopic(1);

        HttpApi.Answer sent = api.post("/topics/" + topic, HttpApi.JSON, """
                {"records":[{"key":"k","value":{"n":1.10,"big":123456789012345678901234567890},
                 "timestamp":1591897790000,
                 "headers":[{"key":"h","value":"AQI="}]},{"value":null}]}""").is(200);

        assertThat(sent.contentType()).isEqualTo(HttpApi.DIALECT);
        assertThat(sent.body()).isEqualTo(
                "{\"offsets\":[{\"partition\":0,\"offset\":0},{\"partition\":0,\"offset\":1}]}");
        HttpApi.Answer fetched = api.get("/topics/" + topic + "/partitions/0/records").is(200);
        assertThat(fetched.contentType()).isEqualTo(HttpApi.JSON);
        assertThat(fetched.header("Millrace-Offset")).isEqualTo("0");
        assertThat(fetched.header("Millrace-Next-Offset")).isEqualTo("2");
        assertThat(fetched.header("Millrace-High-Watermark")).isEqualTo("2");
        assertThat(fetched.body()).startsWith("[{\"topic\":\"" + topic + "\",\"key\":\"k\",\"value\":"
                + "{\"n\":1.10,\"big\":123456789012345678901234567890},\"partition\":0,\"offset\":0,"
                + "\"timestamp\":1591897790000,\"headers\":[{\"key\":\"h\",\"value\":\"AQI=\"}]},");
        JsonObject second = fetched.array().getJsonObject(1);
        assertThat(second.isNull("key")).isTrue();
        assertThat(second.isNull("value")).isTrue();
        assertThat(second.getJsonNumber("timestamp").longValue()).isGreaterThan(1591897790000L);
    }

    @ParameterizedTest
    @CsvSource({"application/vnd.kafka.json.v2+json,{\"a\":1}", "application/json,{\"a\":1}",
        "application/vnd.kafka.json.v2+json; charset=utf-8,[]", "application/vnd.kafka.text.v2+json,\"größe \\n\"",
        "application/vnd.kafka.binary.v2+json,\"AP+A/w==\""})
    void everyFormatGoesBothWays(String type, String value) {
        String topic = api.newTopic(1);

        api.post("/topics/" + topic, type, "{\"records\":[{\"value\":" + value + "}]}").is(200);

        String accept = type.startsWith("application/json") ? type : type.split(";")[0];
        HttpApi.Answer fetched = api.get("/topics/" + topic + "/partitions/0/records", accept).is(200);
        assertThat(fetched.contentType()).isEqualTo(accept);
        assertThat(fetched.body()).contains("\"value\":" + value);
    }

    @Test
    void theRecordsBeforeOneThatTheFormatCannotCarryAreGivenAndThenTheErrorNamesIt() {
        String topic = api.newTopic(1);
        api.post("/topics/" + topic, HttpApi.BINARY,
                "{\"records\":[{\"value\":\"MQ==\"},{\"value\":\"/w==\"},{\"value\":\"Mw==\"}]}").is(200);
        String path = "/topics/" + topic + "/partitions/0/records?offset=";

        HttpApi.Answer before = api.get(path + 0, HttpApi.JSON).is(200);
        assertThat(before.array()).singleElement().satisfies(each -> assertThat(each.asJsonObject().getInt("value")).isEqualTo(1));
        assertThat(before.header("Millrace-Next-Offset")).isEqualTo("1");
        JsonObject error = api.get(path + 1, HttpApi.JSON).isError(406).object();
        assertThat(error.getString("topic")).isEqualTo(topic);
        assertThat(error.getInt("partition")).isZero();
        assertThat(error.getInt("offset")).isEqualTo(1);
        assertThat(api.get(path + (error.getInt("offset") + 1), HttpApi.JSON).is(200).array()).hasSize(1);
    }

    @Test
    void aRecordThatTheFormatCannotCarryIsNotAcceptable() {
        String topic = api.newTopic(1);
        api.post("/topics/" + topic, HttpApi.BINARY, "{\"records\":[{\"value\":\"/w==\"}]}").is(200);
        String path = "/topics/" + topic + "/partitions/0/records";

        assertThat(api.get(path, HttpApi.JSON).isError(406).message()).contains("offset 0", HttpApi.BINARY);
        api.get(path, HttpApi.TEXT).isError(406);
        api.get(path, HttpApi.BINARY).is(200);
        api.get(path, "text/html").isError(406);
    }

    @Test
    void whereNoTransactionIsOpenReadersOfCommittedRecordsAreGivenAllOfThem() {
        String topic = api.newTopic(1);
        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[{\"value\":1},{\"value\":2}]}").is(200);
        String path = "/topics/" + topic + "/partitions/0/";

        HttpApi.Answer list = api.get(path + "records?isolation=read_committed", HttpApi.JSON).is(200);
        assertThat(list.array()).hasSize(2);
        assertThat(list.header("Millrace-Last-Stable-Offset")).isEqualTo("2");
        for (String query : List.of("isolation=read_committed", "isolation=read_committed&filter=aborted",
                "isolation=read_uncommitted")) {
            HttpApi.Answer raw = api.get(path + "records?" + query, "application/vnd.millrace.batch").is(200);
            assertThat(raw.header("Millrace-Next-Offset")).isEqualTo("2");
            assertThat(raw.header("Millrace-Aborted")).isNull();
        }
        assertThat(api.get(path + "offsets?isolation=read_committed").is(200).body())
                .isEqualTo("{\"beginning_offset\":0,\"end_offset\":2}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolation=serializable", "isolation=", "filter=aborted", "isolation=read_committed&filter=markers",
        "isolation=read_committed&isolation=read_committed"})
    void anotherIsolationLevelIsRefused(String query) {
        String topic = api.newTopic(1);
        api.get("/topics/" + topic + "/partitions/0/records?" + query).isError(400);
    }

    @Test
    void keysChooseThePartitionAndAnExplicitOneWins() {
        String topic = api.newTopic(4);

        String first = api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"key\":\"a\",\"value\":\"1\"}]}")
                .body();
        String again = api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"key\":\"a\",\"value\":\"2\"}]}")
                .body();
        assertThat(again.split(",")[0]).isEqualTo(first.split(",")[0]);

        assertThat(api.post("/topics/" + topic, HttpApi.TEXT,
                "{\"records\":[{\"key\":\"a\",\"value\":\"1\",\"partition\":0},{\"value\":\"1\",\"partition\":3}]}")
                .body())
                .contains("{\"partition\":0,", "{\"partition\":3,");
    }

    @Test
    void aRecordForAnUnknownPartitionHasAnErrorInItsPlaceAndTheOthersAreWritten() {
        String topic = api.newTopic(2);
        String records = "\"records\":[{\"value\":1,\"partition\":1},{\"value\":2,\"partition\":5},{\"value\":3,\"partition\":1}]";

        JsonArray offsets = api.post("/topics/" + topic, HttpApi.JSON, "{" + records + "}").is(200).object().getJsonArray("offsets");

        assertThat(offsets.get(0).toString()).isEqualTo("{\"partition\":1,\"offset\":0}");
        assertThat(offsets.getJsonObject(1).getInt("error_code")).isEqualTo(404);
        assertThat(offsets.getJsonObject(1).getString("message")).contains("partition 5");
        assertThat(offsets.get(2).toString()).isEqualTo("{\"partition\":1,\"offset\":1}");
        int id = api.post("/producers", HttpApi.DIALECT, "").is(201).object().getInt("producer_id");
        api.post("/topics/" + topic, HttpApi.JSON, "{\"producer_id\":" + id + ",\"producer_epoch\":0,\"base_sequence\":{\"1\":0}," + records
                + "}").isError(404);
        assertThat(api.endOffset(topic, 1)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"acks=0", "async=true"})
    void aProduceThatDoesNotWaitHasNoContent(String query) {
        String topic = api.newTopic(1);

        HttpApi.Answer answer = api.post("/topics/" + topic + "?" + query, HttpApi.JSON,
                "{\"records\":[{\"value\":1}]}")
                .is(204);

        assertThat(answer.bytes()).isEmpty();
        assertThat(api.get("/topics/" + topic + "/partitions/0/records?timeout=20000").is(200).array()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"acks=1", "acks=all", "acks=-1", "async=false"})
    void aProduceThatWaitsHasOffsets(String query) {
        String topic = api.newTopic(1);

        assertThat(api.post("/topics/" + topic + "/partitions/0?" + query, HttpApi.JSON,
                "{\"records\":[{\"value\":1}]}")
                .is(200).body()).isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":0}]}");
    }

    @Test
    void aFetchBeginsWhereItSays() {
        String topic = api.newTopic(1);
        api.post("/topics/" + topic, HttpApi.JSON, """
                {"records":[{"value":0,"timestamp":1000},{"value":1,"timestamp":2000},
                 {"value":2,"timestamp":3000}]}""");
        String path = "/topics/" + topic + "/partitions/0/records?offset=";

        assertThat(api.get(path + "1").array()).hasSize(2);
        assertThat(api.get(path + "earliest").array()).hasSize(3);
        assertThat(api.get(path + "latest").array()).isEmpty();
        assertThat(api.get(path + "3").array()).isEmpty();
        assertThat(api.get(path + "timestamp:1500").array()).hasSize(2);
        assertThat(api.get(path + "timestamp:3001").array()).isEmpty();
        assertThat(api.get(path + "4").isError(416).message()).contains("0", "3");
    }

    @Test
    void anOffsetIsFoundByTimestamp() {
        String topic = api.newTopic(1);
        api.post("/topics/" + topic, HttpApi.JSON,
                "{\"records\":[{\"value\":0,\"timestamp\":1000},{\"value\":1,\"timestamp\":2000}]}");
        String path = "/topics/" + topic + "/partitions/0/offsets";

        assertThat(api.get(path).body()).isEqualTo("{\"beginning_offset\":0,\"end_offset\":2}");
        assertThat(api.get(path + "?timestamp=1001").body())
                .isEqualTo("{\"beginning_offset\":0,\"end_offset\":2,\"offset\":1,\"timestamp\":2000}");
        assertThat(api.get(path + "?timestamp=2001").body())
                .isEqualTo("{\"beginning_offset\":0,\"end_offset\":2,\"offset\":2,\"timestamp\":null}");
        api.get(path + "?timestamp=-1").isError(400);
        api.get(path + "?timestamp=x").isError(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"offset=-1", "offset=", "offset=x", "offset=1.5", "offset=9223372036854775808",
        "offset=timestamp:x",
        "offset=1&offset=2", "timeout=-1", "timeout=x", "max_bytes=0", "max_bytes=-1", "max_bytes=99999999999999999999",
        "min_bytes=-1", "min_bytes=1k"})
    void aWrongQueryIsABadRequest(String query) {
        api.get("/topics/" + api.newTopic(1) + "/partitions/0/records?" + query).isError(400);
    }

    @Test
    void maxBytesCutsTheListAndTheNextOffsetGoesOn() {
        String topic = api.newTopic(1);
        String value = "\"" + "x".repeat(98) + "\"";
        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[" + ("{\"value\":" + value + "},").repeat(9)
                + "{\"value\":" + value + "}]}").is(200);
        String path = "/topics/" + topic + "/partitions/0/records";

        HttpApi.Answer part = api.get(path + "?max_bytes=350").is(200);
        assertThat(part.array()).hasSize(3);
        assertThat(part.header("Millrace-Next-Offset")).isEqualTo("3");
        assertThat(api.get(path + "?offset=3&max_bytes=1").array()).hasSize(1);
    }

    @Test
    void aLongPollWaitsForARecord() {
        String topic = api.newTopic(1);
        CompletableFuture<HttpApi.Answer> poll =
                api.getLater("/topics/" + topic + "/partitions/0/records?offset=0&timeout=50000");
        assertThat(poll).isNotDone();

        api.produce(topic, "\"news\"");

        assertThat(poll.join().is(200).body()).contains("\"news\"");
    }

    @Test
    void aLongPollEndsEmptyWhenItsTimeIsOver() {
        HttpApi.Answer answer =
                api.get("/topics/" + api.newTopic(1) + "/partitions/0/records?timeout=50").is(200);

        assertThat(answer.body()).isEqualTo("[]");
        assertThat(answer.header("Millrace-Next-Offset")).isEqualTo("0");
    }

    @Test
    void minBytesAreWaitedFor() {
        String topic = api.newTopic(1);
        api.produce(topic, "1");
        CompletableFuture<HttpApi.Answer> poll = api.getLater("/topics/" + topic
                + "/partitions/0/records?offset=0&timeout=50000&min_bytes=5000");

        api.produce(topic, "2");
        assertThat(poll).isNotDone();
        api.produce(topic, "\"" + "x".repeat(5000) + "\"");

        assertThat(poll.join().is(200).array()).hasSize(3);
    }

    @Test
    void manyLongPollsWaitWithoutKeepingOthersFromBeingServed() {
        String topic = api.newTopic(1);
        List<CompletableFuture<HttpApi.Answer>> polls = IntStream.range(0, 300)
                .mapToObj(i -> api.getLater("/topics/" + topic + "/partitions/0/records?offset=0&timeout=50000"))
                .toList();

        api.assertServing();
        api.produce(topic, "\"all\"");

        polls.forEach(poll -> assertThat(poll.join().is(200).array()).isNotEmpty());
    }

    @Test
    void aLongPollOfADeletedTopicEnds() {
        String topic = api.newTopic(1);
        CompletableFuture<HttpApi.Answer> poll =
                api.getLater("/topics/" + topic + "/partitions/0/records?offset=0&timeout=50000");

        api.delete("/admin/topics/" + topic).is(204);

        poll.join().isError(404);
    }
}
