package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics and their administration. */
@ExtendWith(RunningServer.class)
class TopicsIT {
    private final HttpApi api = new HttpApi();

    @Test
    void theServerTellsItsVersion() {
        HttpApi.Answer answer = api.get("/").is(200);

        assertThat(answer.contentType()).isEqualTo("application/json");
        assertThat(answer.object().getString("bridge_version")).matches("\\d+\\..*");
    }

    @Test
    void aCreatedTopicIsListedAndDescribed() {
        String topic = api.newTopic(3, "{\"retention.ms\":\"5000\"}");

        HttpApi.Answer list = api.get("/topics").is(200);
        assertThat(list.contentType()).isEqualTo(HttpApi.DIALECT);
        assertThat(list.array().getValuesAs(JsonString::getString)).contains(topic).isSorted();

        JsonObject metadata = api.get("/topics/" + topic).is(200).object();
        assertThat(metadata.keySet()).containsExactly("name", "configs", "partitions");
        assertThat(metadata.getJsonObject("configs").getString("retention.ms")).isEqualTo("5000");
        assertThat(metadata.getJsonArray("partitions")).hasSize(3);
        JsonObject partition = metadata.getJsonArray("partitions").getJsonObject(2);
        assertThat(partition.keySet()).containsExactly("partition", "leader", "replicas");
        JsonObject replica = partition.getJsonArray("replicas").getJsonObject(0);
        assertThat(replica.getInt("broker")).isEqualTo(partition.getInt("leader"));
        assertThat(replica.getBoolean("leader")).isTrue();
        assertThat(replica.getBoolean("in_sync")).isTrue();

        assertThat(api.get("/topics/" + topic + "/partitions").is(200).array())
                .isEqualTo(metadata.getJsonArray("partitions"));
        assertThat(api.get("/topics/" + topic + "/partitions/2").is(200).object()).isEqualTo(partition);
    }

    @Test
    void creatingATopicTwiceIsAConflict() {
        String topic = api.newTopic(1);

        api.post("/admin/topics", HttpApi.JSON, "{\"topic_name\":\"" + topic + "\"}").isError(409);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"topic_name\":\"..\"} | 400", "{\"topic_name\":\"../../etc/passwd\"} | 400", "{\"topic_name\":\"\"} | 400",
        "{\"topic_name\":\"a/b\"} | 400", "{\"topic_name\":\"a b\"} | 400", "{\"topic_name\":null} | 400", "{} | 400",
        "{\"topic_name\":1} | 400", "{\"topic_name\":\"x\",\"unknown\":1} | 400", "[] | 400", "{ | 400",
        "{\"topic_name\":\"x\",\"partitions_count\":\"1\"} | 400",
        "{\"topic_name\":\"x\",\"partitions_count\":1.5} | 400",
        "{\"topic_name\":\"x\",\"partitions_count\":0} | 422", "{\"topic_name\":\"x\",\"partitions_count\":-1} | 422",
        "{\"topic_name\":\"x\",\"partitions_count\":2147483647} | 422",
        "{\"topic_name\":\"x\",\"replication_factor\":3} | 422",
        "{\"topic_name\":\"x\",\"configs\":{\"no.such.key\":\"1\"}} | 422",
        "{\"topic_name\":\"x\",\"configs\":{\"segment.bytes\":\"-5\"}} | 422",
        "{\"topic_name\":\"x\",\"configs\":{\"min.compaction.lag.ms\":\"2\",\"max.compaction.lag.ms\":\"1\"}} | 422"})
    void aTopicThatCannotBeIsNotCreated(String body, int status) {
        api.post("/admin/topics", HttpApi.JSON, body).isError(status);

        api.get("/topics/x").isError(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/topics/no-such-topic", "/topics/no-such-topic/partitions",
        "/topics/no-such-topic/partitions/0",
        "/topics/no-such-topic/partitions/0/offsets", "/topics/no-such-topic/partitions/0/records",
        "/admin/topics/no-such-topic", "/admin/topics/no-such-topic/configs", "/nothing/here"})
    void whatDoesNotExistIsNotFound(String path) {
        api.get(path).isError(404);
    }

    @ParameterizedTest
    @CsvSource({"1,404", "2147483647,404", "2147483648,400", "99999999999999999999,400", "-1,400", "x,400", "1.0,400"})
    void aPartitionIsAKnownNumber(String partition, int status) {
        String topic = api.newTopic(1);

        api.get("/topics/" + topic + "/partitions/" + partition).isError(status);
        api.get("/topics/" + topic + "/partitions/" + partition + "/offsets").isError(status);
        api.get("/topics/" + topic + "/partitions/" + partition + "/records").isError(status);
        api.post("/topics/" + topic + "/partitions/" + partition, HttpApi.JSON, "{\"records\":[{\"value\":1}]}")
                .isError(status);
        api.delete("/admin/topics/" + topic + "/partitions/" + partition + "/records?before_offset=latest")
                .isError(status);
    }

    @Test
    void aDescriptionHasEveryKeyInForceAndThoseSet() {
        String topic = api.newTopic(2, "{\"flush\":\"os\"}");
        api.post("/topics/" + topic + "/partitions/1", HttpApi.JSON, "{\"records\":[{\"value\":1},{\"value\":2}]}")
                .is(200);

        JsonObject description = api.get("/admin/topics/" + topic).is(200).object();

        assertThat(description.getString("topic_name")).isEqualTo(topic);
        assertThat(description.getString("topic_id")).isNotBlank();
        assertThat(description.getInt("partitions_count")).isEqualTo(2);
        assertThat(description.getInt("replication_factor")).isEqualTo(1);
        assertThat(description.getJsonObject("configs").keySet()).contains("retention.ms", "retention.bytes",
                "segment.bytes", "segment.ms", "max.message.bytes", "compression.type", "message.timestamp.type",
                "flush",
                "cleanup.policy");
        assertThat(description.getJsonObject("overrides").keySet()).containsExactly("flush");
        JsonObject partition = description.getJsonArray("partitions").getJsonObject(1);
        assertThat(partition.getInt("beginning_offset")).isZero();
        assertThat(partition.getInt("end_offset")).isEqualTo(2);
        assertThat(partition.getInt("size_bytes")).isPositive();
    }

    @Test
    void configurationIsChangedAndTakenBack() {
        String topic = api.newTopic(1);
        String path = "/admin/topics/" + topic + "/configs";
        String usual = api.get(path).is(200).object().getJsonObject("configs").getString("retention.ms");

        assertThat(patch(path, "{\"configs\":{\"retention.ms\":\"77\"}}").is(200).object().getJsonObject("configs")
                .getString("retention.ms")).isEqualTo("77");
        assertThat(api.get(path).object().getJsonObject("configs").getString("retention.ms")).isEqualTo("77");
        assertThat(patch(path, "{\"configs\":{\"retention.ms\":null}}").is(200).object().getJsonObject("configs")
                .getString("retention.ms")).isEqualTo(usual);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{\"configs\":{\"retention.ms\":\"x\"}} | 422",
        "{\"configs\":{\"no.such\":\"1\"}} | 422",
        "{\"configs\":{\"cleanup.policy\":\"compacted\"}} | 422", "{\"configs\":{\"retention.ms\":5}} | 400", "{} | 400",
        "{\"config\":{}} | 400", "{\"configs\":[]} | 400"})
    void aWrongConfigurationIsRefused(String body, int status) {
        patch("/admin/topics/" + api.newTopic(1) + "/configs", body).isError(status);
    }

    @Test
    void partitionsAreAddedAndNeverTaken() {
        String topic = api.newTopic(1);
        String path = "/admin/topics/" + topic + "/partitions";

        assertThat(api.post(path, HttpApi.JSON, "{\"partitions_count\":4}").is(200).object()
                .getJsonArray("partitions")).hasSize(4);
        api.post("/topics/" + topic + "/partitions/3", HttpApi.JSON, "{\"records\":[{\"value\":1}]}").is(200);
        api.post(path, HttpApi.JSON, "{\"partitions_count\":2}").isError(422);
        api.post(path, HttpApi.JSON, "{\"partitions_count\":null}").isError(400);
        api.post(path, HttpApi.JSON, "{}").isError(400);
    }

    @Test
    void topicsOfTheClustersOwnAreClosedToEverybodyElse() {
        String records = "{\"records\":[{\"key\":\"a\",\"value\":1}]}";
        api.post("/topics/__consumer_offsets", HttpApi.JSON, records).isError(403);
        api.delete("/admin/topics/__consumer_offsets").isError(403);
        patch("/admin/topics/__consumer_offsets/configs", "{\"configs\":{\"retention.ms\":\"1\"}}").isError(403);
        api.post("/admin/topics/__consumer_offsets/partitions", HttpApi.JSON, "{\"partitions_count\":99}").isError(403);
        api.post("/admin/topics", HttpApi.JSON, "{\"topic_name\":\"__consumer_offsets\"}").isError(400);
    }

    @Test
    void topicsOfTheClustersOwnAreListedOnlyWhenTheyAreAskedFor() {
        String topic = api.newTopic(1);
        assertThat(api.get("/topics?internal=true").is(200).array().getValuesAs(JsonString::getString)).contains(topic);
        assertThat(api.get("/topics").is(200).array().getValuesAs(JsonString::getString)).noneMatch(name -> name.startsWith("__"));
        api.get("/topics?internal=perhaps").isError(400);
    }

    @Test
    void recordsAreDeletedBeforeAnOffset() {
        String topic = api.newTopic(1);
        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[{\"value\":0},{\"value\":1},{\"value\":2}]}").is(200);
        String path = "/admin/topics/" + topic + "/partitions/0/records";

        assertThat(api.delete(path + "?before_offset=2").is(200).body()).isEqualTo("{\"beginning_offset\":2}");
        api.get("/topics/" + topic + "/partitions/0/records?offset=1").isError(416);
        assertThat(api.get("/topics/" + topic + "/partitions/0/records").is(200).array()).hasSize(1);
        assertThat(api.delete(path + "?before_offset=latest").is(200).body()).isEqualTo("{\"beginning_offset\":3}");
        assertThat(api.get("/topics/" + topic + "/partitions/0/offsets").body())
                .isEqualTo("{\"beginning_offset\":3,\"end_offset\":3}");
        api.delete(path).isError(400);
        api.delete(path + "?before_offset=-1").isError(400);
        api.delete(path + "?before_offset=99999999999999999999").isError(400);
        api.delete(path + "?before_offset=4").isError(416);
    }

    @Test
    void recordsOfATopicThatIsCompactedOnlyAreNotDeletedBeforeAnOffset() {
        String topic = api.newTopic(1);
        String path = "/admin/topics/" + topic;
        patch(path + "/configs", "{\"configs\":{\"cleanup.policy\":\"compact\"}}").is(200);
        assertThat(api.delete(path + "/partitions/0/records?before_offset=latest").isError(422).header("Millrace-Error"))
                .isEqualTo("POLICY_VIOLATION");

        patch(path + "/configs", "{\"configs\":{\"cleanup.policy\":\"compact,delete\"}}").is(200);
        api.delete(path + "/partitions/0/records?before_offset=latest").is(200);
    }

    @Test
    void aDeletedTopicIsGoneAndItsNameIsFree() {
        String topic = api.newTopic(1);
        api.produce(topic, "1");

        api.delete("/admin/topics/" + topic).is(204);

        api.get("/topics/" + topic).isError(404);
        api.delete("/admin/topics/" + topic).isError(404);
        api.post("/admin/topics", HttpApi.JSON, "{\"topic_name\":\"" + topic + "\"}").is(201);
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    @Test
    void methodsThatAPathDoesNotTakeAreRefusedAndThoseItTakesAreListed() {
        assertThat(api.send("PUT", "/topics", "application/json", new byte[0]).isError(405).header("Allow"))
                .contains("GET");
        assertThat(api.send("OPTIONS", "/topics", null, new byte[0]).is(200).header("Allow")).contains("GET");
    }

    @Test
    void headTellsWhatGetWouldWithoutABody() {
        HttpApi.Answer answer = api.send("HEAD", "/topics", null, new byte[0]).is(200);

        assertThat(answer.contentType()).isEqualTo(HttpApi.DIALECT);
        assertThat(answer.bytes()).isEmpty();
    }

    @Test
    void typesThatAreNotUnderstoodAreRefused() {
        api.post("/admin/topics", "text/plain", "{\"topic_name\":\"x\"}").isError(415);
        api.get("/topics", "text/html").isError(406);
        assertThat(api.get("/topics", "application/json").is(200).contentType()).isEqualTo("application/json");
    }

    private HttpApi.Answer patch(String path, String body) {
        return api.send("PATCH", path, "application/json", body.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void aTopicIsLookedUpBeforeWhatIsAskedOfIt() {
        assertThat(api.send("PATCH", "/admin/topics/no-such/configs", "application/json", "{".getBytes(StandardCharsets.UTF_8))
                .isError(404).body()).contains("no-such");
        api.post("/admin/topics/no-such/partitions", "application/json", "{").isError(404);
        api.post("/topics/no-such", HttpApi.JSON, "{").isError(404);
        api.post("/topics/no-such/partitions/0", HttpApi.JSON, "{").isError(404);
    }
}
