package io.millrace.rest.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a client is told that it found this server. */
class OriginTest {
    private static final Origin LOCAL = new Origin("http", "local", 9080, null);
    private static final String PATH = "/consumers/g";

    private static Origin of(List<String> hosts, String... lines) {
        Map<String, List<String>> headers = Arrays.stream(lines).map(line -> line.split(":", 2)).collect(Collectors.groupingBy(
                line -> line[0].strip(), () -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER),
                Collectors.mapping(line -> line[1].strip(), Collectors.toList())));
        return Origin.of(hosts, ProxyHeaders.of(name -> headers.getOrDefault(name, List.of())), LOCAL, PATH);
    }

    private static int status(ThrowingCallable call) {
        return catchThrowableOfType(RequestException.class, call).status();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"a | http://a", "a:80 | http://a", "a: | http://a", "A.b-c_d:65535 | http://A.b-c_d:65535",
        "[2001:db8::1]:81 | http://[2001:db8::1]:81", "10.0.0.1 | http://10.0.0.1"})
    void aHostIsANameOrAnAddress(String host, String url) {
        assertThat(of(List.of(host)).url()).isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", "-", "a b", "a:b", "a:0", "a:65536", "a:123456", "a:+1", "a:1:2", ":80", "[", "[]", "[::1", "::1",
        "[1.2.3.4]", "[::1%lo]", "[g::]", "a/b", "a?b", "a#b", "u@a", "a,b", "\u00e4", "{}"})
    void nothingElseIs(String host) {
        assertThat(status(() -> of(List.of(host)))).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "X-Forwarded-Proto: https | https://a:81", "X-Forwarded-Proto: HTTP , https | http://a:81",
        "X-Forwarded-Host: b | http://b", "X-Forwarded-Host: b:443, c | http://b:443",
        "X-Forwarded-Port: 82 | http://a:82", "X-Forwarded-Port: 80, 99 | http://a",
        "Forwarded: host=b;proto=https | https://b", "Forwarded: for=1.2.3.4;proto=https;host=\"b:8443\", host=c | https://b:8443",
        "Forwarded: For=\"[2001:db8::1]:47\" ;HOST=b:80 | http://b", "Forwarded: for=_x, for=y;host=c;proto=https | http://a:81",
        "Forwarded: proto=https | https://a:81", "Forwarded: host=\"[::1]:443\";proto=https | https://[::1]"})
    void theFirstProxyKnowsHowTheClientCame(String header, String url) {
        assertThat(of(List.of("a:81"), header).url()).isEqualTo(url);
        assertThat(of(List.of("a:81"), header).prefix()).isNull();
    }

    @Test
    void theStandardsHeaderIsReadBeforeTheOthers() {
        assertThat(of(List.of("a"), "Forwarded: host=b;proto=https", "X-Forwarded-Host: c", "X-Forwarded-Proto: http",
                "X-Forwarded-Port: 7").url()).isEqualTo("https://b");
        assertThat(of(List.of("a"), "X-Forwarded-Host: b:1", "X-Forwarded-Port: 443", "X-Forwarded-Proto: https").url())
                .isEqualTo("https://b");
        assertThat(of(List.of("a", "A")).url()).isEqualTo("http://a");
        assertThat(of(List.of()).url()).isEqualTo("http://local:9080");
        assertThat(of(List.of("a:80"), "X-Forwarded-Proto: https").url()).isEqualTo("https://a:80");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"X-Forwarded-Prefix: /bus | /bus", "X-Forwarded-Prefix: /bus/a/, /x | /bus/a",
        "X-Forwarded-Path: /bus/consumers/g | /bus", "X-Forwarded-Path: /bus/consumers/g/ | /bus", "X-Forwarded-Path: /bus | /bus",
        "X-Forwarded-Path: /consumers/g | ''", "X-Forwarded-Prefix: / | ''"})
    void aPathBeforeOursIsKept(String header, String prefix) {
        assertThat(of(List.of("a"), header).prefix()).isEqualTo(prefix);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-Proto: ftp", "X-Forwarded-Proto: ::", "X-Forwarded-Port: 0", "X-Forwarded-Port: x",
        "X-Forwarded-Port: 123456", "X-Forwarded-Host: <x>", "X-Forwarded-Host: u@h", "Forwarded: host", "Forwarded: host=\"a",
        "Forwarded: host=a b", "Forwarded: host=\"u@h\"", "Forwarded: proto=mqtt", "Forwarded: =", "X-Forwarded-Path: bus",
        "X-Forwarded-Prefix: //evil", "X-Forwarded-Prefix: /a/../b", "X-Forwarded-Prefix: /..", "X-Forwarded-Path: /{x}",
        "X-Forwarded-Prefix: /a b"})
    void whatNoProxyCanMeanIsRefused(String header) {
        assertThat(status(() -> of(List.of("a"), header))).isEqualTo(400);
    }

    @Test
    void twoHostsAreNone() {
        assertThat(status(() -> of(List.of("a", "b")))).isEqualTo(400);
    }
}
