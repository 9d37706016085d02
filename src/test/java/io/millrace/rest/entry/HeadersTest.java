package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read of targets and headers before anything else is. */
class HeadersTest {
    private static final Origin LOCAL = new Origin("http", "local", 9080);

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"a | http://a", "a:80 | http://a", "a: | http://a", "A.b-c_d:65535 | http://A.b-c_d:65535",
        "[2001:db8::1]:81 | http://[2001:db8::1]:81", "10.0.0.1 | http://10.0.0.1"})
    void aHostIsANameOrAnAddress(String host, String url) {
        assertThat(Origin.of(List.of(host), List.of(), LOCAL).url()).isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", "-", "a b", "a:b", "a:0", "a:65536", "a:123456", "a:+1", "a:1:2", ":80", "[", "[]", "[::1", "::1",
        "[1.2.3.4]", "[::1%lo]", "[g::]", "a/b", "a?b", "a#b", "u@a", "a,b", "\u00e4", "{}"})
    void nothingElseIs(String host) {
        assertThat(status(() -> Origin.of(List.of(host), List.of(), LOCAL))).isEqualTo(400);
    }

    @Test
    void whatAProxySaysCountsAndTheFirstMostOfAll() {
        assertThat(Origin.of(List.of(), List.of(), LOCAL).url()).isEqualTo("http://local:9080");
        assertThat(Origin.of(List.of("a", "A"), List.of("HTTPS", "http"), LOCAL).url()).isEqualTo("https://a");
        assertThat(Origin.of(List.of("a:80"), List.of(" https ,http"), LOCAL).url()).isEqualTo("https://a:80");
        assertThat(status(() -> Origin.of(List.of("a"), List.of("https, ws"), LOCAL))).isEqualTo(400);
        assertThat(status(() -> Origin.of(List.of("a", "b"), List.of(), LOCAL))).isEqualTo(400);
    }

    @Test
    void equalLengthsAreOne() {
        assertThat(BodyLength.of(List.of(), List.of())).isEqualTo(BodyLength.UNTOLD);
        assertThat(BodyLength.of(List.of(), List.of("chunked"))).isEqualTo(BodyLength.UNTOLD);
        assertThat(BodyLength.of(List.of("7", "7, 7", "07"), List.of())).isEqualTo(7);
        assertThat(status(() -> BodyLength.of(List.of("7", "8"), List.of()))).isEqualTo(400);
        assertThat(status(() -> BodyLength.of(List.of("7"), List.of("chunked")))).isEqualTo(400);
        assertThat(status(() -> BodyLength.of(List.of("99999999999999999999"), List.of()))).isEqualTo(413);
        for (String wrong : new String[] {"", "x", "-1", "+1", "1,", "0x1", "1 2", "\u0661"}) {
            assertThat(status(() -> BodyLength.of(List.of(wrong), List.of()))).as(wrong).isEqualTo(400);
        }
    }

    @Test
    void aTargetIsDecodedOrRefused() {
        assertThat(RequestTarget.check("/a%2Fb/%C3%BC;x", "q=%7B&r=a:b/?")).isEqualTo("/a/b/\u00fc;x");
        for (String wrong : new String[] {"/{", "/<", "/\"", "/\u00fc", "/ ", "/%", "/%4", "/%zz", "/%ff", "/%c3%28", "/\\", "/#"}) {
            assertThat(status(() -> RequestTarget.check(wrong, null))).as(wrong).isEqualTo(400);
            assertThat(status(() -> RequestTarget.check("/", wrong))).as(wrong).isEqualTo(400);
        }
    }

    @Test
    void oneCompressionIsTaken() {
        assertThat(ContentCoding.of(List.of())).isEqualTo(ContentCoding.IDENTITY);
        assertThat(ContentCoding.of(List.of("", "identity,"))).isEqualTo(ContentCoding.IDENTITY);
        assertThat(ContentCoding.of(List.of("identity", "X-GZip"))).isEqualTo(ContentCoding.GZIP);
        assertThat(ContentCoding.of(List.of("deflate"))).isEqualTo(ContentCoding.DEFLATE);
        assertThat(status(() -> ContentCoding.of(List.of("gzip", "deflate")))).isEqualTo(415);
        assertThat(status(() -> ContentCoding.of(List.of("br")))).isEqualTo(415);
    }

    private static int status(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(RequestException.class, call).status();
    }
}
