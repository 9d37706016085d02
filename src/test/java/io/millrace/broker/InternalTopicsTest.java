package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.coordinator.BrokerLog;
import io.millrace.coordinator.CoordinatorListener;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.Counters;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.config.TopicConfigKey;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InternalTopicsTest {
    private static final String NAME = "__counters";
    private static final CoordinatorOptions OPTIONS = new CoordinatorOptions(100, TimeUnit.SECONDS.toNanos(10));

    @TempDir
    Path root;

    @Test
    void isThereOnceHoweverManyBrokersCreateIt() {
        try (BrokerCluster cluster = new BrokerCluster(root)) {
            InternalTopic wanted = new InternalTopic(NAME, 3, 3);
            List<CompletableFuture<UUID>> created = cluster.brokers.stream()
                    .map(broker -> CompletableFuture.supplyAsync(() -> broker.topics().ensure(wanted).id())).toList();
            Set<UUID> ids = new TreeSet<>();
            created.forEach(id -> ids.add(get(id)));
            assertThat(ids).hasSize(1);
            assertThat(cluster.brokers.get(2).topics().ensure(new InternalTopic(NAME, 50, 1)).partitions()).hasSize(3);
        }
    }

    @Test
    void keepsWhatIsInItAtAMajorityWhateverTheDefaultsAre() {
        try (BrokerCluster cluster = new BrokerCluster(root)) {
            Broker broker = cluster.brokers.get(0);
            Topic topic = broker.topics().ensure(new InternalTopic(NAME, 1, 3));
            assertThat(broker.topics().effectiveConfig(topic)).containsAllEntriesOf(Map.of("min.insync.replicas", "2",
                    "unclean.leader.election.enable", "false", "cleanup.policy", "compact", "flush", "commit"));
        }
    }

    /** Some of them would harm a topic that is read whole when it is loaded. */
    @Test
    void noDefaultOfTheServerIsInForceInIt() {
        Map<String, String> defaults = new TreeMap<>(Map.of("segment.ms", "1", "max.compaction.lag.ms", "1", "segment.bytes", "1024",
                "min.compaction.lag.ms", "1", "delete.retention.ms", "0", "message.timestamp.type", "LogAppendTime",
                "message.timestamp.after.max.ms", "0", "retention.ms", "1", "compression.type", "gzip"));
        defaults.put("partitioner", "first-byte");
        try (BrokerHarness harness = new BrokerHarness(new InMemoryRegisterStore())) {
            harness.directory(root, new LogDirectory.Options(64 << 20, 10_000, 1_000));
            harness.startWriters();
            harness.open(harness.workers(), defaults);
            Topic topic = harness.broker.topics().ensure(new InternalTopic(NAME, 1, 1));
            Map<String, String> inForce = harness.broker.topics().effectiveConfig(topic);
            Set<String> own = Set.of("segment.bytes", "delete.retention.ms");
            defaults.keySet().stream().filter(key -> !own.contains(key)).forEach(key ->
                    assertThat(inForce).containsEntry(key, TopicConfigKey.of(key).defaultValue()));
            assertThat(inForce).containsEntry("segment.bytes", "16777216").containsEntry("cleanup.policy", "compact")
                    .containsEntry("delete.retention.ms", "3600000").hasSameSizeAs(TopicConfigKey.values());
            assertThat(topic.overrides().keySet()).as("also what a later default says").isEqualTo(inForce.keySet());
        }
    }

    @Test
    void waitsForTheBrokersThatItIsToBeOn() {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            Failures.assertFails(ErrorKind.UNAVAILABLE, () -> harness.broker.topics().ensure(new InternalTopic(NAME, 3, 3)));
            assertThat(harness.broker.topics().allNames()).isEmpty();
        }
    }

    @Test
    void isClosedToEverybodyElse() {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            Broker broker = harness.broker;
            broker.topics().ensure(new InternalTopic(NAME, 1, 1));
            RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
            batch.append(1, BrokerHarness.bytes("a"), BrokerHarness.bytes("1"), List.of());
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, () -> broker.accumulator(NAME));
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, () -> broker.requireLed(NAME, 0));
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, broker.append(NAME, 0, batch.build(), Acks.ALL));
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, broker.deleteRecords(NAME, 0, 0));
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, () -> broker.topics().delete(NAME));
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, () -> broker.topics().addPartitions(NAME, 2));
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC,
                    () -> broker.topics().alterConfig(NAME, Map.of("retention.ms", "1")));
            Failures.assertFails(ErrorKind.INVALID_TOPIC_NAME, () -> broker.topics().create("__mine", 1, 1, Map.of()));
            assertThat(broker.topics().names()).isEmpty();
            assertThat(broker.topics().allNames()).containsExactly(NAME);
        }
    }

    @Test
    void whetherThereIsOneIsNoneOfTheirBusiness() {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, () -> harness.broker.topics().delete("__none"));
            Failures.assertFails(ErrorKind.INTERNAL_TOPIC, () -> harness.broker.accumulator("__none"));
        }
    }

    @Test
    void isMadeByTheFirstRequestAndCanBeReadByAnyone() {
        try (BrokerHarness harness = BrokerHarness.on(root); Threads threads = new Threads();
                CoordinatorRuntime<String, Long, Counters> runtime = runtime(harness.broker, threads.timers, 1)) {
            assertThat(add(runtime, "a", 1)).isEqualTo(1);
            assertThat(add(runtime, "a", 1)).isEqualTo(2);
            int partition = runtime.partitionOf("a");
            assertThat(BrokerHarness.values(harness.fetch(NAME, partition, 0))).containsExactly("1", "2");
            assertThat(runtime.status()).hasSize(3).allMatch(status -> status.state() == CoordinatorStatus.State.ACTIVE);
            assertThat(runtime.remote("a")).isEmpty();
        }
    }

    @Test
    void whatIsInItIsThereAgainAfterARestart() {
        BrokerHarness first = BrokerHarness.on(root);
        try (Threads threads = new Threads();
                CoordinatorRuntime<String, Long, Counters> runtime = runtime(first.broker, threads.timers, 1)) {
            for (int i = 1; i <= 20; i++) {
                add(runtime, "key-" + i % 5, i);
            }
        } finally {
            first.close();
        }
        try (BrokerHarness second = BrokerHarness.restarted(first.registers, root); Threads threads = new Threads();
                CoordinatorRuntime<String, Long, Counters> runtime = runtime(second.broker, threads.timers, 1)) {
            Awaiting.until(() -> runtime.status().size() == 3
                    && runtime.status().stream().allMatch(status -> status.state() == CoordinatorStatus.State.ACTIVE));
            long sum = get(runtime.read("key-2", counters -> counters.value("key-2")));
            assertThat(sum).isEqualTo(2 + 7 + 12 + 17);
        }
    }

    @Test
    void eachKeyIsCoordinatedByTheBrokerThatLeadsItsPartition() {
        try (BrokerCluster cluster = new BrokerCluster(root); Threads threads = new Threads()) {
            List<CoordinatorRuntime<String, Long, Counters>> runtimes = cluster.brokers.stream()
                    .map(broker -> runtime(broker, threads.timers, 3)).toList();
            for (int i = 0; i < 12; i++) {
                String key = "key-" + i;
                Awaiting.until(() -> runtimes.stream().filter(runtime -> isHere(runtime, key)).count() == 1);
                for (CoordinatorRuntime<String, Long, Counters> runtime : runtimes) {
                    if (isHere(runtime, key)) {
                        assertThat(add(runtime, key, 5)).isEqualTo(5);
                    } else {
                        Failures.assertFails(ErrorKind.NOT_COORDINATOR, runtime.change(key, counters -> counters.add(key, 1)));
                    }
                }
            }
            runtimes.forEach(CoordinatorRuntime::close);
        }
    }

    private static boolean isHere(CoordinatorRuntime<String, Long, Counters> runtime, String key) {
        int partition = runtime.partitionOf(key);
        return runtime.remote(key).isEmpty() && runtime.status().stream().anyMatch(status -> status.partition() == partition);
    }

    /** Asked again while it is loading. */
    private static long add(CoordinatorRuntime<String, Long, Counters> runtime, String key, long amount) {
        while (true) {
            try {
                return get(runtime.change(key, counters -> counters.add(key, amount)));
            } catch (BrokerException failure) {
                assertThat(failure.kind()).isEqualTo(ErrorKind.COORDINATOR_LOADING);
            }
        }
    }

    private static CoordinatorRuntime<String, Long, Counters> runtime(Broker broker, ScheduledExecutorService threads,
                                                                      int replicas) {
        CoordinatorRuntime<String, Long, Counters> runtime = new CoordinatorRuntime<>(
                new BrokerLog(new InternalTopic(NAME, 3, replicas), broker.leaderships()), Counters.CODEC,
                partition -> new Counters(), new CoordinatorListener<Counters>() { }, OPTIONS, threads, threads, threads,
                Clock.systemUTC());
        runtime.start();
        return runtime;
    }

    private static final class Threads implements AutoCloseable {
        private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(3);

        @Override
        public void close() {
            timers.shutdownNow();
        }
    }
}
