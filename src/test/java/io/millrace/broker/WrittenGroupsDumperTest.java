package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.group.GroupOptions;
import io.millrace.group.GroupParts;
import io.millrace.group.Groups;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.log.write.LogCleaner;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.InternalTopic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The judge from outside, over files that a broker with groups wrote: Kafka's segment dumper decodes what groups committed, and
 * passes over the rest. It exits with 0 whatever it finds, so that its text counts.
 */
@Timeout(300)
class WrittenGroupsDumperTest {
    private static final PollRequest.Source HERE = new PollRequest.Source(1, null, null);
    private static final String ORDERS = "orders";
    private static final int PARTITIONS = 3;
    private static final int RECORDS = 40;
    private static final Pattern OFFSET = Pattern.compile("key: \\{\"type\":\"1\",\"data\":\\{\"group\":\"([^\"]+)\","
            + "\"topic\":\"([^\"]+)\",\"partition\":(\\d+)}} payload: (<DELETE>|\\{\"version\":\"4\",\"data\":\\{\"offset\":(\\d+),.*)");
    private static final Pattern AT = Pattern.compile("\\| offset: (\\d+) .*");

    @TempDir
    Path root;

    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(4);

    // ---- groups

    private Groups open(BrokerHarness harness) {
        return Groups.open(new GroupOptions("sticky", 100, 100, Long.MAX_VALUE, TimeUnit.DAYS.toMillis(1), 1_000, 30_000),
                GroupParts.of(harness.broker, new InternalTopic(InternalTopic.OFFSETS, 1, 1),
                        new CoordinatorOptions(100, TimeUnit.SECONDS.toNanos(10)), registers,
                        (entry, group, consumer, poll) -> CompletableFuture.completedFuture(false),
                        other -> CompletableFuture.completedFuture(List.of()), threads, threads, threads, threads, harness.clock));
    }

    /** Asked again while the group is loaded. */
    private static <T> T answered(Supplier<CompletableFuture<T>> request) {
        while (true) {
            try {
                return get(request.get());
            } catch (BrokerException notYet) {
                assertThat(notYet.kind()).isIn(ErrorKind.COORDINATOR_LOADING, ErrorKind.NOT_COORDINATOR);
            }
        }
    }

    private static void join(Groups groups, String group, String consumer) {
        answered(() -> groups.create(group, consumer, ConsumerConfig.DEFAULT));
        answered(() -> groups.subscribe(group, ConsumerId.of(consumer), new Subscription.Topics(new TreeSet<>(List.of(ORDERS))), HERE));
        Awaiting.until(() -> answered(() -> groups.member(group, ConsumerId.of(consumer))).owned().size() == PARTITIONS);
    }

    private static void commit(Groups groups, String group, String consumer, int partition, long offset) {
        answered(() -> groups.commit(group, ConsumerId.of(consumer),
                Map.of(new TopicPartition(ORDERS, partition), new OffsetAndMetadata(offset, "")),
                Groups.ANY_EPOCH));
    }

    private void fill(BrokerHarness harness) {
        harness.broker.topics().create(ORDERS, PARTITIONS, 1, Map.of());
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (int i = 0; i < RECORDS; i++) {
                harness.produce(ORDERS, partition, "order-" + i);
            }
        }
    }

    /** Two groups commit, over and over, and one of them ends. */
    private static void work(Groups groups) {
        join(groups, "shippers", "worker-1");
        join(groups, "gone", "worker-2");
        for (long offset = 1; offset <= RECORDS; offset++) {
            commit(groups, "shippers", "worker-1", (int) (offset % PARTITIONS), offset);
        }
        commit(groups, "gone", "worker-2", 0, 7);
        get(groups.leave("gone", ConsumerId.of("worker-2"), HERE));
        get(groups.delete("gone"));
    }

    // ---- the dumper

    private List<String> dumped() throws IOException, InterruptedException {
        try (Stream<Path> files = Files.list(root.resolve(InternalTopic.OFFSETS + "-0"))) {
            List<String> lines = new ArrayList<>();
            for (Path file : files.filter(each -> each.toString().endsWith(".log")).sorted().toList()) {
                lines.addAll(dump(file));
            }
            return lines;
        }
    }

    private static List<String> dump(Path file) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), "org.apache.kafka.tools.DumpLogSegments", "--offsets-decoder",
                "--deep-iteration", "--print-data-log", "--files", file.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).doesNotContain("isvalid: false").doesNotContain("invalid bytes").doesNotContain("Exception")
                .doesNotContain("Failed");
        return output.lines().filter(line -> line.startsWith("| offset: ")).toList();
    }

    /** By group, topic and partition, what was committed last, as the dumper decodes it; "gone": that it was deleted. */
    private static Map<String, String> committed(List<String> lines) {
        Map<String, String> committed = new TreeMap<>();
        lines.forEach(line -> {
            Matcher offset = OFFSET.matcher(line);
            if (offset.find()) {
                committed.put(offset.group(1) + " " + offset.group(2) + " " + offset.group(3),
                        offset.group(5) == null ? "gone" : offset.group(5));
            } else {
                assertThat(line).matches(".*Unknown record type 100[12] at offset \\d+, skipping.*");
            }
        });
        return committed;
    }

    private static long decoded(List<String> lines) {
        return lines.stream().filter(line -> OFFSET.matcher(line).find()).count();
    }

    private static List<Long> offsets(List<String> lines) {
        return lines.stream().map(line -> {
            Matcher at = AT.matcher(line);
            assertThat(at.matches()).as(line).isTrue();
            return Long.valueOf(at.group(1));
        }).toList();
    }

    @Test
    void theDumperDecodesWhatGroupsOfABrokerCommittedAlsoAfterTheirLogWasCompacted() throws Exception {
        Map<String, String> wanted = Map.of("shippers orders 0", "39", "shippers orders 1", "40", "shippers orders 2", "38",
                "gone orders 0", "gone");
        try (BrokerHarness harness = BrokerHarness.restarted(registers, root)) {
            fill(harness);
            try (Groups groups = open(harness)) {
                work(groups);
                List<String> lines = dumped();
                assertThat(committed(lines)).isEqualTo(wanted);
                assertThat(decoded(lines)).as("each commit, and one deletion").isEqualTo(RECORDS + 2);
                assertThat(lines.size()).as("and consumers, and what concerns their groups").isGreaterThan(RECORDS + 2 + 4);
                assertThat(offsets(lines)).isSorted().doesNotHaveDuplicates().startsWith(0L);

                harness.clock.advanceMillis(TimeUnit.DAYS.toMillis(8)); // the segment is rolled with the next append
                commit(groups, "shippers", "worker-1", 0, RECORDS);
                LogCleaner cleaner = new LogCleaner(harness.directories, new LogCleaner.Options(1 << 20, 16 << 20, 1 << 30, 1_000),
                        harness.clock);
                while (cleaner.cleanNext()) {
                    // another one is due
                }
                List<String> cleaned = dumped();
                Map<String, String> then = new TreeMap<>(wanted);
                then.put("shippers orders 0", Long.toString(RECORDS));
                assertThat(committed(cleaned)).isEqualTo(then);
                assertThat(decoded(cleaned)).as("one of each, a deletion, and one that is not cleaned yet").isEqualTo(PARTITIONS + 2);
                assertThat(cleaned.size()).isLessThan(lines.size() / 2);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(committed(dumped())).as("of a broker that was stopped").containsEntry("shippers orders 0", "40");
    }
}
