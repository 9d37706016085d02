package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import jakarta.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that a producer sends again are written once. */
@ExtendWith(RunningServer.class)
class IdempotentProduceIT {
    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(2);
    private final String partition = "/topics/" + topic + "/partitions/0";

    private long newProducer() {
        JsonObject created = api.send("POST", "/producers", null, new byte[0]).is(201).object();
        assertThat(created.keySet()).containsExactlyInAnyOrder("producer_id", "producer_epoch");
        assertThat(created.getInt("producer_epoch")).isZero();
        return created.getJsonNumber("producer_id").longValueExact();
    }

    private static String body(long producer, int epoch, Object baseSequence, String... values) {
        String records = String.join(",", List.of(values).stream().map(value -> "{\"value\":\"" + value + "\"}").toList());
        return "{\"producer_id\":%d,\"producer_epoch\":%d,\"base_sequence\":%s,\"records\":[%s]}".formatted(producer, epoch,
                baseSequence, records);
    }

    private HttpApi.Answer send(long producer, int epoch, int baseSequence, String... values) {
        return api.post(partition, HttpApi.TEXT, body(producer, epoch, baseSequence, values));
    }

    private static byte[] batch(long producer, int epoch, int baseSequence, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(producer, (short) epoch, baseSequence);
        for (String value : values) {
            builder.append(1, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        }
        ByteBuffer batch = builder.build();
        byte[] bytes = new byte[batch.remaining()];
        batch.get(bytes);
        return bytes;
    }

    private static byte[] together(byte[]... batches) {
        ByteBuffer all = ByteBuffer.allocate(IntStream.range(0, batches.length).map(i -> batches[i].length).sum());
        List.of(batches).forEach(all::put);
        return all.array();
    }

    private static void refused(HttpApi.Answer answer, String kind) {
        assertThat(answer.isError(409).header("Millrace-Error")).isEqualTo(kind);
    }

    @Test
    void everyProducerHasAnIdOfItsOwn() {
        Set<Long> ids = new HashSet<>();
        for (int i = 0; i < 1_100; i++) { // more than a server takes at a time
            assertThat(ids.add(newProducer())).isTrue();
        }
        assertThat(ids).allMatch(id -> id >= 0);
        for (String type : List.of(HttpApi.DIALECT, HttpApi.JSON, "application/json")) {
            assertThat(ids.add(api.post("/producers", type, " {} ").is(201).object().getJsonNumber("producer_id").longValueExact()))
                    .isTrue();
        }
    }

    @Test
    void aProducerHasNothingToChoose() {
        api.post("/producers", HttpApi.DIALECT, "{\"producer_id\":1}").isError(400);
        api.post("/producers", HttpApi.DIALECT, "[]").isError(400);
        api.post("/producers", HttpApi.DIALECT, "{").isError(400);
        api.post("/producers", "text/plain", "x").isError(415);
        api.get("/producers").isError(405);
    }

    @Test
    void anyOfTheLastFiveRequestsThatIsSentAgainIsAnsweredWithTheSameOffsets() {
        long producer = newProducer();
        String[] answers = new String[7];
        for (int i = 0; i < answers.length; i++) {
            answers[i] = send(producer, 0, 2 * i, "a" + i, "b" + i).is(200).body();
            assertThat(answers[i]).isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":%d},{\"partition\":0,\"offset\":%d}]}"
                    .formatted(2 * i, 2 * i + 1));
        }
        for (int i = 2; i < answers.length; i++) {
            assertThat(send(producer, 0, 2 * i, "a" + i, "b" + i).is(200).body()).isEqualTo(answers[i]);
        }
        assertThat(api.endOffset(topic, 0)).isEqualTo(2 * answers.length);
        assertThat(api.get(partition + "/records", HttpApi.TEXT).array()).hasSize(2 * answers.length);
    }

    @ParameterizedTest
    @CsvSource({HttpApi.JSON + ",1", HttpApi.BINARY + ",\"AAAA\"", HttpApi.TEXT + ",\"x\"", "application/json,{}"})
    void everyFormatTakesAProducerAtTheTopicAndAtThePartition(String type, String value) {
        long producer = newProducer();
        String fields = "\"base_sequence\":%d,\"producer_id\":" + producer + ",\"producer_epoch\":0";
        String toPartition = "{\"records\":[{\"value\":" + value + "}]," + fields.formatted(0) + "}";
        String toTopic = "{" + fields.formatted(1) + ",\"records\":[{\"value\":" + value + ",\"partition\":0}]}";

        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(api.post(partition, type, toPartition).is(200).body())
                    .isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":0}]}");
        }
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(api.post("/topics/" + topic, type, toTopic).is(200).body())
                    .isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":1}]}");
        }
        assertThat(api.endOffset(topic, 0)).isEqualTo(2);
    }

    @Test
    void aRequestToSeveralPartitionsSaysTheSequenceOfEach() {
        long producer = newProducer();
        String records = "\"records\":[{\"value\":\"a\",\"partition\":1},{\"value\":\"b\",\"partition\":0},"
                + "{\"value\":\"c\",\"partition\":1}],\"producer_id\":" + producer + ",\"producer_epoch\":0}";
        String path = "/topics/" + topic;
        String good = "{\"base_sequence\":{\"0\":5,\"1\":0}," + records;

        String answer = api.post(path, HttpApi.TEXT, good).is(200).body();
        assertThat(answer).isEqualTo("{\"offsets\":[{\"partition\":1,\"offset\":0},{\"partition\":0,\"offset\":0},"
                + "{\"partition\":1,\"offset\":1}]}");
        assertThat(api.post(path, HttpApi.TEXT, good).is(200).body()).isEqualTo(answer);

        // partition 0 goes on, in partition 1 there is a gap
        JsonObject partly = api.post(path, HttpApi.TEXT, "{\"base_sequence\":{\"0\":6,\"1\":9}," + records).is(200).object();
        assertThat(partly.getJsonArray("offsets").getJsonObject(0).getInt("error_code")).isEqualTo(409);
        assertThat(partly.getJsonArray("offsets").getJsonObject(1).getInt("offset")).isEqualTo(1);
        assertThat(partly.getJsonArray("offsets").getJsonObject(2).getInt("error_code")).isEqualTo(409);
        assertThat(api.endOffset(topic, 0)).isEqualTo(2);
        assertThat(api.endOffset(topic, 1)).isEqualTo(2);
    }

    @Test
    void aGapIsRefusedAndNothingIsWritten() {
        long producer = newProducer();
        send(producer, 0, 0, "a").is(200);

        refused(send(producer, 0, 2, "c"), "OUT_OF_ORDER_SEQUENCE");

        assertThat(api.endOffset(topic, 0)).isEqualTo(1);
        send(producer, 0, 1, "b").is(200);
        send(producer, 0, 2, "c").is(200);
    }

    @Test
    void anOlderEpochIsFencedAndANewOneBeginsAtZero() {
        long producer = newProducer();
        send(producer, 0, 0, "a").is(200);

        refused(send(producer, 1, 1, "b"), "OUT_OF_ORDER_SEQUENCE");
        send(producer, 1, 0, "b").is(200);
        refused(send(producer, 0, 1, "zombie"), "INVALID_PRODUCER_EPOCH");
        refused(send(producer, 0, 0, "a"), "INVALID_PRODUCER_EPOCH");

        assertThat(api.get(partition + "/records", HttpApi.TEXT).body()).doesNotContain("zombie");
        assertThat(api.endOffset(topic, 0)).isEqualTo(2);
    }

    @Test
    void aProducerThatTheLogDoesNotKnowBeginsWithAnySequenceAndTheLargestIsFollowedByZero() {
        long producer = newProducer();

        send(producer, 0, Integer.MAX_VALUE, "a", "b").is(200);
        send(producer, 0, 1, "c").is(200);
        send(producer, 0, Integer.MAX_VALUE, "a", "b").is(200);

        assertThat(api.endOffset(topic, 0)).isEqualTo(3);
    }

    @Test
    void rawBatchesCarryTheirProducer() {
        long producer = newProducer();
        byte[] batch = batch(producer, 0, 0, "a", "b", "c");
        String answer = "{\"partition\":0,\"base_offset\":0,\"last_offset\":2}";

        assertThat(api.post(partition, HttpApi.BATCH, batch).is(200).body()).isEqualTo(answer);
        assertThat(api.post(partition, HttpApi.BATCH, batch).is(200).body()).isEqualTo(answer);
        assertThat(send(producer, 0, 3, "d").is(200).body()).contains("\"offset\":3");
        refused(api.post(partition, HttpApi.BATCH, batch(producer, 0, 9, "e")), "OUT_OF_ORDER_SEQUENCE");
        assertThat(api.endOffset(topic, 0)).isEqualTo(4);
    }

    @Test
    void batchesOfOneRequestAreOfOneProducerAndFollowEachOther() {
        long producer = newProducer();
        for (byte[] wrong : List.of(together(batch(producer, 0, 0, "a"), batch(producer, 0, 2, "c")),
                together(batch(producer, 0, 0, "a"), batch(producer + 1, 0, 1, "b")),
                together(batch(producer, 0, 0, "a"), batch(producer, 1, 1, "b")),
                together(batch(-1, -1, -1, "a"), batch(producer, 0, 0, "b")), batch(producer, -1, 0, "a"),
                batch(producer, 0, -1, "a"), batch(-2, 0, 0, "a"), batch(-1, 0, 0, "a"))) {
            api.post(partition, HttpApi.BATCH, wrong).isError(422);
        }
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"producer_id\":1", "\"producer_epoch\":0,\"base_sequence\":0", "\"producer_id\":1,\"base_sequence\":0",
        "\"producer_id\":-1,\"producer_epoch\":0,\"base_sequence\":0", "\"producer_id\":1,\"producer_epoch\":32768,\"base_sequence\":0",
        "\"producer_id\":1,\"producer_epoch\":0,\"base_sequence\":-1", "\"producer_id\":1,\"producer_epoch\":0,\"base_sequence\":2147483648",
        "\"producer_id\":\"1\",\"producer_epoch\":0,\"base_sequence\":0", "\"producer_id\":1,\"producer_epoch\":0,\"base_sequence\":null"})
    void aProducerThatCannotBeIsUnprocessable(String fields) {
        String records = ",\"records\":[{\"key\":\"k\",\"value\":\"v\"}]}";

        api.post(partition, HttpApi.TEXT, "{" + fields + records).isError(422);
        api.post("/topics/" + topic, HttpApi.TEXT, "{" + fields + records).isError(422);

        assertThat(api.endOffset(topic, 0) + api.endOffset(topic, 1)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 50, 1L << 62, Long.MAX_VALUE})
    void anIdThatNobodyWasGivenIsUnprocessable(long madeUp) {
        assertThat(send(madeUp, 0, 0, "a").isError(422).message()).contains("POST /producers");
        api.post("/topics/" + topic, HttpApi.TEXT, body(madeUp, 0, "{\"0\":0,\"1\":0}", "a")).isError(422);
        assertThat(api.post(partition, HttpApi.BATCH, batch(madeUp, 0, 0, "a")).isError(422).message()).contains("POST /producers");

        assertThat(api.endOffset(topic, 0) + api.endOffset(topic, 1)).isZero();
    }

    @Test
    void sequencesThatDoNotSayWhereTheRecordsGoAreUnprocessable() {
        long producer = newProducer();
        String path = "/topics/" + topic;
        String two = ",\"producer_id\":" + producer + ",\"producer_epoch\":0,\"records\":[{\"value\":\"a\",\"partition\":0},"
                + "{\"value\":\"b\",\"partition\":1}]}";

        assertThat(api.post(path, HttpApi.TEXT, "{\"base_sequence\":0" + two).isError(422).message()).contains("[0, 1]");
        assertThat(api.post(path, HttpApi.TEXT, "{\"base_sequence\":{\"0\":0}" + two).isError(422).message()).contains("partition 1");
        assertThat(api.post(path, HttpApi.TEXT, "{\"base_sequence\":{\"0\":0,\"1\":0,\"2\":0}" + two).isError(422).message())
                .contains("\"0\" to \"1\"");
        api.post(partition, HttpApi.TEXT, body(producer, 0, "{\"0\":0}", "a")).isError(422);
        assertThat(api.post(path, HttpApi.TEXT, body(producer, 0, 0, "no key")).isError(422).message()).contains("record 0");
        assertThat(api.endOffset(topic, 0) + api.endOffset(topic, 1)).isZero();
    }

    @Test
    void aRequestThatFillsSeveralBatchesIsRefusedBeforeAnythingIsWritten() {
        String small = api.newTopic(1, "{\"max.message.bytes\":\"1000\"}");
        long producer = newProducer();
        String[] values = IntStream.range(0, 30).mapToObj(i -> "x".repeat(90) + i).toArray(String[]::new);
        String path = "/topics/" + small + "/partitions/0";

        assertThat(api.post(path, HttpApi.TEXT, body(producer, 0, 0, values)).isError(413).message()).contains("send fewer records");
        assertThat(api.endOffset(small, 0)).isZero();

        String[] fewer = Arrays.copyOf(values, 8);
        String answer = api.post(path, HttpApi.TEXT, body(producer, 0, 0, fewer)).is(200).body();
        assertThat(api.post(path, HttpApi.TEXT, body(producer, 0, 0, fewer)).is(200).body()).isEqualTo(answer);
        api.post(path, HttpApi.TEXT, body(producer, 0, 8, "next")).is(200);
        assertThat(api.endOffset(small, 0)).isEqualTo(9);
    }

    @Test
    void whoDoesNotWaitIsWrittenOnceToo() {
        long producer = newProducer();
        for (int attempt = 0; attempt < 3; attempt++) {
            api.post(partition + "?acks=0", HttpApi.TEXT, body(producer, 0, 0, "a")).is(204);
        }
        send(producer, 0, 1, "b").is(200);

        assertThat(api.endOffset(topic, 0)).isEqualTo(2);
    }
}
