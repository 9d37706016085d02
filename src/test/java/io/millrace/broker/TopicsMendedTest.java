package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LogDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Topics some of whose logs cannot be made: they are there as a whole or not at all, and mend by themselves. */
class TopicsMendedTest {
    @TempDir
    Path root;
    private BrokerHarness harness;
    private Topics topics;

    @BeforeEach
    void open() {
        harness = BrokerHarness.on(root);
        topics = harness.broker.topics();
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private void awaitMended() {
        Awaiting.until(() -> harness.broker.unavailablePartitions().isEmpty()
                && harness.broker.partitions().stream().allMatch(PartitionStatus::leader));
    }

    /** A file that is called like the folder of a log: the log cannot be made. */
    private Path inTheWay(String log) throws IOException {
        return Files.createFile(root.resolve(log));
    }

    @Test
    void aTopicThatCannotBeMadeAsAWholeIsNotThere() throws IOException {
        Path file = inTheWay("orders-1");

        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> topics.create("orders", 3, 1, Map.of()))
                .hasMessageContaining("orders");

        assertThat(topics.names()).isEmpty();
        assertThat(harness.registers.keys("topic/")).isEmpty();
        assertThat(harness.broker.unavailablePartitions()).isEmpty();
        try (Stream<Path> left = Files.list(root)) {
            assertThat(left.filter(Files::isDirectory)).as("logs").isEmpty();
        }

        Files.delete(file);
        topics.create("orders", 3, 1, Map.of());
        for (int partition = 0; partition < 3; partition++) {
            assertThat(harness.produce("orders", partition, "x")).isZero();
        }
    }

    @Test
    void partitionsThatCouldNotBeAddedAreMadeWithoutARestart() throws IOException {
        topics.create("orders", 1, 1, Map.of());
        Path file = inTheWay("orders-2");

        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> topics.addPartitions("orders", 4));
        assertThat(harness.produce("orders", 1, "x")).as("one that could be made").isZero();
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.produce("orders", 2, "x"));

        Files.delete(file);
        harness.timers.advanceMillis(1_000);
        awaitMended();
        assertThat(harness.produce("orders", 2, "x")).isZero();
        assertThat(harness.fetch("orders", 2, 0).nextOffset()).isEqualTo(1);
    }

    @Test
    void aLogThatCouldNotBeOpenedAtTheStartIsOpenedLater() throws IOException {
        topics.create("orders", 1, 1, Map.of());
        harness.produce("orders", 0, "kept");
        harness.broker.close();
        harness.directories.forEach(LogDirectory::close);
        Path log = root.resolve("orders-0/00000000000000000000.log");
        Path away = Files.move(log, root.resolve("away"));
        Files.createDirectory(log);
        harness = BrokerHarness.restarted(harness.registers, root);
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.fetch("orders", 0, 0));

        Files.delete(log);
        Files.move(away, log);
        harness.timers.advanceMillis(1_000);
        awaitMended();
        assertThat(BrokerHarness.values(harness.fetch("orders", 0, 0))).containsExactly("kept");
        assertThat(harness.produce("orders", 0, "next")).isEqualTo(1);
    }
}
