package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a consumer is told that it lives, and who may say so. */
@ExtendWith(RunningServer.class)
class OriginIT {
    private final HttpApi api = new HttpApi();
    private final String group = "origin-" + System.nanoTime();

    @ParameterizedTest
    @ValueSource(strings = {"Host: a b", "Host: <x>", "Host: ", "Host: a,b", "Host: u@h", "Host: ex%41mple.com", "Host: [::1",
        "Host: [x]", "Host: localhost:99999", "Host: localhost:0", "Host: localhost:abc", "Host: localhost:-1", "Host: /", "Host: ..",
        "Host: localhost\r\nHost: b", "X-Nothing: 1",
        "Host: localhost\r\nX-Forwarded-Proto: ftp", "Host: localhost\r\nForwarded: host=\"u@h\"", "Host: localhost\r\nForwarded: proto",
        "Host: localhost\r\nX-Forwarded-Port: 0", "Host: localhost\r\nX-Forwarded-Prefix: //evil"})
    void aPlaceThatCannotBeIsRefusedAndNothingIsLeftBehind(String headers) {
        String answer = create(headers);

        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\"error_code\":400");
        api.get("/admin/groups/" + group).isError(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "Host: localhost | http://localhost/", "Host: mill.localhost: | http://mill.localhost/",
        "Host: LOCALhost:8080 | http://LOCALhost:8080/", "Host: my_service-1.localhost:80 | http://my_service-1.localhost/",
        "Host: [::1]:9080 | http://[::1]:9080/", "Host: 127.0.0.1:9080 | http://127.0.0.1:9080/"})
    void whatTheClientSaysIsWhatItIsTold(String headers, String base) {
        assertThat(create(headers)).startsWith("HTTP/1.1 200 ").contains("\"base_uri\":\"" + base + "consumers/" + group + "/");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"X-Forwarded-Proto: https | https://localhost/",
        "X-Forwarded-Proto: https, http | https://localhost/",
        "X-Forwarded-Proto: HTTP | http://localhost/", "X-Forwarded-Proto: , | http://localhost/",
        "X-Forwarded-Proto: http , https | http://localhost/", "Forwarded: host=shop.example;proto=https, host=b | https://shop.example/",
        "Forwarded: host=\"my_shop:8443\";proto=https | https://my_shop:8443/", "X-Forwarded-Host: shop.example, b | http://shop.example/",
        "X-Forwarded-Port: 8081 | http://localhost:8081/", "X-Forwarded-Prefix: /bus/ | http://localhost/bus/",
        "X-Forwarded-Path: /a%20b/consumers/GROUP | http://localhost/a%20b/"})
    void theFirstProxyKnowsHowTheClientCame(String header, String base) {
        assertThat(create("Host: localhost\r\n" + header.replace("GROUP", group))).startsWith("HTTP/1.1 200 ")
                .contains("\"base_uri\":\"" + base + "consumers/" + group + "/instances/");
    }

    /** A name that its owner made to lead here, so that a page of his may speak to this server. */
    @ParameterizedTest
    @ValueSource(strings = {"example.com", "localhost.example.com:9080", "a", "127.0.0.1.example.com"})
    void aServerOfThisMachineIsNotCalledByOtherNames(String host) {
        assertThat(create("Host: " + host)).startsWith("HTTP/1.1 421 ").contains("\"error_code\":421", "millrace.http.hosts");
        api.get("/admin/groups/" + group).isError(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Origin: http://localhost:1"})
    void aPageOfAnotherSiteDoesNotAct(String header) {
        String topic = api.newTopic(1);
        for (String act : new String[] {"POST /admin/brokers/1/drain", "POST /admin/groups/" + group + "/offsets",
            "DELETE /admin/topics/" + topic, "POST /consumers/" + group, "GET /consumers/" + group + "/instances/c/records"}) {
            assertThat(RawHttp.exchange(api.base(), act + " HTTP/1.1\r\nHost: localhost\r\n" + header
                    + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).as(act).startsWith("HTTP/1.1 403 ")
                    .contains("\"error_code\":403", "millrace.http.cors.origins").doesNotContain("Access-Control");
        }
        api.get("/topics/" + topic).is(200);
    }

    @Test
    void aPageOfThisServerActs() {
        assertThat(create("Host: localhost:77\r\nOrigin: http://localhost:77\r\nSec-Fetch-Site: same-origin")).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"})
    void whatAPlainFormSendsDoesNothing(String type) {
        api.post("/admin/groups/" + group + "/offsets", type, "").isError(415);
        api.post("/consumers/" + group, type, "{}").isError(415);
    }

    @Test
    void browsersAreToldNothingUnlessItIsConfigured() {
        HttpApi.Answer answer = api.send(api.request("/topics").header("Origin", "https://shop.example").GET()).is(200);
        assertThat(answer.response().headers().map().keySet()).noneMatch(name -> name.toLowerCase().startsWith("access-control"));
    }

    @Test
    void nobodySpeaksForABroker() {
        assertThat(create("Host: localhost\r\nMillrace-Forwarded: 9\r\nMillrace-Base-Uri: http://evil/")).startsWith("HTTP/1.1 200 ")
                .contains("\"base_uri\":\"http://localhost/consumers/");
    }

    @Test
    void nobodySpeaksForTheContainer() {
        assertThat(create("Host: localhost\r\n$WSSN: evil\r\n$WSSC: ftp\r\n$WSSP: 77")).startsWith("HTTP/1.1 200 ")
                .contains("\"base_uri\":\"http://localhost/consumers/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "<x>", "a|b", "\"", "^", "`", "a\\b", "%ff", "%c3%28"})
    void aPathThatIsNoUriIsRefused(String name) {
        assertThat(RawHttp.exchange(api.base(), "POST /consumers/" + name + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                + "Connection: close\r\n\r\n")).startsWith("HTTP/1.1 400 ").contains("\"error_code\":400");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%7B%7D", "%3Cx%3E", "a%7Cb", "%22", "%C3%BC", "a%3Bb", "a%20b", "%25"})
    void anyNameMayBeWrittenAsAUri(String name) {
        HttpApi.Answer created = api.post("/consumers/" + name + "-" + group, HttpApi.DIALECT, "{\"name\":\"c\"}").is(200);
        String path = created.object().getString("base_uri").substring(api.base().toString().length());

        assertThat(path).startsWith("/consumers/" + name + "-" + group + "/instances/c/incarnations/");
        api.delete(path).is(204);
    }

    private String create(String headers) {
        return RawHttp.exchange(api.base(), "POST /consumers/" + group + " HTTP/1.1\r\n" + headers
                + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    }
}
