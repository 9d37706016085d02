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
        "Host: a\r\nHost: b", "X-Nothing: 1", "Host: a\r\nX-Forwarded-Proto: ftp", "Host: a\r\nX-Forwarded-Proto: ::"})
    void aPlaceThatCannotBeIsRefusedAndNothingIsLeftBehind(String headers) {
        String answer = create(headers);

        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\"error_code\":400");
        api.get("/admin/groups/" + group).isError(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "Host: example.com | http://example.com/", "Host: example.com: | http://example.com/",
        "Host: EXAMPLE.com:8080 | http://EXAMPLE.com:8080/", "Host: my_service-1:80 | http://my_service-1/",
        "Host: [::1]:9080 | http://[::1]:9080/", "Host: 127.0.0.1:9080 | http://127.0.0.1:9080/"})
    void whatTheClientSaysIsWhatItIsTold(String headers, String base) {
        assertThat(create(headers)).startsWith("HTTP/1.1 200 ").contains("\"base_uri\":\"" + base + "consumers/" + group + "/");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"https | https://a/", "https, http | https://a/", "HTTP | http://a/", ", | http://a/",
        "http , https | http://a/"})
    void theFirstProxyKnowsHowTheClientCame(String proto, String base) {
        assertThat(create("Host: a\r\nX-Forwarded-Proto: " + proto)).startsWith("HTTP/1.1 200 ")
                .contains("\"base_uri\":\"" + base + "consumers/");
    }

    @Test
    void nobodySpeaksForABroker() {
        assertThat(create("Host: a\r\nMillrace-Forwarded: 9\r\nMillrace-Base-Uri: http://evil/")).startsWith("HTTP/1.1 200 ")
                .contains("\"base_uri\":\"http://a/consumers/");
    }

    @Test
    void nobodySpeaksForTheContainer() {
        assertThat(create("Host: a\r\n$WSSN: evil\r\n$WSSC: ftp\r\n$WSSP: 77")).startsWith("HTTP/1.1 200 ")
                .contains("\"base_uri\":\"http://a/consumers/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "<x>", "a|b", "\"", "^", "`", "a\\b", "%ff", "%c3%28"})
    void aPathThatIsNoUriIsRefused(String name) {
        assertThat(RawHttp.exchange(api.base(), "POST /consumers/" + name + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
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
