package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.http.HttpApi.Answer;
import io.millrace.process.RunningServer;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordIterator;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The dialect's consumers, from outside; one long file, because each request of it follows from those before. */
@ExtendWith(RunningServer.class)
class ConsumersIT {
    private static final String MANUAL = "\"format\":\"json\",\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":false";
    private static final int TRIES = 20;

    private final HttpApi api = new HttpApi();
    private final String group = "it-" + UUID.randomUUID();
    private final List<String> created = new ArrayList<>();
    private String topic;

    @BeforeEach
    void aTopic() {
        topic = api.newTopic(2);
    }

    @AfterEach
    void nothingStays() {
        created.forEach(name -> api.delete(instance(name)));
        api.delete("/admin/groups/" + group);
        api.delete("/admin/topics/" + topic);
    }

    /** Of a base_uri, as a pattern. */
    private static final String INCARNATION = "/incarnations/[0-9a-f]+";

    private String instance(String name) {
        return "/consumers/" + group + "/instances/" + name;
    }

    private void create(String name, String fields) {
        Answer answer = api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"" + name + "\"," + fields + "}").is(200);
        created.add(name);
        assertThat(answer.contentType()).isEqualTo(HttpApi.DIALECT);
        assertThat(answer.object().getString("instance_id")).isEqualTo(name);
        assertThat(answer.object().getString("base_uri")).matches(
                Pattern.quote(api.base().resolve(instance(name)).toString()) + INCARNATION);
    }

    private void subscribed(String name, String fields) {
        create(name, fields);
        subscribe(name, "{\"topics\":[\"" + topic + "\"]}").is(204);
    }

    private Answer subscribe(String name, String body) {
        return api.post(instance(name) + "/subscription", HttpApi.DIALECT, body);
    }

    private void produce(int partition, String... values) {
        StringBuilder records = new StringBuilder();
        for (String value : values) {
            records.append(records.isEmpty() ? "" : ",").append("{\"value\":").append(value).append("}");
        }
        api.post("/topics/" + topic + "/partitions/" + partition, HttpApi.JSON, "{\"records\":[" + records + "]}").is(200);
    }

    private Answer poll(String name, String accept) {
        return api.get(instance(name) + "/records?timeout=1000", accept);
    }

    /** Polls until so many records came. */
    private List<JsonObject> read(String name, int count) {
        List<JsonObject> records = new ArrayList<>();
        for (int i = 0; i < TRIES && records.size() < count; i++) {
            records.addAll(poll(name, HttpApi.JSON).is(200).array().getValuesAs(JsonObject.class));
        }
        assertThat(records).hasSize(count);
        return records;
    }

    private Answer commit(String name, String body) {
        return api.post(instance(name) + "/offsets", HttpApi.DIALECT, body);
    }

    private String at(int partition, long offset) {
        return "{\"offsets\":[{\"topic\":\"" + topic + "\",\"partition\":" + partition + ",\"offset\":" + offset + "}]}";
    }

    private String partition(int number) {
        return "{\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":" + number + "}]}";
    }

    // ---- life

    @Test
    void aConsumerReadsCommitsAndTheNextOneOfItsGroupGoesOnFromThere() {
        produce(0, "1", "{\"a\":[2]}");
        produce(1, "\"three\"");
        subscribed("c", MANUAL);
        List<JsonObject> records = read("c", 3);
        assertThat(records).allSatisfy(record -> assertThat(record.keySet())
                .containsExactlyInAnyOrder("topic", "key", "value", "partition", "offset", "timestamp", "headers"));
        assertThat(records).extracting(record -> record.get("value").toString())
                .containsExactlyInAnyOrder("1", "{\"a\":[2]}", "\"three\"");
        commit("c", "").is(204);
        api.delete(instance("c")).is(204);
        produce(1, "4");
        subscribed("d", MANUAL);
        assertThat(read("d", 1).get(0).getInt("value")).isEqualTo(4);
    }

    @Test
    void aConsumerWithoutANameGetsOneAndABodyMayBeLeftOut() {
        Answer answer = api.post("/consumers/" + group, HttpApi.DIALECT, "").is(200);
        String name = answer.object().getString("instance_id");
        created.add(name);
        assertThat(name).isNotBlank();
        assertThat(answer.object().getString("base_uri")).matches(".*/consumers/" + group + "/instances/" + name + INCARNATION);
        subscribe(name, "{\"topics\":[\"" + topic + "\"]}").is(204);
        assertThat(poll(name, HttpApi.BINARY).is(200).array()).isEmpty();
    }

    @Test
    void aNameThatNeedsEncodingIsEncodedInTheUri() {
        Answer answer = api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"a b%\"}").is(200);
        created.add("a%20b%25");
        assertThat(answer.object().getString("base_uri")).matches(".*/instances/a%20b%25" + INCARNATION);
        api.get(instance("a%20b%25") + "/subscription").is(200);
    }

    @Test
    void aNameIsTakenOnceAndFreeAgainAfterItsDeletion() {
        create("c", MANUAL);
        api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"c\"}").isError(409);
        api.delete(instance("c")).is(204);
        create("c", MANUAL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"format\":\"xml\"}", "{\"auto.offset.reset\":\"never\"}",
        "{\"isolation.level\":\"serializable\"}", "{\"fetch.min.bytes\":-1}", "{\"session.timeout.ms\":999}", "{\"max.poll.records\":0}",
        "{\"group.remote.assignor\":\"none-such\"}", "{\"name\":\"a/b\"}", "{\"group.instance.id\":\"\"}"})
    void configurationThatIsNotAllowedIsUnprocessable(String body) {
        api.post("/consumers/" + group, HttpApi.DIALECT, body).isError(422);
    }

    @Test
    void numbersAndFlagsMayComeAsStrings() {
        create("c", "\"enable.auto.commit\":\"false\",\"fetch.min.bytes\":\"2\",\"consumer.request.timeout.ms\":\"500\","
                + "\"isolation.level\":\"read_committed\",\"max.poll.records\":\"7\",\"session.timeout.ms\":\"9000\"");
    }

    @Test
    void bodiesOfTheWrongShapeAreBadRequests() {
        create("c", MANUAL);
        api.post("/consumers/" + group, HttpApi.DIALECT, "{\"nonsense\":1}").isError(400);
        api.post("/consumers/" + group, HttpApi.DIALECT, "[]").isError(400);
        for (String wrong : new String[] {"\"format\":7", "\"enable.auto.commit\":\"foo\"", "\"fetch.min.bytes\":\"foo\"",
            "\"fetch.min.bytes\":1.5"}) {
            assertThat(api.post("/consumers/" + group, HttpApi.DIALECT, "{" + wrong + "}").isError(400).object()
                    .getJsonArray("validation_errors")).isNotEmpty();
        }
        subscribe("c", "{\"topics\":\"orders\"}").isError(400);
        subscribe("c", "{\"topics\":[1]}").isError(400);
        api.post(instance("c") + "/assignments", HttpApi.DIALECT, "{}").isError(400);
        api.post(instance("c") + "/assignments", HttpApi.DIALECT, "{\"partitions\":[{\"topic\":\"t\"}]}").isError(400);
        api.post(instance("c") + "/positions", HttpApi.DIALECT, "{\"offsets\":[{\"topic\":\"t\",\"partition\":0}]}").isError(400);
        commit("c", "{\"offsets\":{}}").isError(400);
        commit("c", at(0, -1)).isError(422);
        api.post("/consumers/" + group, "text/plain", "{}").isError(415);
        api.get(instance("c") + "/records?timeout=soon").isError(400);
    }

    @Test
    void whoReadsCommittedIsGivenAllWhereNoTransactionIsOpen() {
        produce(0, "1", "2");
        produce(1, "3");
        subscribed("c", MANUAL + ",\"isolation.level\":\"read_committed\"");
        read("c", 3);
        api.post(instance("c") + "/positions/end", HttpApi.DIALECT, partition(0)).is(204);
        produce(0, "4");
        assertThat(read("c", 1).get(0).getInt("value")).isEqualTo(4);
    }

    @Test
    void whatIsAskedOfAConsumerThatIsNotThereIsNotFound() {
        String nobody = instance("nobody");
        api.get(nobody + "/records").isError(404);
        api.get(nobody + "/subscription").isError(404);
        api.delete(nobody + "/subscription").isError(404);
        api.delete(nobody).isError(404);
        subscribe("nobody", "{\"topics\":[\"t\"]}").isError(404);
        commit("nobody", "").isError(404);
        api.post(nobody + "/assignments", HttpApi.DIALECT, partition(0)).isError(404);
        api.post(nobody + "/positions", HttpApi.DIALECT, at(0, 0)).isError(404);
        api.post(nobody + "/positions/beginning", HttpApi.DIALECT, partition(0)).isError(404);
        api.post(nobody + "/positions/end", HttpApi.DIALECT, partition(0)).isError(404);
    }

    @Test
    void whoAsksIsLookedUpBeforeWhatItAsks() {
        for (String path : new String[] {"/subscription", "/assignments", "/offsets", "/positions", "/positions/beginning"}) {
            api.post(instance("nobody") + path, HttpApi.DIALECT, "{\"nonsense\":").isError(404);
        }
        create("c", MANUAL);
        commit("c", "{\"nonsense\":").isError(400);
    }

    // ---- subscriptions

    @Test
    void topicsPatternsAndPartitionsExcludeEachOther() {
        create("c", MANUAL);
        subscribe("c", "{}").isError(422);
        subscribe("c", "{\"topics\":[\"a\"],\"topic_pattern\":\"b\"}").isError(409);
        subscribe("c", "{\"topic_pattern\":\"(\"}").isError(422);
        subscribe("c", "{\"topic_pattern\":\"(a{1,1000}){1,1000}\"}").isError(422);
        subscribe("c", "{\"topic_pattern\":\"" + "(".repeat(5_000) + "a" + ")".repeat(5_000) + "\"}").isError(422);
        subscribe("c", "{\"topics\":[\"" + topic + "\"]}").is(204);
        api.post(instance("c") + "/assignments", HttpApi.DIALECT, partition(0)).isError(409);
        api.delete(instance("c") + "/subscription").is(204);
        api.post(instance("c") + "/assignments", HttpApi.DIALECT, partition(0)).is(204);
        subscribe("c", "{\"topics\":[\"" + topic + "\"]}").isError(409);
    }

    @Test
    void whoReadsNothingIsToldSoInsteadOfBeingGivenNothingForEver() {
        create("c", MANUAL);
        assertThat(poll("c", HttpApi.JSON).isError(409).body()).contains("/subscription").contains("/assignments");
        subscribe("c", "{\"topics\":[\"" + topic + "\"]}").is(204);
        poll("c", HttpApi.JSON).is(200);
        subscribe("c", "{\"topics\":[]}").is(204);
        poll("c", HttpApi.JSON).isError(409);
        api.post(instance("c") + "/assignments", HttpApi.DIALECT, partition(0)).is(204);
        poll("c", HttpApi.JSON).is(200);
        api.post(instance("c") + "/assignments", HttpApi.DIALECT, "{\"partitions\":[]}").is(204);
        poll("c", HttpApi.JSON).isError(409);
    }

    @Test
    void aPartitionOfATopicThatIsCreatedLaterIsReadByWhoAssignedItToItself() {
        create("c", MANUAL);
        String later = "it-later-" + UUID.randomUUID();
        api.post(instance("c") + "/assignments", HttpApi.DIALECT,
                "{\"partitions\":[{\"topic\":\"" + later + "\",\"partition\":0}]}").is(204);
        assertThat(poll("c", HttpApi.JSON).is(200).array()).isEmpty();
        api.post("/admin/topics", "application/json", "{\"topic_name\":\"" + later + "\"}").is(201);
        api.post("/topics/" + later, HttpApi.JSON, "{\"records\":[{\"value\":7}]}").is(200);
        assertThat(read("c", 1).get(0).getString("topic")).isEqualTo(later);
        api.delete("/admin/topics/" + later).is(204);
    }

    @Test
    void aSubscriptionIsListedWithItsPartitions() {
        subscribed("c", MANUAL);
        JsonObject listed = api.get(instance("c") + "/subscription").is(200).object();
        assertThat(listed.getJsonArray("topics").getString(0)).isEqualTo(topic);
        assertThat(listed.getJsonArray("partitions").getJsonObject(0).getJsonArray(topic).toString()).isEqualTo("[0,1]");
        subscribe("c", "{\"topics\":[\"another-" + topic + "\"]}").is(204);
        listed = api.get(instance("c") + "/subscription").object();
        assertThat(listed.getJsonArray("topics").getString(0)).isEqualTo("another-" + topic);
        assertThat(listed.getJsonArray("partitions")).isEmpty();
    }

    @Test
    void aPatternTakesInATopicThatIsCreatedLater() {
        create("c", MANUAL);
        String prefix = "it-pattern-" + UUID.randomUUID();
        subscribe("c", "{\"topic_pattern\":\"" + prefix + ".*\"}").is(204);
        assertThat(poll("c", HttpApi.JSON).is(200).array()).isEmpty();
        String later = prefix + "-later";
        api.post("/admin/topics", "application/json", "{\"topic_name\":\"" + later + "\"}").is(201);
        api.post("/topics/" + later, HttpApi.JSON, "{\"records\":[{\"value\":7}]}").is(200);
        assertThat(read("c", 1).get(0).getString("topic")).isEqualTo(later);
        api.delete("/admin/topics/" + later).is(204);
    }

    @Test
    void partitionsThatAreAddedToATopicAreReadToo() {
        subscribed("c", MANUAL);
        assertThat(poll("c", HttpApi.JSON).is(200).array()).isEmpty();
        api.post("/admin/topics/" + topic + "/partitions", "application/json", "{\"partitions_count\":3}").is(200);
        produce(2, "2");
        assertThat(read("c", 1).get(0).getInt("partition")).isEqualTo(2);
    }

    @Test
    void twoConsumersShareThePartitionsAndEachRecordGoesToOneOfThem() {
        subscribed("a", MANUAL);
        subscribed("b", MANUAL);
        produce(0, "0");
        produce(1, "1");
        List<JsonValue> values = new ArrayList<>();
        values.add(read("a", 1).get(0).get("value"));
        values.add(read("b", 1).get(0).get("value"));
        assertThat(values).extracting(JsonValue::toString).containsExactlyInAnyOrder("0", "1");
        api.delete(instance("b")).is(204);
        assertThat(read("a", 1)).as("what b did not commit goes to a").hasSize(1);
    }

    @Test
    void anAssignedPartitionIsReadAloneAndNobodyElseOfTheGroupMayHaveIt() {
        produce(0, "0");
        produce(1, "1");
        create("c", MANUAL);
        api.post(instance("c") + "/assignments", HttpApi.DIALECT, partition(1)).is(204);
        assertThat(read("c", 1).get(0).getInt("partition")).isEqualTo(1);
        commit("c", "").is(204);
        create("d", MANUAL);
        api.post(instance("d") + "/assignments", HttpApi.DIALECT, partition(1)).isError(409);
        api.post(instance("d") + "/assignments", HttpApi.DIALECT, partition(9)).isError(404);
    }

    // ---- reading

    @ParameterizedTest
    @CsvSource({"json," + HttpApi.JSON, "binary," + HttpApi.BINARY, "text," + HttpApi.TEXT})
    void recordsComeInTheFormatOfTheConsumerAndInNoOther(String format, String type) {
        produce(0, "\"x\"");
        subscribed("c", "\"format\":\"" + format + "\",\"auto.offset.reset\":\"earliest\"");
        for (String other : List.of(HttpApi.JSON, HttpApi.BINARY, HttpApi.TEXT, HttpApi.BATCH)) {
            if (!other.equals(type)) {
                poll("c", other).isError(406);
            }
        }
        Answer answer = poll("c", "*/*").is(200);
        assertThat(answer.contentType()).isEqualTo(type);
        assertThat(answer.array().getJsonObject(0).getString("value")).isEqualTo(
                format.equals("json") ? "x" : format.equals("binary") ? "Ingi" : "\"x\"");
    }

    @Test
    void rawBatchesComeAsTheyAreStoredWithTheirPlacesInAHeader() {
        produce(0, "\"a\"", "\"b\"");
        produce(1, "\"c\"");
        subscribed("c", "\"format\":\"raw\",\"auto.offset.reset\":\"earliest\"");
        List<String> values = new ArrayList<>();
        for (int i = 0; i < TRIES && values.size() < 3; i++) {
            Answer answer = poll("c", HttpApi.BATCH).is(200);
            assertThat(answer.contentType()).isEqualTo(HttpApi.BATCH);
            int from = 0;
            for (String part : answer.bytes().length == 0 ? new String[0] : answer.header("Millrace-Partitions").split(",")) {
                String[] fields = part.split(";");
                assertThat(fields[0]).isEqualTo(topic);
                int length = Integer.parseInt(fields[4]);
                values.addAll(values(ByteBuffer.wrap(answer.bytes(), from, length).slice(), Long.parseLong(fields[2])));
                from += length;
            }
            assertThat(from).isEqualTo(answer.bytes().length);
        }
        assertThat(values).containsExactlyInAnyOrder("\"a\"", "\"b\"", "\"c\"");
    }

    private static List<String> values(ByteBuffer batches, long from) {
        List<String> values = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(batches)) {
            try (RecordIterator records = batch.records()) {
                while (records.hasNext()) {
                    Record record = records.next();
                    if (record.offset() >= from) {
                        values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
                    }
                }
            }
        }
        return values;
    }

    @Test
    void aLongPollIsAnsweredAsSoonAsARecordComes() throws Exception {
        subscribed("c", MANUAL);
        poll("c", HttpApi.JSON).is(200);
        long begun = System.nanoTime();
        CompletableFuture<Answer> waiting = api.getLater(instance("c") + "/records?timeout=20000");
        TimeUnit.MILLISECONDS.sleep(300);
        assertThat(waiting).isNotDone();
        produce(1, "5");
        JsonArray records = waiting.get(15, TimeUnit.SECONDS).is(200).array();
        assertThat(records.getJsonObject(0).getInt("value")).isEqualTo(5);
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(15));
    }

    @Test
    @Timeout(60)
    void aClientThatGaveAPollUpAndPollsAgainMissesNothing() throws Exception {
        subscribed("c", MANUAL);
        poll("c", HttpApi.JSON).is(200);
        CompletableFuture<Answer> again;
        try (Socket socket = new Socket(api.base().getHost(), api.base().getPort())) {
            socket.getOutputStream().write(("GET " + instance("c") + "/records?timeout=10000 HTTP/1.1\r\nHost: localhost\r\nAccept: "
                    + HttpApi.JSON + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            again = api.getLater(instance("c") + "/records?timeout=10000");
            while (socket.getInputStream().available() == 0) { // until the new poll has ended that one
                if (again.isDone()) { // it was there first, and was ended itself
                    assertThat(again.join().is(200).array()).isEmpty();
                    again = api.getLater(instance("c") + "/records?timeout=10000");
                }
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }
        produce(0, "8");
        assertThat(again.get(15, TimeUnit.SECONDS).is(200).array()).hasSize(1);
    }

    @Test
    void aSemicolonInAPathIsRefusedBecauseWhatComesBehindItWouldBeLost() {
        api.post("/consumers/" + group + ";b", HttpApi.DIALECT, "{}").isError(400);
        api.get("/topics/" + topic + ";x").isError(400);
        Answer encoded = api.post("/consumers/" + group + "%3Bb", HttpApi.DIALECT, "{\"name\":\"n\"}").is(200);
        assertThat(encoded.object().getString("base_uri")).matches(".*%3Bb/instances/n" + INCARNATION);
        api.delete("/consumers/" + group + "%3Bb/instances/n").is(204);
    }

    @Test
    void theBaseUriOfAReplacedConsumerLeadsNowhereAnyMoreAndTheNewOnesDoes() {
        String fields = "{\"name\":\"c\",\"format\":\"json\",\"group.instance.id\":\"host-1\"}";
        String old = path(api.post("/consumers/" + group, HttpApi.DIALECT, fields).is(200));
        created.add("c");
        api.get(old + "/subscription").is(200);
        String now = path(api.post("/consumers/" + group, HttpApi.DIALECT, fields).is(200));
        assertThat(api.get(old + "/records?timeout=0", HttpApi.JSON).isError(409).header("Millrace-Error"))
                .isEqualTo("FENCED_INSTANCE_ID");
        api.get(instance("c") + "/subscription").isError(409);
        api.post(now + "/subscription", HttpApi.DIALECT, "{\"topics\":[\"" + topic + "\"]}").is(204);
        api.get(now + "/records?timeout=0", HttpApi.JSON).is(200);
        api.delete(now).is(204);
    }

    private String path(Answer creation) {
        return creation.object().getString("base_uri").substring(api.base().toString().length());
    }

    @Test
    void anAnswerHasNoMoreRecordsAndBytesThanWasAskedFor() {
        produce(0, "1", "2", "3", "4", "5");
        subscribed("c", MANUAL + ",\"max.poll.records\":2");
        assertThat(poll("c", HttpApi.JSON).is(200).array()).hasSize(2);
        assertThat(api.get(instance("c") + "/records?max_bytes=1", HttpApi.JSON).is(200).array()).hasSize(1);
        produce(0, "\"" + "x".repeat(100) + "\"");
        read("c", 2);
        api.get(instance("c") + "/records?max_bytes=50", HttpApi.JSON).isError(422);
        assertThat(read("c", 1)).as("and nothing was skipped by that").hasSize(1);
    }

    @Test
    void aRecordThatIsNotOfTheFormatIsToldOfWhenItIsNextAndCanBePassedBy() {
        produce(0, "1");
        api.post("/topics/" + topic + "/partitions/0", HttpApi.TEXT, "{\"records\":[{\"value\":\"no json\"}]}").is(200);
        produce(0, "3");
        subscribed("c", MANUAL);
        assertThat(read("c", 1).get(0).getInt("value")).isEqualTo(1);
        poll("c", HttpApi.JSON).isError(406);
        JsonObject error = poll("c", HttpApi.JSON).isError(406).object();
        assertThat(error.getString("topic")).isEqualTo(topic);
        api.post(instance("c") + "/positions", HttpApi.DIALECT, at(error.getInt("partition"), error.getInt("offset") + 1)).is(204);
        assertThat(read("c", 1).get(0).getInt("value")).isEqualTo(3);
    }

    @Test
    void withoutAResetAConsumerIsToldThatNothingIsCommitted() {
        subscribed("c", "\"format\":\"json\",\"auto.offset.reset\":\"none\"");
        poll("c", HttpApi.JSON).isError(416);
    }

    // ---- positions and commits

    @Test
    void aConsumerSeeks() {
        produce(0, "0", "1", "2");
        subscribed("c", MANUAL);
        read("c", 3);
        api.post(instance("c") + "/positions", HttpApi.DIALECT, at(0, 1)).is(204);
        assertThat(read("c", 2)).extracting(record -> record.getInt("value")).containsExactly(1, 2);
        api.post(instance("c") + "/positions/beginning", HttpApi.DIALECT, partition(0)).is(204);
        assertThat(read("c", 3)).hasSize(3);
        api.post(instance("c") + "/positions/beginning", HttpApi.DIALECT, partition(0)).is(204);
        api.post(instance("c") + "/positions/end", HttpApi.DIALECT, partition(0)).is(204);
        assertThat(poll("c", HttpApi.JSON).is(200).array()).isEmpty();
        api.post(instance("c") + "/positions", HttpApi.DIALECT, at(7, 0)).isError(404);
        api.post(instance("c") + "/positions/end", HttpApi.DIALECT, partition(7)).isError(404);
    }

    @Test
    void explicitOffsetsAreCommittedAndALateOrStrangersCommitIsRefused() {
        produce(0, "0", "1", "2");
        subscribed("c", MANUAL);
        read("c", 3);
        commit("c", at(0, 2)).is(204);
        commit("c", at(0, 2)).is(204);
        commit("c", at(0, 1)).isError(409);
        commit("c", at(9, 1)).isError(409);
        commit("c", at(0, 4)).isError(416);
        Answer late = api.send("POST", instance("c") + "/offsets", HttpApi.DIALECT, at(0, 3).getBytes(StandardCharsets.UTF_8),
                "Millrace-Member-Epoch", "0").isError(409);
        assertThat(late.message()).contains("epoch");
        api.delete(instance("c")).is(204);
        subscribed("d", MANUAL);
        assertThat(read("d", 1).get(0).getInt("value")).isEqualTo(2);
    }

    @Test
    void committedOffsetsAndAssignmentsAreGivenBack() {
        produce(0, "1", "2", "3");
        subscribed("c", MANUAL);
        read("c", 3);
        String name = "\"topic\":\"" + topic + "\",\"partition\":";
        commit("c", "{\"offsets\":[{" + name + "0,\"offset\":2,\"metadata\":\"half\"}]}").is(204);
        String half = "{\"offsets\":[{" + name + "0,\"offset\":2,\"metadata\":\"half\"}]}";

        assertThat(api.get(instance("c") + "/offsets?partition=" + topic + ":0&partition=nothing:7").is(200).body()).isEqualTo(half);
        assertThat(api.send("GET", instance("c") + "/offsets", HttpApi.DIALECT, partition(0).getBytes(StandardCharsets.UTF_8)).is(200)
                .body()).isEqualTo(half);
        assertThat(api.get(instance("c") + "/offsets").is(200).object().getJsonArray("offsets").get(0).toString()).contains("half");
        api.get(instance("c") + "/offsets?partition=" + topic).isError(400);
        api.get(instance("nobody") + "/offsets?partition=" + topic).isError(404);
        assertThat(api.get(instance("c") + "/assignments").is(200).body()).isEqualTo("{\"partitions\":[{" + name + "0},{" + name + "1}]}");
        api.get(instance("nobody") + "/assignments").isError(404);
    }

    @Test
    void aConsumerOfTheOtherDialectCommitsTheLastRecordThatItConsumed() {
        produce(0, "1", "2", "3");
        subscribed("c", MANUAL.replace("enable.auto.commit", "auto.commit.enable") + ",\"commit.offsets\":\"consumed\"");
        read("c", 3);
        commit("c", at(0, 1)).is(204);
        assertThat(api.get(instance("c") + "/offsets?partition=" + topic + ":0").is(200).object().getJsonArray("offsets")
                .getJsonObject(0).getInt("offset")).isEqualTo(2);
        commit("c", at(0, 3)).isError(416);
    }

    @Test
    void offsetsAreCommittedByThemselvesUnlessTheConsumerWantsToDoThat() {
        produce(0, "0", "1");
        subscribed("c", "\"format\":\"json\",\"auto.offset.reset\":\"earliest\"");
        read("c", 2);
        api.delete(instance("c")).is(204);
        produce(0, "2");
        subscribed("d", MANUAL);
        assertThat(read("d", 1).get(0).getInt("value")).isEqualTo(2);
    }

    @Test
    void anAnswerSaysItsNumberAndAConsumerThatSaysWhichItGotIsGivenAgainWhatItMissed() {
        produce(0, "0");
        subscribed("c", MANUAL);
        Answer first = poll("c", HttpApi.JSON).is(200);
        String number = first.header("Millrace-Poll");
        assertThat(first.array()).hasSize(1);
        assertThat(first.header("Millrace-Member-Epoch")).isNotBlank();
        Answer again = api.send("GET", instance("c") + "/records", HttpApi.DIALECT, new byte[0], "Millrace-Poll", "0").is(200);
        assertThat(again.array()).as("the first one did not arrive").hasSize(1);
        assertThat(again.header("Millrace-Poll")).isNotEqualTo(number);
        api.send("POST", instance("c") + "/offsets", HttpApi.DIALECT, new byte[0], "Millrace-Poll", number).isError(409);
        api.send("POST", instance("c") + "/offsets", HttpApi.DIALECT, new byte[0], "Millrace-Poll",
                again.header("Millrace-Poll")).is(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "first", "1.5", "9223372036854775808"})
    void whatIsNoNumberOfAPollOrAnEpochIsRefusedAndTheHeaderNamed(String text) {
        subscribed("c", MANUAL);
        for (String header : List.of("Millrace-Poll", "Millrace-Member-Epoch")) {
            Answer refused = api.send("POST", instance("c") + "/offsets", HttpApi.DIALECT, new byte[0], header, text).isError(400);
            assertThat(refused.message()).contains(header).contains(text);
        }
        api.send("GET", instance("c") + "/records", HttpApi.DIALECT, new byte[0], "Millrace-Poll", text).isError(400);
        api.send("POST", instance("c") + "/offsets", HttpApi.DIALECT, at(0, 0).getBytes(StandardCharsets.UTF_8), "Millrace-Poll", text)
                .isError(400);
    }

    // ---- sessions

    @Test
    void aConsumerThatIsNotHeardOfLosesItsPartitionsAndIsBackWithItsNextPoll() throws Exception {
        produce(0, "0");
        subscribed("silent", MANUAL + ",\"session.timeout.ms\":1000");
        TimeUnit.MILLISECONDS.sleep(1_500);
        JsonObject member = api.get("/admin/groups/" + group).object().getJsonArray("members").getJsonObject(0);
        assertThat(member.getString("status")).isEqualTo("dormant");
        assertThat(member.getJsonArray("partitions")).isEmpty();
        assertThat(read("silent", 1)).hasSize(1);
    }

    @Test
    void aStaticMemberThatIsBackKeepsItsPartitions() {
        String fields = MANUAL + ",\"group.instance.id\":\"host-1\"";
        subscribed("before", fields);
        subscribed("other", MANUAL + ",\"group.instance.id\":\"host-2\"");
        String partitions = api.get(instance("before") + "/subscription").object().getJsonArray("partitions").toString();
        int epoch = api.get("/admin/groups/" + group).object().getInt("epoch");
        api.delete(instance("before")).is(204);
        create("after", fields);
        assertThat(api.get(instance("after") + "/subscription").object().getJsonArray("partitions")).hasToString(partitions);
        assertThat(api.get("/admin/groups/" + group).object().getInt("epoch")).isLessThanOrEqualTo(epoch + 2);
    }
}
