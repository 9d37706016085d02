package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptEncodingTest {
    private static AcceptEncoding of(String header) {
        return AcceptEncoding.of(List.of(header));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "GZip", "x-gzip", "br, gzip", "deflate, gzip;q=0.5", "*", "*;q=0.1", "gzip;q=1.0, identity;q=0.5",
        "gzip ; q=0.3 , identity ; q=0", "identity;q=0, *"})
    void whoWantsItCompressedIsGivenItSo(String header) {
        assertThat(of(header).prefersGzip()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "identity", "br", "deflate", "gzip;q=0", "gzip;q=0, *", "gzip;q=0.000, *;q=0", "gzip;q=2", "gzip;q=x",
        "gzip;q=0.4, identity", ";", ";;", ",", ",;,", ";q=1", "gzip;q=,;"})
    void whoDoesNotIsGivenItAsItIs(String header) {
        assertThat(of(header).prefersGzip()).as(header).isFalse();
    }

    @Test
    void nothingSaidIsAsItIs() {
        assertThat(AcceptEncoding.of(null).prefersGzip()).isFalse();
        assertThat(AcceptEncoding.of(List.of()).prefersGzip()).isFalse();
    }

    @Test
    void whoTakesNothingElseIsGivenSmallOnesCompressedToo() {
        assertThat(of("gzip, identity;q=0").needsGzip()).isTrue();
        assertThat(of("gzip, *;q=0").needsGzip()).isTrue();
        assertThat(of("gzip").needsGzip()).isFalse();
        assertThat(of("identity;q=0").needsGzip()).isFalse();
        assertThat(AcceptEncoding.of(List.of("br", "gzip;q=0.1, identity;q=0")).needsGzip()).isTrue();
    }
}
