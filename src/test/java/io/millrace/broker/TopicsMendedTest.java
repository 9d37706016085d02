package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.LocalNotes;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.registers.DeletedTopics;
import io.millrace.metadata.registers.TopicCodec;
import io.millrace.metadata.topics.Topics;
import io.millrace.record.EndTransactionMarker;
import io.millrace.replica.hosting.PartitionStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
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

    /** It need not be opened to be removed, and what of it cannot be removed does not have a log's name. */
    @Test
    void aLogThatCannotBeOpenedDoesNotKeepTheNameOfItsDeletedTopicTaken() throws IOException {
        Topic before = topics.create("orders", 1, 1, Map.of());
        harness.produce("orders", 0, "old");
        harness.broker.close();
        harness.directories.forEach(LogDirectory::close);
        Path segment = root.resolve("orders-0/00000000000000000000.log");
        Files.delete(segment);
        Files.createDirectory(segment);
        Files.createFile(segment.resolve("keeps it from being removed"));
        harness = BrokerHarness.restarted(harness.registers, root);
        topics = harness.broker.topics();
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.fetch("orders", 0, 0));

        topics.delete("orders");
        assertThat(topics.create("orders", 1, 1, Map.of()).id()).isNotEqualTo(before.id());
        assertThat(harness.produce("orders", 0, "new")).isZero();
    }

    @Test
    void whenATopicsLogsCannotBeNotedThereIsNoTopic() {
        harness.close();
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        AtomicBoolean full = new AtomicBoolean(true);
        LocalNotes notes = new LocalNotes() {
            @Override
            public Optional<String> read(String key) {
                return registers.notes().read(key);
            }

            @Override
            public void write(String key, String text) {
                if (full.get()) {
                    throw new RegisterUnavailableException("the journal is full", null);
                }
                registers.notes().write(key, text);
            }
        };
        harness = new BrokerHarness(registers);
        harness.writers().execute(harness.directory(root, new LogDirectory.Options(1 << 20, 100, 1000)));
        harness.open(registers, notes, harness.workers(), Map.of());
        topics = harness.broker.topics();

        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> topics.create("orders", 2, 1, Map.of()));
        assertThat(registers.keys("topic/")).isEmpty();
        harness.timers.advanceMillis(20_000);
        assertThat(topics.names()).isEmpty();
        full.set(false);
        topics.create("orders", 2, 1, Map.of());
        assertThat(harness.produce("orders", 1, "x")).isZero();
    }

    @Test
    void logsOfATopicThatNobodyDeletedAreSetAsideAndTakenBackWithItsRegister() {
        topics.create("orders", 1, 1, Map.of());
        harness.produce("orders", 0, "kept");
        Register register = harness.registers.read("topic/orders").orElseThrow();
        Topic other = new Topic("orders", new UUID(9, 9), 0, Map.of(), topics.get("orders").partitions());
        long version = harness.registers.compareAndSet("topic/orders", register.version(),
                new TopicCodec().encode(other)).orElseThrow().version();
        topics.refresh("orders");
        assertThat(harness.produce("orders", 0, "another's")).isZero();
        assertThat(harness.broker.strayLogs()).singleElement().asString().contains("orders-0.0-stray");

        new DeletedTopics(harness.registers, 1).add(other.id(), List.of(1));
        harness.registers.compareAndDelete("topic/orders", version);
        topics.refresh("orders");
        assertThat(root.resolve("orders-0")).doesNotExist();
        assertThat(root.resolve("orders-0.0-stray")).exists();
    }

    @Test
    void aTopicWhoseRegisterComesBackHasItsRecords() {
        topics.create("orders", 1, 1, Map.of());
        harness.produce("orders", 0, "kept");
        Register register = harness.registers.read("topic/orders").orElseThrow();
        harness.registers.compareAndDelete("topic/orders", register.version());
        topics.refresh("orders");
        assertThat(topics.names()).isEmpty();
        assertThat(harness.broker.strayLogs()).hasSize(1);
        EndTransactionMarker marker = new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 0);
        Failures.assertFails(ErrorKind.UNAVAILABLE, harness.broker.transactions().end(new TopicPartition("orders", 0), 7, (short) 1, marker))
                .hasMessageContaining("set aside");
        assertThat(harness.broker.leaderships().certainPartitionCount("bills")).isZero();
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> harness.broker.leaderships().certainPartitionCount("orders"));

        harness.registers.compareAndSet("topic/orders", RegisterStore.ABSENT, register.value());
        topics.refresh("orders");
        assertThat(harness.produce("orders", 0, "next")).isEqualTo(1);
        assertThat(harness.broker.strayLogs()).isEmpty();
        harness.broker.transactions().end(new TopicPartition("orders", 0), 7, (short) 1, marker).join();
    }

    @Test
    void aTopicThatNobodyDeletedIsUnknownOnceOneOfThatNameWasDeleted() {
        topics.create("orders", 1, 1, Map.of());
        harness.registers.compareAndDelete("topic/orders", harness.registers.read("topic/orders").orElseThrow().version());
        topics.refresh("orders");
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> harness.produce("orders", 0, "lost"));

        topics.create("orders", 1, 1, Map.of());
        assertThat(harness.produce("orders", 0, "another's")).isZero();
        topics.delete("orders");

        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, () -> harness.produce("orders", 0, "deleted"));
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
