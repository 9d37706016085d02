package io.millrace.rest.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is read of targets and headers before anything else is. */
class HeadersTest {
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
    void aPathWithPartsThatOthersLeaveOutIsRefused() {
        for (String wrong : List.of("/.", "/..", "/topics/../admin", "/topics/%2e%2E/admin", "/topics/./t", "/a/.%2e")) {
            assertThat(status(() -> RequestTarget.check(wrong, null))).as(wrong).isEqualTo(400);
        }
        for (String right : List.of("/topics/.t", "/topics/t.", "/topics/..t", "/topics/a..b", "/topics/...")) {
            assertThat(RequestTarget.check(right, null)).isEqualTo(right);
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
