package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.InvalidSettingsException;
import io.millrace.config.Settings;
import io.millrace.rest.cluster.WithoutTls;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExposureTest {
    private static final Map<String, String> CLUSTER = Map.of("millrace.cluster.members", "a:5701,b:5701,c:5701",
            "millrace.cluster.secret", "s3cret", "millrace.security", "on");

    private static void require(Map<String, String> values, String url) {
        Map<String, String> all = new HashMap<>(values);
        all.put("millrace.http.url", url);
        Settings settings = Settings.read(Configuration.catalogue(), name -> Optional.ofNullable(all.get(name)));
        Exposure.requireTls(settings, new WithoutTls());
    }

    @Test
    void aMemberThatIsReachedByTlsNeedsItForTheOthers() {
        assertThatThrownBy(() -> require(CLUSTER, "https://a.example:9443")).isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining("millrace.http.url").hasMessageContaining("there is no TLS in this test");
    }

    @Test
    void membersThatAreReachedWithoutTlsNeedNone() {
        assertThatCode(() -> require(CLUSTER, "http://a.example:9080")).doesNotThrowAnyException();
    }

    @Test
    void aServerAloneAsksNobody() {
        assertThatCode(() -> require(Map.of(), "https://a.example:9443")).doesNotThrowAnyException();
    }
}
