package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.InMemoryNotes;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.log.FlushPolicy;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.config.TopicConfigKey;
import io.millrace.metadata.topics.Topics;
import io.millrace.replica.hosting.PartitionOffsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsTest {
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

    private String register(String key) {
        return harness.registers.read(key).map(Register::value).orElse(null);
    }

    private static Map<String, String> change(String key, String value) {
        Map<String, String> change = new HashMap<>();
        change.put(key, value);
        return change;
    }

    @Test
    void aNewTopicIsRegisteredWithOneBrokerForAllItsPartitions() {
        Topic topic = topics.create("orders", 2, 1, Map.of("flush", "os"));

        Topic.Assignment here = new Topic.Assignment(1, 0, List.of(1), List.of(1));
        assertThat(topic.partitions()).containsExactly(here, here);
        assertThat(topic.overrides()).containsExactly(Map.entry("flush", "os"));
        assertThat(topics.get("orders")).isEqualTo(topic);
        assertThat(topics.names()).containsExactly("orders");
        assertThat(register("topic/orders")).contains(topic.id().toString());
        assertThat(root.resolve("orders-0")).isDirectory();
        assertThat(root.resolve("orders-1")).isDirectory();
    }

    @Test
    void allOfThemAreToldWithTheirIdsAndSizes() {
        topics.create("orders", 3, 1, Map.of());
        long revision = topics.revision();
        UUID clicks = topics.create("clicks", 2, 1, Map.of()).id();

        assertThat(topics.revision()).isGreaterThan(revision);
        assertThat(topics.all()).containsExactly(Map.entry("clicks", new TopicInfo(clicks, 2)),
                Map.entry("orders", new TopicInfo(topics.get("orders").id(), 3)));
    }

    @Test
    void numbersThatAreNotGivenAreTheServersDefaults() {
        Topic topic = topics.create("orders", null, null, Map.of());

        assertThat(topic.partitions()).hasSize(3).allSatisfy(one -> assertThat(one.replicas()).containsExactly(1));
    }

    @Test
    void namesComeSorted() {
        List.of("b", "C", "a").forEach(name -> topics.create(name, 1, 1, Map.of()));

        assertThat(topics.names()).containsExactly("C", "a", "b");
    }

    @Test
    void aNameIsTakenOnlyOnce() {
        topics.create("orders", 1, 1, Map.of());

        Failures.assertFails(ErrorKind.TOPIC_EXISTS, () -> topics.create("orders", 1, 1, Map.of()))
                .hasMessageContaining("'orders' exists already");
    }

    @Test
    void ofManyThatCreateTheSameTopicOneWins() {
        int callers = 8;
        CyclicBarrier together = new CyclicBarrier(callers);
        ExecutorService pool = Executors.newFixedThreadPool(callers);
        List<CompletableFuture<Object>> outcomes = new ArrayList<>();
        try {
            for (int i = 0; i < callers; i++) {
                outcomes.add(CompletableFuture.supplyAsync(() -> {
                    try {
                        together.await();
                        return topics.create("orders", 2, 1, Map.of());
                    } catch (BrokerException refused) {
                        return refused.kind();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }, pool));
            }
            List<Object> results = outcomes.stream().map(BrokerHarness::get).toList();
            assertThat(results).filteredOn(Topic.class::isInstance).containsExactly(topics.get("orders"));
            assertThat(results).filteredOn(ErrorKind.TOPIC_EXISTS::equals).hasSize(callers - 1);
        } finally {
            pool.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 101, Integer.MAX_VALUE})
    void theNumberOfPartitionsHasBounds(int partitions) {
        Failures.assertFails(ErrorKind.INVALID_PARTITIONS, () -> topics.create("orders", partitions, 1, Map.of()))
                .hasMessageContaining("1 to 100").hasMessageContaining("it is " + partitions);
        assertThat(topics.names()).isEmpty();
    }

    @Test
    void moreReplicasThanBrokersAreRefused() {
        Failures.assertFails(ErrorKind.INVALID_REPLICATION_FACTOR, () -> topics.create("orders", 1, 3, Map.of()))
                .hasMessageContaining("is 3").hasMessageContaining("1 broker");
        Failures.assertFails(ErrorKind.INVALID_REPLICATION_FACTOR, () -> topics.create("orders", 1, 0, Map.of()));
    }

    @Test
    void badNamesAndBadConfigurationsCreateNothing() {
        Failures.assertFails(ErrorKind.INVALID_TOPIC_NAME, () -> topics.create("../up", 1, 1, Map.of()));
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> topics.create("a", 1, 1, Map.of("flush", "maybe")));
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> topics.create("a", 1, 1, Map.of("no.such.key", "1")));
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> topics.create("a", 1, 1, Map.of("partitioner", "none")))
                .hasMessageContaining("first-byte");
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> topics.create("a", 1, 1,
                Map.of("min.compaction.lag.ms", "2", "max.compaction.lag.ms", "1")));

        assertThat(harness.registers.keys("topic/")).isEmpty();
    }

    @Test
    void theConfigurationInForceHasEveryKey() {
        Topic topic = topics.create("orders", 1, 1, Map.of("retention.ms", "5"));

        assertThat(topics.effectiveConfig(topic)).hasSize(TopicConfigKey.values().length)
                .containsEntry("retention.ms", "5").containsEntry("cleanup.policy", "delete")
                .containsEntry("flush", "commit");
        assertThat(List.copyOf(topics.effectiveConfig(topic).keySet())).isSorted();
    }

    @Test
    void openLogsFollowAChangeOfConfigurationAtOnce() {
        topics.create("orders", 2, 1, Map.of("segment.ms", "9"));

        Topic altered = topics.alterConfig("orders", Map.of("retention.bytes", "77", "flush", "os"));

        assertThat(altered.overrides()).isEqualTo(Map.of("segment.ms", "9", "retention.bytes", "77", "flush", "os"));
        assertThat(topics.get("orders")).isEqualTo(altered);
        assertThat(harness.broker.hosted().working()).hasSize(2).allSatisfy(partition -> {
            assertThat(partition.config().log().retentionBytes()).isEqualTo(77);
            assertThat(partition.config().log().segmentMillis()).isEqualTo(9);
            assertThat(partition.config().log().flush()).isEqualTo(FlushPolicy.OS);
        });
    }

    @Test
    void nullTakesAnOverrideAway() {
        topics.create("orders", 1, 1, Map.of("flush", "os"));

        assertThat(topics.alterConfig("orders", change("flush", null)).overrides()).isEmpty();
        assertThat(topics.effectiveConfig(topics.get("orders"))).containsEntry("flush", "commit");
        assertThat(topics.alterConfig("orders", change("flush", null)).overrides()).isEmpty();
    }

    @Test
    void aBadChangeChangesNothing() {
        Topic before = topics.create("orders", 1, 1, Map.of("min.compaction.lag.ms", "10"));

        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> topics.alterConfig("orders", Map.of("flush", "?")));
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> topics.alterConfig("orders", change("unknown", null)));
        Failures.assertFails(ErrorKind.INVALID_CONFIG,
                () -> topics.alterConfig("orders", Map.of("partitioner", "gone")));
        Failures.assertFails(ErrorKind.INVALID_CONFIG,
                () -> topics.alterConfig("orders", Map.of("max.compaction.lag.ms", "9")));

        assertThat(topics.get("orders")).isEqualTo(before);
    }

    @Test
    void aLostRaceIsRunAgain() {
        topics.create("orders", 1, 1, Map.of());
        RegisterStore rival = new RacingRegisters(harness.registers, "topic/orders", () ->
                topics.alterConfig("orders", Map.of("retention.ms", "1")));
        try (BrokerHarness other = new BrokerHarness(harness.registers)) {
            other.directory(root.resolve("other"), new LogDirectory.Options(1 << 20, 100, 1000));
            other.open(rival, Runnable::run, Map.of());

            Topic altered = other.broker.topics().alterConfig("orders", Map.of("flush", "os"));

            assertThat(altered.overrides()).isEqualTo(Map.of("retention.ms", "1", "flush", "os"));
        }
    }

    @Test
    void partitionsAreAddedAndCanBeWrittenAtOnce() {
        topics.create("orders", 1, 1, Map.of());
        harness.produce("orders", 0, "before");

        assertThat(topics.addPartitions("orders", 3).partitions()).hasSize(3);

        assertThat(harness.produce("orders", 2, "v")).isZero();
        assertThat(BrokerHarness.values(harness.fetch("orders", 0, 0))).containsExactly("before");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 1, 0, -1, 101})
    void partitionsOnlyGrowAndWithinBounds(int total) {
        topics.create("orders", 2, 1, Map.of());

        Failures.assertFails(ErrorKind.INVALID_PARTITIONS, () -> topics.addPartitions("orders", total));

        assertThat(topics.get("orders").partitions()).hasSize(2);
    }

    @Test
    void aDeletedTopicIsGoneWithItsFilesAndLeavesNoTrace() {
        topics.create("orders", 3, 1, Map.of());
        topics.create("kept", 1, 1, Map.of());
        harness.produce("orders", 0, "v");

        topics.delete("orders");

        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, () -> topics.get("orders"));
        assertThat(harness.directories.get(0).found()).extracting(found -> found.topic()).containsExactly("kept");
        assertThat(register("topic/orders")).isNull();
        assertThat(register("topic-deletions")).isEqualTo("[]");
        assertThat(harness.observer.deleted).containsExactly("orders");
    }

    @Test
    void aTopicOfTheSameNameBeginsAnew() {
        Topic first = topics.create("orders", 1, 1, Map.of());
        harness.produce("orders", 0, "old");
        topics.delete("orders");

        Topic second = topics.create("orders", 1, 1, Map.of());

        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(harness.produce("orders", 0, "new")).isZero();
        assertThat(BrokerHarness.values(harness.fetch("orders", 0, 0))).containsExactly("new");
    }

    @Test
    void theLongestNameCanBeCreatedWrittenAndDeleted() {
        String longest = "x".repeat(TopicName.MAX_LENGTH);
        topics.create(longest, 100, 1, Map.of());
        assertThat(harness.produce(longest, 99, "v")).isZero();

        topics.delete(longest);

        assertThat(harness.directories.get(0).found()).isEmpty();
        assertThat(register("topic-deletions")).isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "../etc", ""})
    void changesOfUnknownTopicsAreRefused(String name) {
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, () -> topics.get(name));
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, () -> topics.delete(name));
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, () -> topics.alterConfig(name, Map.of()));
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, () -> topics.addPartitions(name, 9));
    }

    @Test
    void withoutAgreementChangesAreRefusedAndReadingGoesOn() {
        topics.create("orders", 1, 1, Map.of());
        harness.registers.setAvailable(false);

        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> topics.create("more", 1, 1, Map.of()));
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> topics.delete("orders"));
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> topics.alterConfig("orders", Map.of("flush", "os")));

        assertThat(topics.names()).containsExactly("orders");
        assertThat(harness.produce("orders", 0, "v")).isZero();
    }

    @Test
    void aClosedBrokerTakesNoChanges() {
        harness.broker.close();

        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> topics.create("orders", 1, 1, Map.of()));
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> topics.delete("orders"));
    }

    @Test
    void changesFromElsewhereAreTakenInWhenTheDoorbellRings() {
        topics.create("orders", 1, 1, Map.of());
        Path elsewhere = root.resolve("elsewhere");
        harness.close();
        harness = new BrokerHarness(harness.registers);
        harness.writers().execute(harness.directory(root, new LogDirectory.Options(1 << 20, 100, 1000)));
        // Every task in the ringing thread: taken in by the time that the other's change returns.
        harness.open(Runnable::run, Map.of());
        try (BrokerHarness other = new BrokerHarness(harness.registers)) {
            other.writers().execute(other.directory(elsewhere, new LogDirectory.Options(1 << 20, 100, 1000)));
            // Another server has a journal of its own.
            other.open(other.registers, new InMemoryNotes(), other.workers(), Map.of());
            other.broker.topics().create("more", 1, 1, Map.of());
            other.broker.topics().alterConfig("orders", Map.of("flush", "os"));
            assertThat(harness.broker.topics().names()).containsExactly("more", "orders");
            assertThat(harness.broker.topics().get("orders").overrides()).containsEntry("flush", "os");
            assertThat(harness.produce("more", 0, "v")).isZero();

            other.broker.topics().delete("more");
            assertThat(harness.broker.topics().names()).containsExactly("orders");
            assertThat(Files.exists(root.resolve("more-0"))).isFalse();
        }
    }

    @Test
    void whatTheDoorbellMissedIsFoundByAndBy() {
        harness.close();
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        harness = new BrokerHarness(registers);
        harness.writers().execute(harness.directory(root, new LogDirectory.Options(1 << 20, 100, 1000)));
        harness.open(new SilentRegisters(registers), Runnable::run, Map.of());
        try (BrokerHarness other = BrokerHarness.restarted(registers, root.resolve("elsewhere"))) {
            other.broker.topics().create("quiet", 1, 1, Map.of());
            assertThat(harness.broker.topics().names()).isEmpty();

            harness.timers.advanceMillis(BrokerHarness.RETENTION_INTERVAL_MS);

            assertThat(harness.broker.topics().names()).containsExactly("quiet");
        }
    }

    @Test
    void aWriteWhoseAnswerWasLostCountsWhenItIsThere() {
        try (BrokerHarness other = new BrokerHarness(new InMemoryRegisterStore())) {
            other.writers().execute(other.directory(root.resolve("other"),
                    new LogDirectory.Options(1 << 20, 100, 1000)));
            other.open(new ForgetfulRegisters(other.registers), other.workers(), Map.of());

            assertThat(other.broker.topics().create("orders", 1, 1, Map.of()).name()).isEqualTo("orders");
            assertThat(other.broker.topics().names()).containsExactly("orders");
        }
    }

    @Test
    void serversDefaultsAreCheckedWhenTheBrokerOpens() {
        try (BrokerHarness other = new BrokerHarness(new InMemoryRegisterStore())) {
            for (String bad : List.of("flush", "unknown.key", "partitioner")) {
                Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> other.open(Runnable::run, Map.of(bad, "?")));
            }
            Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> other.open(Runnable::run,
                    Map.of("min.compaction.lag.ms", "2", "max.compaction.lag.ms", "1")));
        }
    }

    @Test
    void aTopicMayHaveManyPartitionsOnASmallPool() {
        topics.create("wide", 100, 1, Map.of());

        IntStream.range(0, 100).forEach(partition ->
                assertThat(harness.broker.offsets("wide", partition)).isEqualTo(new PartitionOffsets(0, 0)));
    }

    @Test
    void whatIsHandedOutCannotBeChanged() {
        Topic topic = topics.create("orders", 1, 1, new HashMap<>(Map.of("flush", "os")));

        for (Map<String, String> map : List.of(topic.overrides(), topics.get("orders").overrides(),
                topics.effectiveConfig(topic))) {
            assertThatThrownBy(() -> map.put("flush", "commit")).isInstanceOf(UnsupportedOperationException.class);
        }
        assertThatThrownBy(() -> topics.names().add("x")).isInstanceOf(UnsupportedOperationException.class);
    }
}
