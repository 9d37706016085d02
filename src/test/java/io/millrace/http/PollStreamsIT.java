package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of a consumer's records, as a client reads them. */
@ExtendWith(RunningServer.class)
@Timeout(120)
class PollStreamsIT {
    private static final String EVENTS = "text/event-stream";
    private static final String LINES = "application/x-ndjson";

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(2);
    private final String group = "it-" + UUID.randomUUID();
    private final String consumer = "/consumers/" + group + "/instances/c";

    @AfterEach
    void nothingStays() {
        api.delete(consumer);
        api.delete("/admin/groups/" + group);
        api.delete("/admin/topics/" + topic);
    }

    private void create(String fields) {
        api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"c\",\"auto.offset.reset\":\"earliest\"," + fields + "}").is(200);
        api.post(consumer + "/subscription", HttpApi.DIALECT, "{\"topics\":[\"" + topic + "\"]}").is(204);
    }

    private void produce(int partition, String... values) {
        String records = String.join("},{\"value\":", values);
        api.post("/topics/" + topic + "/partitions/" + partition, HttpApi.JSON, "{\"records\":[{\"value\":" + records + "}]}").is(200);
    }

    private OpenStream open(String accept, String... more) throws IOException, InterruptedException {
        return open(HttpClient.Version.HTTP_1_1, "", accept, more);
    }

    private OpenStream open(HttpClient.Version version, String query, String accept, String... more)
            throws IOException, InterruptedException {
        String[] headers = new String[2 + more.length];
        headers[0] = "Accept";
        headers[1] = accept;
        System.arraycopy(more, 0, headers, 2, more.length);
        return OpenStream.of(version, api.base().resolve(consumer + "/records" + query), headers);
    }

    private static JsonObject json(String text) {
        return Json.createReader(new StringReader(text)).readObject();
    }

    private String id(int partition, long offset) {
        return topic + "/" + partition + "/" + offset;
    }

    private HttpApi.Answer get(String query, String accept, String... more) {
        HttpRequest.Builder request = api.request(consumer + "/records" + query).header("Accept", accept);
        return api.send((more.length > 0 ? request.headers(more) : request).GET());
    }

    private JsonObject nextError(OpenStream stream) throws IOException {
        Map<String, String> event = stream.event();
        while (event != null && !event.containsKey("event")) {
            event = stream.event();
        }
        assertThat(event).containsEntry("event", "error").doesNotContainKey("id");
        assertThat(stream.event()).as("the stream has ended").isNull();
        return json(event.get("data"));
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void eventsOfAllPartitionsComeAsTheyDoAndSayWhereTheyAre(HttpClient.Version version) throws Exception {
        create("\"format\":\"json\"");
        produce(0, "1");
        try (OpenStream stream = open(version, "", EVENTS)) {
            assertThat(stream.header("Content-Type")).startsWith(EVENTS);
            assertThat(stream.event()).containsKey("retry");
            assertThat(stream.event()).containsEntry("id", id(0, 0));
            for (int n = 0; n < 3; n++) {
                produce(1, Integer.toString(n));
                Map<String, String> next = stream.event();
                assertThat(next).containsEntry("id", id(1, n));
                JsonObject record = json(next.get("data"));
                assertThat(record.getString("topic")).isEqualTo(topic);
                assertThat(record.getInt("partition")).isEqualTo(1);
                assertThat(record.getInt("value")).isEqualTo(n);
            }
        }
    }

    @Test
    void linesHaveTheConsumersFormatAndMayBeCompressed() throws Exception {
        create("\"format\":\"binary\"");
        api.post("/topics/" + topic + "/partitions/0", HttpApi.TEXT, "{\"records\":[{\"value\":\"abc\"}]}").is(200);
        try (OpenStream stream = open(LINES, "Accept-Encoding", "gzip")) {
            assertThat(stream.header("Content-Encoding")).isEqualTo("gzip");
            assertThat(json(stream.line()).getString("value")).isEqualTo("YWJj");
            api.post("/topics/" + topic + "/partitions/1", HttpApi.TEXT, "{\"records\":[{\"value\":\"d\"}]}").is(200);
            assertThat(json(stream.line()).getString("value")).isEqualTo("ZA==");
        }
    }

    @Test
    void whatBreaksOffIsReadOnBehindTheLastEventWithoutALoss() throws Exception {
        create("\"format\":\"json\"");
        produce(1, "10", "11");
        try (OpenStream stream = open(EVENTS)) {
            stream.event();
            assertThat(stream.event()).containsEntry("id", id(1, 0));
            assertThat(stream.event()).containsEntry("id", id(1, 1));
            produce(0, "0", "1", "2", "3", "4");
            assertThat(stream.event()).containsEntry("id", id(0, 0));
            assertThat(stream.event()).containsEntry("id", id(0, 1));
        }
        try (OpenStream stream = open(EVENTS, "Last-Event-ID", id(1, 0) + ", " + id(0, 1))) {
            stream.event();
            TreeSet<String> ids = new TreeSet<>();
            for (int n = 0; n < 4; n++) {
                ids.add(stream.event().get("id"));
            }
            assertThat(ids).containsExactly(id(0, 2), id(0, 3), id(0, 4), id(1, 1));
        }
    }

    @Test
    void whatWasWrittenAndOnlyThatIsCommitted() throws Exception {
        create("\"format\":\"json\"");
        produce(0, "0", "1");
        try (OpenStream stream = open(LINES)) {
            stream.line();
            stream.line();
            api.delete(consumer).is(204);
        }
        produce(0, "2");
        create("\"format\":\"json\"");
        try (OpenStream stream = open(LINES)) {
            assertThat(json(stream.line()).getInt("value")).isEqualTo(2);
        }
    }

    @Test
    void aStreamEndsWithItsConsumer() throws Exception {
        create("\"format\":\"json\"");
        try (OpenStream stream = open(EVENTS)) {
            stream.event();
            api.delete(consumer).is(204);
            assertThat(nextError(stream).getInt("error_code")).isEqualTo(404);
        }
    }

    @Test
    void anotherReadOfTheSameConsumerEndsTheStream() throws Exception {
        create("\"format\":\"json\"");
        try (OpenStream first = open(EVENTS)) {
            first.event();
            try (OpenStream second = open(EVENTS)) {
                assertThat(nextError(first).getInt("error_code")).isEqualTo(409);
                second.event();
                produce(0, "1");
                assertThat(second.event()).containsEntry("id", id(0, 0));
                get("?timeout=0", HttpApi.JSON).is(200);
                assertThat(nextError(second).getInt("error_code")).isEqualTo(409);
            }
        }
    }

    @Test
    void aConsumerIsSoughtAndUnsubscribedWhileItsStreamGoesOn() throws Exception {
        create("\"format\":\"json\",\"session.timeout.ms\":6000");
        produce(0, "0", "1");
        try (OpenStream stream = open(EVENTS)) {
            stream.event();
            assertThat(stream.event()).containsEntry("id", id(0, 0));
            assertThat(stream.event()).containsEntry("id", id(0, 1));
            api.post(consumer + "/positions", HttpApi.DIALECT,
                    "{\"offsets\":[{\"topic\":\"" + topic + "\",\"partition\":0,\"offset\":1}]}").is(204);
            assertThat(stream.event()).containsEntry("id", id(0, 1));
            api.post(consumer + "/offsets", HttpApi.DIALECT, "").is(204);
            api.delete(consumer + "/subscription").is(204);
            assertThat(nextError(stream).getInt("error_code")).isEqualTo(409);
        }
    }

    @Test
    void whileNothingComesTheStreamSaysThatItGoesOnAndKeepsItsSession() throws Exception {
        create("\"format\":\"json\",\"session.timeout.ms\":4000");
        try (OpenStream stream = open(LINES)) {
            for (int n = 0; n < 3; n++) {
                assertThat(stream.anyLine()).isEmpty();
            }
            assertThat(api.get("/admin/groups/" + group).is(200).body()).contains("\"c\"");
            produce(1, "7");
            assertThat(json(stream.line()).getInt("value")).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {EVENTS, LINES})
    void aRecordThatTheFormatCannotShowIsNamedAndSteppedOver(String form) throws Exception {
        create("\"format\":\"json\"");
        api.post("/topics/" + topic + "/partitions/0", HttpApi.TEXT, "{\"records\":[{\"value\":\"no JSON\"}]}").is(200);
        produce(0, "1");
        try (OpenStream stream = open(form)) {
            if (form.equals(EVENTS)) {
                stream.event();
                assertThat(stream.event()).containsEntry("event", "error").containsEntry("id", id(0, 0));
                assertThat(stream.event()).containsEntry("id", id(0, 1));
            } else {
                assertThat(json(stream.line())).containsKeys("error_code", "topic", "partition", "offset");
                assertThat(json(stream.line()).getInt("value")).isEqualTo(1);
            }
        }
    }

    @Test
    void whatIsWrongBeforeTheFirstByteIsAnAnswerOfItsOwn() {
        get("", EVENTS).isError(404);
        create("\"format\":\"raw\"");
        get("", EVENTS).isError(406);
        get("?format=json", EVENTS).isError(406);
        get("?format=avro", EVENTS).isError(400);
        get("?timeout=x", EVENTS).isError(400);
        for (String id : new String[] {"7", topic + "/0", topic + "/0/x", topic + "/-1/0", "/0/1", "a/0/1,"}) {
            assertThat(get("", EVENTS, "Last-Event-ID", id).isError(400).message()).contains("Last-Event-ID");
        }
    }
}
