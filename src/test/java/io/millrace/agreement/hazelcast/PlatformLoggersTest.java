package io.millrace.agreement.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PlatformLoggersTest {
    private static final String PROPERTY = "hazelcast.logging.class";

    @AfterEach
    void forget() {
        System.clearProperty(PROPERTY);
    }

    @Test
    void thePropertyOfTheProcessIsNotLeftSet() {
        PlatformLoggers.use();

        assertThat(System.getProperty(PROPERTY)).isNull();
    }

    @Test
    void whatTheOperatorChoseStays() {
        System.setProperty(PROPERTY, "com.hazelcast.logging.StandardLoggerFactory");

        PlatformLoggers.use();

        assertThat(System.getProperty(PROPERTY)).isEqualTo("com.hazelcast.logging.StandardLoggerFactory");
    }

    @Test
    void itsLoggersAreThePlatforms() {
        assertThat(new PlatformLoggers().getLogger("any")).isInstanceOf(PlatformLogger.class);
    }
}
