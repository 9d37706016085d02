package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.http.HttpApi.Answer;
import io.millrace.process.RunningServer;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A topic is deleted and created anew while a group reads it, with no time between that and the next request. Each is tried some
 * times, because what a server does now and then falls at another moment in each.
 */
@ExtendWith(RunningServer.class)
class RecreatedTopicIT {
    private static final int TRIES = 12;
    private static final int OLD = 10;
    private static final int NEW = 20;

    private final HttpApi api = new HttpApi();
    private final String topic = "it-anew-" + UUID.randomUUID();
    private final String group = "it-" + topic;

    @AfterEach
    void nothingStays() {
        api.delete(instance("c"));
        api.delete(instance("next"));
        api.delete("/admin/groups/" + group);
        api.delete("/admin/topics/" + topic);
    }

    private String instance(String name) {
        return "/consumers/" + group + "/instances/" + name;
    }

    private void topicOf(int records, String prefix) {
        api.post("/admin/topics", "application/json", "{\"topic_name\":\"" + topic + "\",\"partitions_count\":1}").is(201);
        String values = IntStream.range(0, records).mapToObj(i -> "{\"value\":\"" + prefix + i + "\"}")
                .collect(Collectors.joining(","));
        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[" + values + "]}").is(200);
    }

    private void consumer(String name, boolean autoCommit) {
        api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"" + name + "\",\"format\":\"json\","
                + "\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":" + autoCommit + "}").is(200);
        api.post(instance(name) + "/subscription", HttpApi.DIALECT, "{\"topics\":[\"" + topic + "\"]}").is(204);
    }

    /** @return the member epoch that the last poll told */
    private String read(String name, String prefix, int count) {
        List<String> values = new ArrayList<>();
        Answer polled;
        do {
            polled = api.get(instance(name) + "/records?timeout=2000", HttpApi.JSON).is(200);
            List<JsonObject> records = polled.array().getValuesAs(JsonObject.class);
            assertThat(records).as("after %s", values).isNotEmpty();
            records.forEach(record -> values.add(record.getString("value")));
        } while (values.size() < count);
        assertThat(values).containsExactlyElementsOf(IntStream.range(0, count).mapToObj(i -> prefix + i).toList());
        return polled.header("Millrace-Member-Epoch");
    }

    private String readTheOldOne(boolean autoCommit) {
        topicOf(OLD, "o");
        consumer("c", autoCommit);
        return read("c", "o", OLD);
    }

    private void recreated() {
        api.delete("/admin/topics/" + topic).is(204);
        topicOf(NEW, "n");
    }

    @RepeatedTest(TRIES)
    void aPollGivesTheNewOneFromItsFirstRecord() {
        readTheOldOne(false);
        recreated();
        read("c", "n", NEW);
    }

    @RepeatedTest(TRIES)
    void aCommitOfAllThatWasPolledDoesNotLandOnIt() {
        readTheOldOne(false);
        recreated();
        api.post(instance("c") + "/offsets", HttpApi.DIALECT, "").is(204);
        read("c", "n", NEW);
    }

    @RepeatedTest(TRIES)
    void aConsumerWithAutomaticCommitsThatIsDeletedCommitsNothingInIt() {
        readTheOldOne(true);
        recreated();
        api.delete(instance("c")).is(204);
        consumer("next", false);
        read("next", "n", NEW);
    }

    @RepeatedTest(TRIES)
    void anExplicitCommitOfTheOldOneIsRefusedAndTheNewOneIsRead() {
        String epoch = readTheOldOne(false);
        recreated();
        String offsets = "{\"offsets\":[{\"topic\":\"" + topic + "\",\"partition\":0,\"offset\":" + OLD + "}]}";
        assertThat(api.post(instance("c") + "/offsets", HttpApi.DIALECT, offsets).isError(409).message()).contains("anew", "poll");
        api.send("POST", instance("c") + "/offsets", HttpApi.DIALECT, offsets.getBytes(), "Millrace-Member-Epoch", epoch)
                .isError(409);
        read("c", "n", NEW);
        api.post(instance("c") + "/offsets", HttpApi.DIALECT, offsets).is(204);
    }

    @RepeatedTest(TRIES)
    void aNewConsumerIsGivenEachOfItsRecordsOnce() {
        readTheOldOne(false);
        api.delete(instance("c")).is(204);
        recreated();
        consumer("next", false);
        read("next", "n", NEW);
        assertThat(api.get(instance("next") + "/records?timeout=300", HttpApi.JSON).is(200).array()).isEmpty();
    }
}
