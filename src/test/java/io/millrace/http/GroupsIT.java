package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Consumer groups as their operator sees them. */
@ExtendWith(RunningServer.class)
class GroupsIT {
    /** A consumer may have to wait for its partitions, and lag is looked up now and then. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String PLAIN_JSON = "application/json";
    private static final int RECORDS = 10;
    private static final int COMMITTED = 6;

    private final HttpApi api = new HttpApi();
    private final String group = "it-group-" + UUID.randomUUID();
    private final String path = "/admin/groups/" + group;
    /** Of the first record; each of the others is a second younger. */
    private final long firstTimestamp = System.currentTimeMillis() - 60_000;
    private String topic;

    /** A group whose consumer c1 has read some of the records and committed that. */
    @BeforeEach
    void aConsumerReadsAndCommits() {
        topic = api.newTopic(1);
        produce(0, COMMITTED);
        create("c1");
        api.post("/consumers/" + group + "/instances/c1/subscription", HttpApi.DIALECT,
                "{\"topics\":[\"" + topic + "\"]}").is(204);
        int[] read = {0};
        await("records", () -> {
            read[0] += api.get("/consumers/" + group + "/instances/c1/records?timeout=1000", HttpApi.JSON).is(200)
                    .array().size();
            return read[0] >= COMMITTED;
        });
        api.post("/consumers/" + group + "/instances/c1/offsets", HttpApi.DIALECT, "").is(204);
        produce(COMMITTED, RECORDS);
    }

    @AfterEach
    void nothingStays() {
        api.delete("/consumers/" + group + "/instances/c1");
        api.delete(path);
        api.delete("/admin/topics/" + topic);
    }

    private void produce(int from, int to) {
        String records = IntStream.range(from, to)
                .mapToObj(i -> "{\"value\":" + i + ",\"timestamp\":" + (firstTimestamp + i * 1_000L) + "}")
                .collect(Collectors.joining(","));
        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[" + records + "]}").is(200);
    }

    private void create(String name) {
        api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"" + name + "\",\"format\":\"json\","
                + "\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":false}").is(200);
    }

    private void leave() {
        api.delete("/consumers/" + group + "/instances/c1").is(204);
    }

    private static void await(String what, BooleanSupplier condition) {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!condition.getAsBoolean()) {
            assertThat(Instant.now()).as("no " + what + " for too long").isBefore(deadline);
        }
    }

    private JsonObject described() {
        return api.get(path).is(200).object();
    }

    private JsonObject partition() {
        return described().getJsonArray("partitions").getJsonObject(0);
    }

    private HttpApi.Answer reset(String fields) {
        return api.post(path + "/offsets", PLAIN_JSON, "{" + fields + "}");
    }

    @Test
    void aGroupIsListedWithItsState() {
        HttpApi.Answer list = api.get("/admin/groups").is(200);

        assertThat(list.contentType()).isEqualTo(HttpApi.DIALECT);
        List<JsonObject> groups = list.array().getValuesAs(JsonObject.class);
        assertThat(groups.stream().map(each -> each.getString("group"))).contains(group).isSorted();
        JsonObject listed = groups.stream().filter(each -> each.getString("group").equals(group)).findAny()
                .orElseThrow();
        assertThat(listed.toString()).isEqualTo("{\"group\":\"" + group + "\",\"state\":\"stable\",\"members\":1}");
    }

    @Test
    void aDescriptionHasTheMembersAndHowFarTheGroupHasCome() {
        JsonObject description = described();

        assertThat(description.keySet()).containsExactly("group", "state", "coordinator", "epoch", "assignor", "lag",
                "members", "partitions");
        assertThat(description.getString("group")).isEqualTo(group);
        assertThat(description.getString("state")).isEqualTo("stable");
        assertThat(description.getInt("lag")).isEqualTo(RECORDS - COMMITTED);
        JsonObject member = description.getJsonArray("members").getJsonObject(0);
        assertThat(member.getString("name")).isEqualTo("c1");
        assertThat(member.isNull("group_instance_id")).isTrue();
        assertThat(member.getString("status")).isEqualTo("active");
        assertThat(member.getJsonObject("subscription").getJsonArray("topics").getString(0)).isEqualTo(topic);
        assertThat(member.getJsonArray("partitions").toString())
                .isEqualTo("[{\"topic\":\"" + topic + "\",\"partition\":0}]");
        assertThat(member.isNull("target")).isTrue();
        JsonObject progress = description.getJsonArray("partitions").getJsonObject(0);
        assertThat(progress.getString("topic")).isEqualTo(topic);
        assertThat(progress.getInt("partition")).isZero();
        assertThat(progress.getString("owner")).isEqualTo("c1");
        assertThat(progress.getInt("committed_offset")).isEqualTo(COMMITTED);
        assertThat(progress.getInt("end_offset")).isEqualTo(RECORDS);
        assertThat(progress.getInt("lag")).isEqualTo(RECORDS - COMMITTED);
        assertThat(progress.getJsonNumber("oldest_unread_age_ms").longValue())
                .isBetween(1L, System.currentTimeMillis() - (firstTimestamp + COMMITTED * 1_000L));
    }

    @Test
    void offsetsAreNotSetNorTheGroupDeletedWhileAConsumerTakesPart() {
        assertThat(reset("\"to\":\"earliest\"").isError(409).header("Millrace-Error")).isEqualTo("GROUP_NOT_EMPTY");
        reset("\"to\":\"earliest\",\"dry_run\":true").isError(409);
        api.delete(path).isError(409);

        assertThat(partition().getInt("committed_offset")).isEqualTo(COMMITTED);
    }

    @Test
    void aDryRunTellsWhatWouldBeDoneAndChangesNothing() {
        leave();

        assertThat(reset("\"to\":\"earliest\",\"dry_run\":true").is(200).body()).isEqualTo(
                "{\"dry_run\":true,\"offsets\":[{\"topic\":\"" + topic + "\",\"partition\":0,\"before\":" + COMMITTED
                        + ",\"after\":0}]}");
        assertThat(partition().getInt("committed_offset")).isEqualTo(COMMITTED);
        assertThat(described().getString("state")).isEqualTo("empty");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"to\":\"earliest\" | 0", "\"to\":\"latest\" | 10",
        "\"to\":\"offset\",\"value\":3 | 3", "\"to\":\"offset\",\"value\":1000 | 10",
        "\"to\":\"shift\",\"value\":-2 | 4", "\"to\":\"shift\",\"value\":-100 | 0"})
    void offsetsAreSetWithinWhatThereIs(String target, int after) {
        leave();

        JsonObject change = reset(target).is(200).object().getJsonArray("offsets").getJsonObject(0);

        assertThat(change.getInt("before")).isEqualTo(COMMITTED);
        assertThat(change.getInt("after")).isEqualTo(after);
        assertThat(partition().getInt("committed_offset")).isEqualTo(after);
        assertThat(partition().getInt("lag")).isEqualTo(RECORDS - after);
    }

    @Test
    void offsetsAreSetByTimestampInTheTopicsAndPartitionsThatAreNamed() {
        leave();
        String target = "\"to\":\"timestamp\",\"value\":" + (firstTimestamp + 1_500);

        assertThat(reset(target + ",\"topics\":[\"" + topic + "\"]").is(200).object().getJsonArray("offsets")
                .getJsonObject(0).getInt("after")).isEqualTo(2);
        assertThat(reset("\"to\":\"shift\",\"value\":1,\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0}]")
                .is(200).object().getJsonArray("offsets").getJsonObject(0).getInt("after")).isEqualTo(3);
        assertThat(partition().getInt("committed_offset")).isEqualTo(3);
        reset(target + ",\"topics\":[\"no-such-topic\"]").isError(404);
        reset(target + ",\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":1}]").isError(404);
        assertThat(partition().getInt("committed_offset")).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"to\":1 | 400", "\"to\":\"latest\",\"x\":1 | 400", "\"to\":\"shift\" | 400",
        "\"to\":\"latest\",\"dry_run\":\"no\" | 400", "\"to\":\"middle\" | 422",
        "\"to\":\"latest\",\"topics\":[] | 422",
        "\"to\":\"offset\",\"value\":-1 | 422"})
    void aWrongResetIsRefused(String fields, int status) {
        leave();

        reset(fields).isError(status);
        assertThat(partition().getInt("committed_offset")).isEqualTo(COMMITTED);
    }

    @Test
    void aMemberIsTakenOutOfItsGroupAndOthersGetItsPartitions() {
        create("c2");
        api.post("/consumers/" + group + "/instances/c2/subscription", HttpApi.DIALECT,
                "{\"topics\":[\"" + topic + "\"]}").is(204);

        api.delete(path + "/members/c1").is(204);

        api.get("/consumers/" + group + "/instances/c1/records", HttpApi.JSON).isError(404);
        api.delete(path + "/members/c1").isError(404);
        await("partition for c2", () -> !partition().isNull("owner") && partition().getString("owner").equals("c2"));
        api.delete("/consumers/" + group + "/instances/c2").is(204);
    }

    @Test
    void aGroupTakesNoMoreConsumersThanItHasRoomForAndThoseThatItHasGoOn() {
        List<String> names = new ArrayList<>();
        try {
            HttpApi.Answer last;
            do {
                names.add("m" + names.size() + "-" + "n".repeat(200));
                last = api.post("/consumers/" + group, HttpApi.DIALECT,
                        "{\"name\":\"" + names.get(names.size() - 1) + "\"}");
            } while (last.status() == 200 && names.size() < 2_000);

            assertThat(last.is(503).object().getString("message")).contains("millrace.group.max.size");
            api.post("/consumers/" + group + "/instances/c1/offsets", HttpApi.DIALECT, "{\"offsets\":[{\"topic\":\""
                    + topic + "\",\"partition\":0,\"offset\":" + RECORDS + "}]}").is(204);
            assertThat(partition().getInt("committed_offset")).isEqualTo(RECORDS);
        } finally {
            names.forEach(name -> api.delete("/consumers/" + group + "/instances/" + name));
        }
        create("again");
        api.delete("/consumers/" + group + "/instances/again").is(204);
    }

    @Test
    void aDeletedGroupIsGone() {
        leave();

        api.delete(path).is(204);

        api.get(path).isError(404);
        api.delete(path).isError(404);
        assertThat(api.get("/admin/groups").is(200).body()).doesNotContain(group);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-group", "no%20such%20group"})
    void aGroupThatDoesNotExistIsNotFound(String unknown) {
        api.get("/admin/groups/" + unknown).isError(404);
        api.post("/admin/groups/" + unknown + "/offsets", PLAIN_JSON, "{\"to\":\"latest\"}").isError(404);
        api.delete("/admin/groups/" + unknown).isError(404);
        api.delete("/admin/groups/" + unknown + "/members/c1").isError(404);

        assertThat(api.get("/admin/groups").is(200).body()).doesNotContain("no-such-group", "no such group");
    }

    @Test
    void lagIsAMetricWhileTheGroupHasOffsets() {
        String ofGroup = "group=\"" + group + "\"";

        await("lag", () -> lag(ofGroup) == RECORDS - COMMITTED);
        assertThat(metrics().stream().filter(line -> line.contains(ofGroup)))
                .singleElement().asString().contains("partition=\"0\"", "topic=\"" + topic + "\"");
        assertThat(metrics().stream().filter(line -> line.startsWith("millrace_groups{")
                || line.startsWith("millrace_groups "))).singleElement();
        leave();
        api.delete(path).is(204);
        await("end of the gauge", () -> metrics().stream().noneMatch(line -> line.contains(ofGroup)));
    }

    private List<String> metrics() {
        return api.get("/metrics", "text/plain").is(200).body().lines()
                .filter(line -> line.startsWith("millrace_group")).toList();
    }

    /** The value of the gauge with this tag; -1 when there is none. */
    private double lag(String tag) {
        return metrics().stream().filter(line -> line.startsWith("millrace_group_lag{") && line.contains(tag))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst().orElse(-1);
    }
}
