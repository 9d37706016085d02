package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.log.LogConfig;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.DeletedTopics;
import io.millrace.metadata.registers.TopicCodec;
import io.millrace.replica.hosting.FetchPosition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerRecoveryTest {
    private static final LogConfig LOG_CONFIG = TopicConfig.of(Map.of(), Map.of()).log();
    private static final LogDirectory.Options OPTIONS = new LogDirectory.Options(1 << 20, 100, 1000);
    @TempDir
    Path root;
    private BrokerHarness harness;

    @AfterEach
    void close() {
        if (harness != null) {
            harness.close();
        }
    }

    private void start(Path... roots) {
        harness = BrokerHarness.on(roots);
    }

    private void restart(Path... roots) {
        harness.close();
        harness = BrokerHarness.restarted(harness.registers, roots);
    }

    private Topic create(String name, int partitions) {
        return harness.broker.topics().create(name, partitions, 1, Map.of());
    }

    private List<String> found() {
        return harness.directories.stream().flatMap(directory -> directory.found().stream())
                .map(found -> found.topic() + "-" + found.partition()).sorted().toList();
    }

    /** A log that some earlier life left behind. */
    private static void leaveLog(Path root, String topic, UUID id) {
        try (BrokerHarness other = new BrokerHarness(new InMemoryRegisterStore())) {
            other.directory(root, OPTIONS).openLog(topic, 0, id, LOG_CONFIG);
        }
    }

    @Test
    void topicsAndRecordsAreThereAfterARestart() {
        start(root.resolve("a"), root.resolve("b"));
        Topic topic = create("orders", 4);
        for (int partition = 0; partition < 4; partition++) {
            harness.produce("orders", partition, "v" + partition);
        }
        harness.broker.topics().alterConfig("orders", Map.of("retention.bytes", "123456"));
        restart(root.resolve("a"), root.resolve("b"));

        assertThat(harness.broker.topics().get("orders").id()).isEqualTo(topic.id());
        for (int partition = 0; partition < 4; partition++) {
            assertThat(values(harness.fetch("orders", partition, 0))).containsExactly("v" + partition);
            assertThat(harness.produce("orders", partition, "more")).isEqualTo(1);
        }
        assertThat(harness.broker.hosted().working().get(0).config().log().retentionBytes()).isEqualTo(123456);
    }

    @Test
    void logsMayMoveToAnotherDirectoryWhileTheServerIsDown() throws IOException {
        start(root.resolve("a"), root.resolve("b"));
        create("orders", 1);
        harness.produce("orders", 0, "v");
        harness.close();
        Files.move(root.resolve("a/orders-0"), root.resolve("b/orders-0"));
        restart(root.resolve("a"), root.resolve("b"));

        assertThat(values(harness.fetch("orders", 0, 0))).containsExactly("v");
    }

    @Test
    void aCrashBetweenRegisterAndLogsIsHealed() {
        start(root);
        Topic topic = create("orders", 3);
        harness.close();
        BrokenDisk.remove(root.resolve("orders-1"));
        harness.registers.notes().clear(); // A log is noted after it was made.
        restart(root);

        assertThat(harness.produce("orders", 1, "v")).isZero();
        assertThat(harness.broker.topics().get("orders")).isEqualTo(topic);
    }

    @Test
    void logsOfATopicThatWasBeingDeletedAreRemoved() {
        start(root);
        Topic topic = create("orders", 2);
        create("kept", 1);
        harness.produce("orders", 0, "v");
        harness.close();
        // The crash came after both registers and before the logs.
        new DeletedTopics(harness.registers, 1).add(topic.id(), List.of(1));
        Register register = harness.registers.read("topic/orders").orElseThrow();
        harness.registers.compareAndDelete("topic/orders", register.version());
        restart(root);

        assertThat(found()).containsExactly("kept-0");
        assertThat(new DeletedTopics(harness.registers, 1).ids()).isEmpty();
        assertThat(create("orders", 1).id()).isNotEqualTo(topic.id());
    }

    @Test
    void aDeletionThatStoppedBeforeTheTopicsRegisterDidNotHappen() {
        start(root);
        Topic topic = create("orders", 1);
        harness.produce("orders", 0, "v");
        harness.close();
        new DeletedTopics(harness.registers, 1).add(topic.id(), List.of(1));
        restart(root);

        assertThat(values(harness.fetch("orders", 0, 0))).containsExactly("v");
    }

    @Test
    void logsOfAnEarlierTopicOfTheSameNameThatNobodyIsKnownToHaveDeletedAreSetAside() {
        start(root.resolve("a"), root.resolve("b"));
        create("orders", 1);
        harness.close();
        UUID earlier = new UUID(4, 4);
        leaveLog(root.resolve("b"), "orders", earlier);
        restart(root.resolve("a"), root.resolve("b"));

        assertThat(found()).containsExactly("orders-0");
        assertThat(root.resolve("b/orders-0.0-stray")).exists();
        assertThat(harness.broker.strayLogs()).singleElement().asString().contains(earlier.toString(), "orders-0.0-stray");
        assertThat(harness.produce("orders", 0, "v")).isZero();
    }

    @Test
    void logsThatNobodyIsKnownToHaveDeletedAreSetAsideAndNeverMistakenForANewTopicsOfTheirName() {
        leaveLog(root, "stray", new UUID(5, 5));
        start(root);

        assertThat(found()).isEmpty();
        assertThat(root.resolve("stray-0.0-stray")).exists();
        create("stray", 1);
        assertThat(harness.produce("stray", 0, "v")).isZero();
        restart(root);
        assertThat(values(harness.fetch("stray", 0, 0))).containsExactly("v");
        assertThat(harness.broker.strayLogs()).hasSize(1);
        BrokenDisk.remove(root.resolve("stray-0.0-stray"));
        assertThat(harness.broker.strayLogs()).as("its owner moved it away").isEmpty();
    }

    @Test
    void aLogThatCannotBeOpenedMakesOnlyItsPartitionUnavailable() throws IOException {
        start(root);
        create("orders", 2);
        harness.produce("orders", 1, "v");
        harness.close();
        Path segment = root.resolve("orders-0/00000000000000000000.log");
        Files.delete(segment);
        Files.createDirectory(segment);
        restart(root);

        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, harness.broker.fetch(
                new FetchRequest("orders", 0, new FetchPosition.Earliest(), 0, 1, 0)))
                .hasMessageContaining("partition 0 of topic 'orders' is not available");
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.broker.offsets("orders", 0));
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.produce("orders", 0, "x"));
        assertThat(values(harness.fetch("orders", 1, 0))).containsExactly("v");
        assertThat(harness.broker.partitions()).hasSize(1);
        assertThat(harness.broker.unavailablePartitions()).singleElement().asString()
                .contains("partition 0 of topic 'orders'");
        // The configuration of such a topic can still be changed, and the topic deleted.
        harness.broker.topics().alterConfig("orders", Map.of("flush", "os"));
        harness.broker.topics().delete("orders");
        assertThat(new DeletedTopics(harness.registers, 1).ids()).as("its log need not be opened for that").isEmpty();
        assertThat(found()).isEmpty();
    }

    @Test
    void aLogThatLostAllItsFilesOfRecordsDoesNotBeginAnew() throws IOException {
        start(root);
        create("orders", 2);
        harness.produce("orders", 0, "v");
        harness.close();
        try (Stream<Path> files = Files.list(root.resolve("orders-0"))) {
            for (Path file : files.filter(each -> !each.endsWith("partition.metadata")).toList()) {
                Files.delete(file);
            }
        }
        restart(root);

        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.produce("orders", 0, "x"));
        assertThat(harness.broker.lostPartitions()).singleElement().asString().contains("partition 0 of topic 'orders'");
        assertThat(harness.produce("orders", 1, "v")).isZero();
    }

    @Test
    void aLogInTwoDirectoriesIsNotChosenFrom() {
        start(root.resolve("a"), root.resolve("b"));
        Topic topic = create("orders", 1);
        harness.close();
        leaveLog(root.resolve("b"), "orders", topic.id());
        restart(root.resolve("a"), root.resolve("b"));

        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.broker.offsets("orders", 0))
                .hasMessageContaining(root.resolve("a").toString()).hasMessageContaining(root.resolve("b").toString());
    }

    @Test
    void aMissingLogIsNotMadeAnewWhileADirectoryIsOffline() {
        start(root.resolve("a"), root.resolve("b"));
        create("orders", 1);
        harness.close();
        BrokenDisk.remove(root.resolve("a/orders-0"));
        BrokerHarness before = harness;
        harness = new BrokerHarness(before.registers);
        for (String name : List.of("a", "b")) {
            harness.writers().execute(harness.directory(root.resolve(name), OPTIONS));
        }
        harness.open(new SilentRegisters(new InMemoryRegisterStore()), harness.workers(), Map.of());
        BrokenDisk.breakUnder(harness, 0);
        harness.open();

        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.broker.offsets("orders", 0))
                .hasMessageContaining("may be in a log directory that is offline");
    }

    @Test
    void aBrokerMayBeOpenedByTheLastThreadOfItsWorkers() {
        start(root);
        create("wide", 50);
        harness.close();
        BrokerHarness before = harness;
        harness = new BrokerHarness(before.registers);
        harness.writers().execute(harness.directory(root, OPTIONS));
        ExecutorService single = Executors.newSingleThreadExecutor();
        try {
            BrokerHarness.get(CompletableFuture.runAsync(() -> harness.open(single, Map.of()), single));
        } finally {
            single.shutdown();
        }

        assertThat(harness.broker.partitions()).hasSize(50);
    }

    @Test
    void aStoredConfigurationThatIsNotAllowedAnyMoreIsToldAndCanBeRepaired() {
        start(root);
        Topic topic = create("orders", 1);
        harness.produce("orders", 0, "v");
        harness.close();
        Register register = harness.registers.read("topic/orders").orElseThrow();
        harness.registers.compareAndSet("topic/orders", register.version(), new TopicCodec().encode(
                new Topic(topic.name(), topic.id(), 0, Map.of("flush", "never"), topic.partitions())));
        restart(root);

        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> harness.broker.accumulator("orders"))
                .hasMessageContaining("flush must be one of").hasMessageContaining("'orders'");
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> harness.broker.offsets("orders", 0));

        harness.broker.topics().alterConfig("orders", Map.of("flush", "os"));
        assertThat(values(harness.fetch("orders", 0, 0))).containsExactly("v");
    }

    @Test
    void aRegisterThatIsNoTopicDoesNotKeepTheOthersFromOpening() {
        start(root);
        create("orders", 1);
        harness.close();
        harness.registers.compareAndSet("topic/broken", RegisterStore.ABSENT, "{");
        restart(root);

        assertThat(harness.broker.topics().names()).containsExactly("orders");
    }

    @Test
    void withoutRegistersTheBrokerDoesNotOpen() {
        harness = new BrokerHarness(new InMemoryRegisterStore());
        harness.directory(root, OPTIONS);
        harness.registers.setAvailable(false);

        Failures.assertFails(ErrorKind.UNAVAILABLE, harness::open);
    }
}
