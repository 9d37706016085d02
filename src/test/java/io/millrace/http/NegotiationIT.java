package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.http.NegotiatedTypes.Accepted;
import io.millrace.http.NegotiatedTypes.Coded;
import io.millrace.http.NegotiatedTypes.Sent;
import io.millrace.http.TypesPage.Body;
import io.millrace.http.TypesPage.Given;
import io.millrace.http.TypesPage.Types;
import io.millrace.process.RunningServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Accept, Content-Type and Accept-Encoding, of every request of the API: as {@code docs/api.md} says what each takes and gives. */
@ExtendWith(RunningServer.class)
class NegotiationIT {
    /** No request but those to produce and to get a producer id does anything, whatever it says of types. */
    private static final String REQUESTS = """
            # request | path | body | status when its types are as they should be
            GET / | / | | 200
            GET /healthy | /healthy | | 200
            GET /ready | /ready | | 200
            GET /topics | /topics | | 200
            GET /topics/{topic} | /topics/TOPIC | | 200
            POST /topics/{topic} | /topics/TOPIC | {"records":[{"value":"YQ=="}]} | 200
            GET /topics/{topic}/partitions | /topics/TOPIC/partitions | | 200
            GET /topics/{topic}/partitions/{partition} | /topics/TOPIC/partitions/0 | | 200
            POST /topics/{topic}/partitions/{partition} | /topics/TOPIC/partitions/0 | {"records":[{"value":"YQ=="}]} | 200
            GET /topics/{topic}/partitions/{partition}/offsets | /topics/TOPIC/partitions/0/offsets | | 200
            GET /topics/{topic}/partitions/{partition}/records | /topics/TOPIC/partitions/0/records | | 200
            POST /producers | /producers | {} | 201
            POST /consumers/{groupid} | /consumers/GROUP | {"none":1} | 400
            DELETE C | C-NONE | | 404
            GET C/subscription | C/subscription | | 200
            POST C/subscription | C/subscription | {"none":1} | 400
            DELETE C/subscription | C-NONE/subscription | | 404
            GET C/assignments | C/assignments | | 200
            POST C/assignments | C/assignments | {"none":1} | 400
            GET C/records | C/records?timeout=0 | | 200
            GET C/offsets | C/offsets | {"none":1} | 400
            POST C/offsets | C/offsets | {"none":1} | 400
            POST C/positions | C/positions | {"none":1} | 400
            POST C/positions/beginning | C/positions/beginning | {"none":1} | 400
            POST C/positions/end | C/positions/end | {"none":1} | 400
            GET /transactions | /transactions?limit=1 | | 200
            POST /transactions | /transactions | {"none":1} | 400
            GET /transactions/{id} | /transactions/none | | 404
            POST /transactions/{id}/offsets | /transactions/none/offsets | {"none":1} | 400
            POST /transactions/{id}/commit | /transactions/none/commit | {"none":1} | 400
            POST /transactions/{id}/abort | /transactions/none/abort | {"none":1} | 400
            POST /transactions/{id}/prepare | /transactions/none/prepare | {"none":1} | 400
            GET /admin/transactions/hanging | /admin/transactions/hanging?prefix=none | | 200
            POST /admin/transactions/abort | /admin/transactions/abort | {"none":1} | 400
            POST /admin/transactions/{id}/abort | /admin/transactions/none/abort | {"none":1} | 400
            POST /admin/transactions/{id}/commit | /admin/transactions/none/commit | {"none":1} | 400
            POST /admin/topics | /admin/topics | {"none":1} | 400
            GET /admin/topics/{topic} | /admin/topics/TOPIC | | 200
            DELETE /admin/topics/{topic} | /admin/topics/none | | 404
            GET /admin/topics/{topic}/configs | /admin/topics/TOPIC/configs | | 200
            PATCH /admin/topics/{topic}/configs | /admin/topics/TOPIC/configs | {"none":1} | 400
            POST /admin/topics/{topic}/partitions | /admin/topics/TOPIC/partitions | {"none":1} | 400
            DELETE /admin/topics/{topic}/partitions/{partition}/records | /admin/topics/none/partitions/0/records?before_offset=0 | | 404
            GET /admin/groups | /admin/groups | | 200
            GET /admin/groups/{group} | /admin/groups/GROUP | | 200
            POST /admin/groups/{group}/offsets | /admin/groups/GROUP/offsets | {"none":1} | 400
            DELETE /admin/groups/{group} | /admin/groups/none | | 404
            DELETE /admin/groups/{group}/members/{name} | /admin/groups/none/members/none | | 404
            GET /admin/cluster | /admin/cluster | | 200
            POST /admin/cluster/recover | /admin/cluster/recover | {"none":1} | 400
            GET /admin/reassignments | /admin/reassignments | | 200
            POST /admin/reassignments | /admin/reassignments | {"none":1} | 400
            DELETE /admin/reassignments/{topic}/{partition} | /admin/reassignments/none/0 | | 404
            POST /admin/brokers/{id}/drain | /admin/brokers/99999/drain | | 400
            GET /admin/permissions | /admin/permissions | | 200
            POST /admin/permissions | /admin/permissions | {"none":1} | 400
            DELETE /admin/permissions | /admin/permissions?principal=none | | 200
            GET /admin/quotas | /admin/quotas | | 200
            POST /admin/quotas | /admin/quotas | {"none":1} | 400
            DELETE /admin/quotas | /admin/quotas?principal=none | | 200
            """;
    private static final String CONSUMER = "/consumers/{groupid}/instances/{name}";
    private static final String LARGE = "x".repeat(2_000);

    private final HttpApi api = new HttpApi();
    private final Map<String, Types> types = TypesPage.read();
    private final String topic = api.newTopic(1);
    private final String group = "negotiation-" + topic;

    /**
     * @param name as the page has it
     * @param body empty: none
     */
    private record Request(String name, String method, String path, String body, int status, Types types) {
        @Override
        public String toString() {
            return name;
        }

        /** The type that its body is sent as where it is not the types of bodies that are tried. */
        String usualType() {
            return switch (types.body()) {
                case NONE -> null;
                case JSON, JSON_OR_NONE -> HttpApi.DIALECT;
                case RECORDS, RECORDS_AND_BATCHES -> HttpApi.BINARY;
            };
        }
    }

    @BeforeEach
    void createConsumer() {
        api.produce(topic, "\"" + LARGE + "\"");
        api.post("/consumers/" + group, HttpApi.DIALECT, "{\"name\":\"c\",\"format\":\"json\"}").is(200);
        api.post("/consumers/" + group + "/instances/c/assignments", HttpApi.DIALECT,
                "{\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0}]}").is(204);
    }

    @AfterEach
    void deleteConsumer() {
        api.delete("/consumers/" + group + "/instances/c").is(204);
        api.delete("/admin/topics/" + topic).is(204);
    }

    @Test
    void thePageSaysOfEveryRequestWhatItTakesAndGives() {
        List<String> described = ApiContract.of(api.base()).operations().stream().map(Object::toString).toList();
        assertThat(types.keySet()).containsExactlyInAnyOrderElementsOf(described);
        assertThat(requests()).extracting(Request::name).containsExactlyInAnyOrderElementsOf(described);
    }

    @Test
    void whatIsAnsweredIsAsAcceptSays() {
        List<Accepted> table = NegotiatedTypes.accepted();
        each((all, request) -> table.forEach(accepted -> all.check(() -> accept(request, accepted))));
    }

    private void accept(Request request, Accepted accepted) {
        String expected = switch (request.types().given()) {
            case JSON -> accepted.json();
            case VERSION -> accepted.version();
            case RECORDS -> accepted.records();
            case POLLED -> accepted.polled();
        };
        boolean streamed = List.of(NegotiatedTypes.EVENTS, NegotiatedTypes.LINES).contains(expected);
        if (streamed && request.types().given() == Given.POLLED) {
            isBegun(request, accepted, expected);
            return;
        }
        // of what would go on for an hour the head is enough
        HttpApi.Answer answer = send(streamed ? "HEAD" : request.method(), request, request.usualType() == null ? List.of()
                : List.of(request.usualType()), "Accept", accepted.values());
        isAsNegotiated(request + " accepting " + accepted.values(), request, answer, expected);
    }

    /** A poll has no HEAD: the stream is begun, and left. */
    private void isBegun(Request request, Accepted accepted, String expected) {
        String[] headers = accepted.values().stream().flatMap(value -> Stream.of("Accept", value)).toArray(String[]::new);
        try (OpenStream stream = OpenStream.of(HttpClient.Version.HTTP_1_1, api.base().resolve(request.path()), headers)) {
            assertThat(stream.header("Content-Type")).as("%s accepting %s", request, accepted.values()).startsWith(expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void recordsInLinesAreAnsweredAsAcceptSays() {
        SoftAssertions all = new SoftAssertions();
        for (Request request : requests()) {
            if (request.types().body() == Body.RECORDS || request.types().body() == Body.RECORDS_AND_BATCHES) {
                Request lines = new Request(request.name(), request.method(), request.path(), "{\"value\":1}\n", 200, request.types());
                for (Accepted accepted : NegotiatedTypes.accepted()) {
                    all.check(() -> isAsNegotiated(request + " of lines accepting " + accepted.values(), lines,
                            send("POST", lines, List.of(NegotiatedTypes.LINES), "Accept", accepted.values()), accepted.lines()));
                }
            }
        }
        all.assertAll();
    }

    /** @param expected a type, or the status of a refusal */
    private static void isAsNegotiated(String what, Request request, HttpApi.Answer answer, String expected) {
        if (!expected.contains("/")) {
            assertThat(answer.status()).as("%s: %s", what, answer.body()).isEqualTo(Integer.parseInt(expected));
            answer.isError(answer.status());
        } else if (request.status() >= 400) {
            assertThat(answer.status()).as("%s: %s", what, answer.body()).isEqualTo(request.status());
            answer.isError(answer.status());
        } else {
            assertThat(answer.status()).as("%s: %s", what, answer.body()).isEqualTo(request.status());
            if (answer.contentType() != null || !answer.body().isEmpty()) {
                assertThat(answer.contentType().replaceFirst("(?i);charset=utf-8$", "")).as(what).isEqualTo(expected);
            }
        }
    }

    @Test
    void aBodyIsTakenAsItsTypeSays() {
        List<Sent> table = NegotiatedTypes.sent();
        each((all, request) -> {
            if (request.types().body() != Body.NONE) {
                table.forEach(sent -> all.check(() -> sent(request, sent)));
            }
        });
    }

    private void sent(Request request, Sent sent) {
        String expected = switch (request.types().body()) {
            case NONE -> throw new AssertionError(request);
            case JSON, JSON_OR_NONE -> sent.json();
            case RECORDS -> sent.records();
            case RECORDS_AND_BATCHES -> sent.batches();
        };
        HttpApi.Answer answer = send(request.method(), request, sent.values(), "Accept", List.of());
        String what = request + " as " + sent.values() + ": " + answer.status() + " " + answer.body();
        if (!expected.equals("taken")) {
            assertThat(answer.status()).as(what).isEqualTo(Integer.parseInt(expected));
            answer.isError(answer.status());
        } else if (request.types().body() == Body.JSON || request.types().body() == Body.JSON_OR_NONE) {
            assertThat(answer.status()).as(what).isEqualTo(request.status());
        } else { // the same body is no record in some of the formats
            assertThat(answer.status()).as(what).isIn(200, 400, 413, 422);
        }
    }

    @Test
    void whoSendsNoBodyNeedSayNothingOfItsTypeAndMay() {
        each((all, request) -> {
            if (request.types().body() == Body.NONE || request.types().body() == Body.JSON_OR_NONE && request.method().equals("GET")) {
                Request without = new Request(request.name(), request.method(), request.path(), "", request.status(), request.types());
                for (String type : List.of(NegotiatedTypes.PLAIN, HttpApi.BINARY, "application/octet-stream", "image/png")) {
                    int status = request.types().body() == Body.NONE ? request.status() : 200;
                    all.check(() -> assertThat(send(request.method(), without, List.of(type), "Accept", List.of()).status())
                            .as("%s without a body, as %s", request, type).isEqualTo(status));
                }
            }
        });
    }

    @Test
    void whoSpeaksOfWhatThereIsNotIsToldThatBeforeABodyThatMightBeLeftOutIsLookedAt() {
        String none = "/consumers/" + group + "/instances/none";
        byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
        api.send("POST", none + "/offsets", "application/octet-stream", body).isError(404);
        api.send("GET", none + "/offsets", "application/octet-stream", body).isError(404);
        for (String path : List.of("/subscription", "/assignments", "/positions", "/positions/beginning", "/positions/end")) {
            api.send("POST", none + path, "application/octet-stream", body).isError(415);
            api.send("POST", none + path, HttpApi.DIALECT, body).isError(404);
        }
        api.send("POST", "/topics/none", "application/octet-stream", body).isError(415);
        api.send("POST", "/topics/none", HttpApi.JSON, body).isError(404);
        api.get(none + "/records", "text/html").isError(406);
        api.get(none + "/records", HttpApi.TEXT).isError(404);
    }

    @Test
    void noAcceptEncodingIsAReasonToRefuseWhatIsAskedFor() {
        List<Coded> table = NegotiatedTypes.codings().stream().filter(coded -> coded.values().size() == 1
                && coded.values().get(0).matches(".*identity;q=0(\\.0*)?(,.*)?")).toList();
        assertThat(table).hasSizeGreaterThan(2);
        each((all, request) -> table.forEach(coded -> all.check(() -> {
            HttpApi.Answer answer = send(request.method(), request, request.usualType() == null ? List.of() : List.of(request.usualType()),
                    "Accept-Encoding", coded.values());
            assertThat(answer.status()).as("%s accepting %s", request, coded.values()).isEqualTo(request.status());
            if (coded.small().equals("plain")) {
                assertThat(answer.header("Content-Encoding")).as("%s accepting %s", request, coded.values()).isNull();
            }
        })));
    }

    @Test
    void answersAreCompressedAsAcceptEncodingSays() {
        String records = "/topics/" + topic + "/partitions/0/records";
        SoftAssertions all = new SoftAssertions();
        for (Coded coded : NegotiatedTypes.codings()) {
            all.check(() -> isCoded("small", coded, "GET", "/topics/" + topic, HttpApi.DIALECT, coded.small()));
            all.check(() -> isCoded("large", coded, "GET", records, HttpApi.JSON, coded.large()));
            all.check(() -> isCoded("events", coded, "HEAD", records, NegotiatedTypes.EVENTS, coded.large()));
            all.check(() -> isCoded("lines", coded, "HEAD", records, NegotiatedTypes.LINES, coded.large()));
            all.check(() -> isCoded("batches", coded, "GET", records, HttpApi.BATCH, "plain"));
        }
        all.assertAll();
    }

    private void isCoded(String what, Coded coded, String method, String path, String accept, String expected) {
        HttpRequest.Builder request = api.request(path).method(method, BodyPublishers.noBody()).header("Accept", accept);
        coded.values().forEach(value -> request.header("Accept-Encoding", value));
        HttpApi.Answer answer = api.send(request).is(200);
        assertThat(answer.header("Content-Encoding")).as("%s accepting %s", what, coded.values())
                .isEqualTo(expected.equals("plain") ? null : expected);
        assertThat(answer.header("Vary")).as(what).isEqualTo(accept.equals(HttpApi.BATCH) ? null : "Accept-Encoding");
    }

    private HttpApi.Answer send(String method, Request request, List<String> contentTypes, String header, List<String> values) {
        HttpRequest.Builder sent = api.request(request.path()).method(method, request.body().isEmpty() ? BodyPublishers.noBody()
                : BodyPublishers.ofString(request.body()));
        contentTypes.forEach(type -> sent.header("Content-Type", type));
        values.forEach(value -> sent.header(header, value));
        return api.send(sent);
    }

    /** All that is wrong with any request is told at once. */
    private void each(BiConsumer<SoftAssertions, Request> tried) {
        SoftAssertions all = new SoftAssertions();
        requests().forEach(request -> tried.accept(all, request));
        all.assertAll();
    }

    private List<Request> requests() {
        return REQUESTS.lines().filter(line -> !line.startsWith("#")).map(line -> line.split("\\s*\\|\\s*")).map(cells -> {
            String name = cells[0].replaceFirst(" C(?=/|$)", Matcher.quoteReplacement(" " + CONSUMER));
            String path = cells[1].replaceFirst("^C-NONE", "/consumers/GROUP/instances/none")
                    .replaceFirst("^C(?=/)", "/consumers/GROUP/instances/c").replace("GROUP", group).replace("TOPIC", topic);
            return new Request(name, name.substring(0, name.indexOf(' ')), path, cells[2].strip(), Integer.parseInt(cells[3]),
                    types.get(name));
        }).toList();
    }
}
