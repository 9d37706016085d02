package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of a partition's records, as a client reads them. */
@ExtendWith(RunningServer.class)
@Timeout(120)
class StreamsIT {
    private static final String EVENTS = "text/event-stream";
    private static final String LINES = "application/x-ndjson";

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1);
    private final String records = "/topics/" + topic + "/partitions/0/records";

    private OpenStream open(String path, String... headers) throws IOException, InterruptedException {
        return open(HttpClient.Version.HTTP_1_1, path, headers);
    }

    private OpenStream open(HttpClient.Version version, String path, String... headers) throws IOException, InterruptedException {
        return OpenStream.of(version, api.base().resolve(path), headers);
    }

    private static JsonObject json(String text) {
        return Json.createReader(new StringReader(text)).readObject();
    }

    private void produce(String value) {
        api.post("/topics/" + topic, HttpApi.JSON, "{\"records\":[{\"key\":\"k\",\"value\":" + value + "}]}").is(200);
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void eventsOfRecordsComeAsTheseDoAndGoOnBehindTheLastOne(HttpClient.Version version) throws Exception {
        produce("{\"n\":1}");
        try (OpenStream stream = open(version, records, "Accept", EVENTS)) {
            assertThat(stream.header("Content-Type")).startsWith(EVENTS);
            assertThat(stream.header("Millrace-Offset")).isEqualTo("0");
            assertThat(stream.event()).containsKey("retry");
            Map<String, String> first = stream.event();
            assertThat(first).containsEntry("id", "0");
            assertThat(json(first.get("data")).getJsonObject("value").getInt("n")).isEqualTo(1);
            assertThat(json(first.get("data")).getString("topic")).isEqualTo(topic);
            for (int n = 2; n < 6; n++) {
                produce("{\"n\":" + n + "}");
                Map<String, String> next = stream.event();
                assertThat(next).containsEntry("id", Integer.toString(n - 1));
                assertThat(json(next.get("data")).getJsonObject("value").getInt("n")).isEqualTo(n);
            }
        }
        try (OpenStream stream = open(version, records + "?offset=0", "Accept", EVENTS, "Last-Event-ID", "3")) {
            stream.event();
            assertThat(stream.event()).containsEntry("id", "4");
        }
    }

    @Test
    void linesOfRecordsHaveTheFormatThatIsAskedFor() throws Exception {
        api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"value\":\"gr\u00fc\u00df\\n dich\"}]}").is(200);
        try (OpenStream stream = open(records + "?format=text", "Accept", LINES)) {
            assertThat(json(stream.line()).getString("value")).isEqualTo("gr\u00fc\u00df\n dich");
            api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"value\":\"b\"}]}").is(200);
            assertThat(json(stream.line()).getInt("offset")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {EVENTS, LINES})
    void aRecordThatTheFormatCannotShowIsNamedAndSteppedOver(String form) throws Exception {
        produce("1");
        api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"value\":\"no JSON\"}]}").is(200);
        api.post("/topics/" + topic, HttpApi.TEXT, "{\"records\":[{\"value\":\"{\\\"a\\\":\\r\\n 1}\"}]}").is(200);
        try (OpenStream stream = open(records, "Accept", form)) {
            if (form.equals(EVENTS)) {
                stream.event();
                stream.event();
                Map<String, String> error = stream.event();
                assertThat(error).containsEntry("event", "error").containsEntry("id", "1");
                assertThat(json(error.get("data")).getInt("error_code")).isEqualTo(406);
                assertThat(json(stream.event().get("data")).getJsonObject("value").getInt("a")).isEqualTo(1);
            } else {
                stream.line();
                assertThat(json(stream.line())).containsKeys("error_code", "message", "topic", "partition", "offset");
                assertThat(json(stream.line()).getJsonObject("value").getInt("a")).isEqualTo(1);
            }
        }
    }

    @Test
    void aCompressedStreamLetsEachRecordOut() throws Exception {
        produce("1");
        try (OpenStream stream = open(records, "Accept", LINES, "Accept-Encoding", "gzip")) {
            assertThat(stream.header("Content-Encoding")).isEqualTo("gzip");
            assertThat(json(stream.line()).getInt("offset")).isZero();
            for (int n = 1; n < 4; n++) {
                produce("\"again and again\"");
                assertThat(json(stream.line()).getInt("offset")).isEqualTo(n);
            }
        }
    }

    @Test
    void manyRecordsComeInTheirOrder() throws Exception {
        String list = "{\"records\":[" + "{\"value\":\"" .concat("x".repeat(200)).concat("\"},").repeat(4_999) + "{\"value\":0}]}";
        api.post("/topics/" + topic, HttpApi.JSON, list).is(200);
        api.post("/topics/" + topic, HttpApi.JSON, list).is(200);
        try (OpenStream stream = open(records + "?max_bytes=20000", "Accept", LINES)) {
            for (int n = 0; n < 10_000; n++) {
                assertThat(json(stream.line()).getInt("offset")).isEqualTo(n);
            }
        }
    }

    @Test
    void whatIsWrongBeforeTheFirstByteIsAnAnswerOfItsOwn() throws Exception {
        get("/topics/none/partitions/0/records", EVENTS).isError(404);
        get(records + "?offset=7", EVENTS).isError(416);
        get(records + "?offset=never", LINES).isError(400);
        get(records + "?format=avro", LINES).isError(400);
        get(records, EVENTS, "Last-Event-ID", "x").isError(400);
        HttpResponse<Void> head = HttpClient.newHttpClient().send(HttpRequest.newBuilder(api.base().resolve(records))
                .header("Accept", EVENTS).method("HEAD", HttpRequest.BodyPublishers.noBody()).build(),
                HttpResponse.BodyHandlers.discarding());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Type").orElseThrow()).startsWith(EVENTS);
    }

    private HttpApi.Answer get(String path, String accept, String... more) {
        HttpRequest.Builder request = api.request(path).header("Accept", accept);
        return api.send((more.length > 0 ? request.headers(more) : request).GET());
    }

    @Test
    void aStreamEndsWithItsTopicAndSaysWhy() throws Exception {
        try (OpenStream stream = open(records, "Accept", EVENTS)) {
            stream.event();
            api.delete("/admin/topics/" + topic).is(204);
            Map<String, String> error = stream.event();
            assertThat(error).containsEntry("event", "error");
            assertThat(json(error.get("data")).getInt("error_code")).isIn(404, 503);
            assertThat(stream.event()).isNull();
        }
    }

    @Test
    void streamsThatAreOpenAreCounted() throws Exception {
        try (OpenStream stream = open(records, "Accept", EVENTS)) {
            assertThat(stream.event()).isNotNull();
            assertThat(api.get("/metrics").body()).containsPattern("millrace_streams_open\\S* [1-9]");
        }
    }

    @Test
    void largeAnswersAreCompressedForWhoTakesThat() throws Exception {
        produce("\"" + "x".repeat(5_000) + "\"");
        HttpApi.Answer plain = get(records, HttpApi.JSON);
        HttpApi.Answer compressed = get(records, HttpApi.JSON, "Accept-Encoding", "br, gzip;q=0.5");
        assertThat(compressed.header("Content-Encoding")).isEqualTo("gzip");
        assertThat(compressed.header("Vary")).contains("Accept-Encoding");
        assertThat(compressed.bytes().length).isLessThan(500);
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed.bytes()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(plain.body());
        }
        assertThat(plain.header("Content-Encoding")).isNull();
        assertThat(get(records, HttpApi.JSON, "Accept-Encoding", "gzip;q=0, *").header("Content-Encoding")).isNull();
        assertThat(get(records, HttpApi.BATCH, "Accept-Encoding", "gzip").header("Content-Encoding"))
                .isNull();
        assertThat(get("/topics/" + topic + "/partitions/0", HttpApi.DIALECT, "Accept-Encoding", "gzip").header("Content-Encoding")).isNull();
    }
}
