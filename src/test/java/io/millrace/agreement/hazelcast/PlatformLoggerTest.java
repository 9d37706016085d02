package io.millrace.agreement.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.logging.LogEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformLoggerTest {
    private final List<String> logged = new ArrayList<>();
    private final PlatformLogger logger = new PlatformLogger(new System.Logger() {
        @Override
        public String getName() {
            return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return level.getSeverity() >= Level.INFO.getSeverity() && level != Level.OFF;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
            logged.add(level + " " + message + " " + thrown.getMessage());
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... params) {
            assertThat(params).as("a message that is no pattern").isNull();
            logged.add(level + " " + format);
        }
    });

    @ParameterizedTest
    @CsvSource({"SEVERE,ERROR", "WARNING,WARNING", "INFO,INFO", "CONFIG,DEBUG", "FINE,DEBUG", "FINER,TRACE", "FINEST,TRACE"})
    void eachLevelHasOneOfThePlatforms(String level, String platform) {
        logger.log(Level.parse(level), "{0}");

        assertThat(logged).containsExactly(platform + " {0}");
    }

    @Test
    void aFaultIsLoggedWithItsMessage() {
        logger.warning("no", new IllegalStateException("why"));
        LogRecord entry = new LogRecord(Level.SEVERE, "again");
        entry.setThrown(new IllegalStateException("why"));
        logger.log(new LogEvent(entry, new MemberImpl()));

        assertThat(logged).containsExactly("WARNING no why", "ERROR again why");
    }

    @Test
    void whatThePlatformDoesNotLogNeedNotBePutTogether() {
        assertThat(logger.isFineEnabled()).isFalse();
        assertThat(logger.isInfoEnabled()).isTrue();
        assertThat(logger.isLoggable(Level.OFF)).isFalse();
        assertThat(logger.getLevel()).isEqualTo(Level.INFO);
    }
}
