package io.millrace.agreement.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.hazelcast.instance.BuildInfoProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HazelcastVersionTest {
    @Test
    void thePomNamesTheVersionThatIsSupported() throws Exception {
        assertThat(Files.readString(Path.of("pom.xml")))
            .contains("<hazelcast.version>5.4.0</hazelcast.version>");
        assertThat(BuildInfoProvider.getBuildInfo().getVersion()).isEqualTo("5.4.0");
        assertThatCode(HazelcastVersion::check).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"5.5.0", "5.7.0", "5.40.0", "5.3.8", "4.2", "6.0.0", "15.4.0"})
    void anyOtherVersionIsRefusedWithAdvice(String version) {
        assertThatIllegalStateException().isThrownBy(() -> HazelcastVersion.check(version, false))
            .withMessageContaining(version).withMessageContaining("5.4.x").withMessageContaining("pom.xml");
    }

    @Test
    void theEnterpriseEditionIsRefused() {
        assertThatIllegalStateException().isThrownBy(() -> HazelcastVersion.check("5.4.0", true))
            .withMessageContaining("Enterprise");
    }
}
