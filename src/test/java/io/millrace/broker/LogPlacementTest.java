package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.LogPlacement;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogPlacementTest {
    @TempDir
    Path root;

    @Test
    void newLogsGoWhereTheFewestAre() {
        try (BrokerHarness harness = BrokerHarness.on(root.resolve("a"), root.resolve("b"))) {
            LogDirectory first = harness.directories.get(0);
            LogDirectory second = harness.directories.get(1);
            LogPlacement placement = new LogPlacement(List.of(first, second), List.of(first, first));

            assertThat(List.of(placement.next(), placement.next(), placement.next(), placement.next()))
                    .containsExactly(second, second, first, second);
        }
    }

    @Test
    void aTopicsPartitionsSpreadOverTheDirectories() {
        try (BrokerHarness harness = BrokerHarness.on(root.resolve("a"), root.resolve("b"), root.resolve("c"))) {
            harness.broker.topics().create("one", 4, null, Map.of());
            harness.broker.topics().create("two", 5, null, Map.of());

            assertThat(harness.directories).extracting(directory -> directory.found().size()).containsExactly(3, 3, 3);
        }
    }

    @Test
    void anOfflineDirectoryIsPassedOver() {
        try (BrokerHarness harness = BrokerHarness.on(root.resolve("a"), root.resolve("b"))) {
            BrokenDisk.breakUnder(harness, 0);

            List<LogDirectory> directories =
                    harness.directories;
            LogPlacement placement = new LogPlacement(directories, List.of());

            assertThat(List.of(placement.next(), placement.next())).containsOnly(directories.get(1));
        }
    }

    @Test
    void withoutAWorkingDirectoryThereIsAClearError() {
        try (BrokerHarness harness = BrokerHarness.on(root.resolve("a"))) {
            BrokenDisk.breakUnder(harness, 0);

            Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE,
                    () -> harness.broker.topics().create("later", 1, null, Map.of()))
                    .hasMessageContaining("offline");
            assertThat(harness.registers.keys("topic/later")).isEmpty();
        }
    }
}
