package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Producing by every version of HTTP that clients speak. */
@ExtendWith(RunningServer.class)
class HttpVersionsIT {
    private static final String RECORDS = "{\"records\":[{\"value\":\"%s\"}]}";

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1);

    @Test
    void theJdksClientProducesAsItComes() throws IOException, InterruptedException {
        // it asks to go over to HTTP/2 with its first request without a body, and speaks it from then on
        HttpClient client = HttpClient.newHttpClient();
        HttpResponse<String> answer = null;
        for (int i = 0; i < 3; i++) {
            answer = produce(client, "r" + i);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":" + i + "}]}");
            client.send(api.request("/topics").build(), HttpResponse.BodyHandlers.ofString());
        }
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        HttpResponse<String> consumer = client.send(api.request("/consumers/versions-" + topic)
                .header("Content-Type", HttpApi.DIALECT).POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"c\"}")).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(consumer.body()).contains(api.base() + "/consumers/versions-" + topic + "/instances/c");
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void largeBodiesComeInWhole(HttpClient.Version version) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(version).build();
        assertThat(produce(client, "small").statusCode()).isEqualTo(200);
        HttpResponse<String> answer = produce(client, "x".repeat(700_000));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(api.endOffset(topic, 0)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void priorKnowledgeOfHttp2IsEnough(boolean tellsLength) {
        try (RawHttp2 http = new RawHttp2(api.base())) {
            String body = RECORDS.formatted("known");
            assertThat(http.post("/topics/" + topic, HttpApi.JSON, tellsLength ? body.length() : -1, body))
                    .isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":0}]}");
        }
    }

    @Test
    void aLengthThatIsNotThatOfTheBodyIsRefused() {
        try (RawHttp2 http = new RawHttp2(api.base())) {
            String body = RECORDS.formatted("short");
            assertThat(http.post("/topics/" + topic, HttpApi.JSON, body.length() + 5, body)).doesNotContain("offset");
        }
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 99999999999999999999", "Content-Length: %d\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip"})
    void whatCouldBeReadInTwoWaysIsRefusedAndNothingMoreIsReadFromTheConnection(String lengths) {
        String body = RECORDS.formatted("once");
        String head = "POST /topics/" + topic + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + HttpApi.JSON + "\r\n"
                + lengths.formatted(body.length()) + "\r\n\r\n";

        String answer = RawHttp.exchange(api.base(), head + body);

        assertThat(answer).matches("(?s)HTTP/1.1 4(00|13) .*Connection: [Cc]lose\r\n.*");
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    /** The container takes such a length for none. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "+40", "40, 40", "", "0x28"})
    void aLengthThatIsNoNumberBringsNoRecords(String length) {
        assertThat(RawHttp.exchange(api.base(), "POST /topics/" + topic + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                + HttpApi.JSON + "\r\nContent-Length: " + length + "\r\nConnection: close\r\n\r\n"
                + RECORDS.formatted("none"))).startsWith("HTTP/1.1 400 ").contains("\"error_code\":400");
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    /** Or else it would be a way around what is checked of all other requests. */
    @ParameterizedTest
    @ValueSource(strings = {"!", "", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"})
    void whoAsksForHttp2IsCheckedLikeAnyOther(String settings) {
        String answer = RawHttp.exchange(api.base(), "POST /consumers/h2c-" + topic + " HTTP/1.1\r\nHost: <x>\r\n"
                + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: " + settings
                + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        assertThat(answer).doesNotContain("base_uri");
        api.get("/admin/groups/h2c-" + topic).isError(404);
    }

    @Test
    void theSameLengthTwiceIsOne() {
        String body = RECORDS.formatted("twice");
        String length = "Content-Length: " + body.length() + "\r\n";

        assertThat(RawHttp.exchange(api.base(), "POST /topics/" + topic + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                + HttpApi.JSON + "\r\n" + length + length + "\r\n" + body)).startsWith("HTTP/1.1 200 ");
    }

    /** It is read before it is known which broker is to answer. */
    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aBodyThatNamesItsOwnerIsReadAsItComes(HttpClient.Version version) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(version).build();
        client.send(api.request("/topics").build(), HttpResponse.BodyHandlers.ofString());
        String id = "versions " + version + topic;
        for (HttpRequest.BodyPublisher body : List.of(HttpRequest.BodyPublishers.ofString(named(id)),
                HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(named(id).getBytes(StandardCharsets.UTF_8))))) {
            HttpResponse<String> begun = begin(client, body);
            assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
        }
        assertThat(begin(client, HttpRequest.BodyPublishers.noBody()).statusCode()).isEqualTo(400);
        assertThat(begin(client, HttpRequest.BodyPublishers.ofString("x".repeat(300_000))).statusCode()).isEqualTo(413);
        assertThat(begin(client, HttpRequest.BodyPublishers.ofString("{}")).body()).contains("transactional_id");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void soItIsOverHttp2WithPriorKnowledge(boolean tellsLength) {
        for (String body : List.of(named("known " + tellsLength + topic), "")) {
            try (RawHttp2 http = new RawHttp2(api.base())) {
                assertThat(http.post("/transactions", HttpApi.DIALECT, tellsLength ? body.length() : -1, body))
                        .contains(body.isEmpty() ? "error_code\":400" : "producer_id");
            }
        }
    }

    private static String named(String id) {
        return "{\"transactional_id\":\"" + id + "\"}";
    }

    private HttpResponse<String> begin(HttpClient client, HttpRequest.BodyPublisher body) throws IOException, InterruptedException {
        return client.send(api.request("/transactions").header("Content-Type", HttpApi.DIALECT).POST(body).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> produce(HttpClient client, String value) throws IOException, InterruptedException {
        return client.send(api.request("/topics/" + topic).header("Content-Type", HttpApi.JSON)
                .POST(HttpRequest.BodyPublishers.ofString(RECORDS.formatted(value))).build(), HttpResponse.BodyHandlers.ofString());
    }
}
