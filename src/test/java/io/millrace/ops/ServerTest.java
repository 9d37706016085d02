package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.FreePorts;
import io.millrace.broker.Broker;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.Subscription;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerTest {
    private static final int PATIENCE_SECONDS = 60;
    private static final HealthCheckResponse.Status UP = HealthCheckResponse.Status.UP;
    private static final HealthCheckResponse.Status DOWN = HealthCheckResponse.Status.DOWN;

    @TempDir
    private Path folder;
    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final Map<String, String> values = new HashMap<>();

    @BeforeAll
    static void makeHealthResponses() {
        PlainHealthResponses.use();
    }

    @BeforeEach
    void giveItItsOwnPortAndFolders() {
        values.put("server.output.dir", folder.toString());
        values.put("millrace.log.dirs", "a,b");
        values.put("millrace.cluster.port", Integer.toString(FreePorts.choose(1).get(0)));
    }

    @AfterEach
    void allThreadsAreGivenBack() throws InterruptedException {
        timers.shutdown();
        workers.shutdown();
        assertThat(workers.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(timers.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    private Configuration configuration() {
        return Configuration.read(name -> Optional.ofNullable(values.get(name)));
    }

    private Server server() {
        return new Server(configuration(), workers, new AnswerThreads(Thread::new), new AgreementThreads(Thread::new),
                new ForceThreads(Thread::new), new HealingThreads(Thread::new), new AssignorThreads(Thread::new), null, null, null, null, timers,
                Clock.systemUTC(), Observers.NONE, () -> { });
    }

    private Server started() {
        Server server = server();
        server.start();
        assertThat(server.startFailure()).isNull();
        assertThat(server.state()).isEqualTo(Server.State.SERVING);
        return server;
    }

    private static void produce(Broker broker, String topic, String value) {
        RecordAccumulator records = broker.accumulator(topic);
        records.append(0, RecordAccumulator.NO_TIMESTAMP, null,
                ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        broker.produce(records, Acks.ALL).join();
    }

    private static long end(Broker broker, String topic) {
        return broker.offsets(topic, 0).endOffset();
    }

    @Test
    void whatWasProducedIsThereAfterTheServerWasStoppedAndStartedAgain() {
        try (Server server = started()) {
            server.broker().topics().create("orders", 1, 1, Map.of());
            produce(server.broker(), "orders", "one");
        }
        try (Server server = started()) {
            assertThat(server.broker().topics().names()).containsExactly("orders");
            produce(server.broker(), "orders", "two");
            assertThat(end(server.broker(), "orders")).isEqualTo(2);
            assertThat(server.broker().fetch(new FetchRequest("orders", 0, new FetchPosition.Earliest(), 1, 1000, 0))
                    .join().nextOffset()).isEqualTo(2);
        }
        assertThat(folder.resolve("a")).isDirectory();
        assertThat(folder.resolve("b")).isDirectory();
    }

    @Test
    void fetchesAndPollsThatWaitAreAnsweredWithWhatThereIsWhenTheServerStops() {
        Server server = started();
        server.broker().topics().create("orders", 1, 1, Map.of());
        CompletableFuture<FetchResult> fetch = server.broker().fetch(
                new FetchRequest("orders", 0, new FetchPosition.Latest(), 1, 1000, 3_600_000));
        PollRequest.Source here = new PollRequest.Source(1, null, null);
        server.coordination().groups().create("billing", "c", ConsumerConfig.DEFAULT).join();
        server.coordination().groups().subscribe("billing", ConsumerId.of("c"),
                new Subscription.Topics(new TreeSet<>(List.of("orders"))), here).join();
        CompletableFuture<Polled> poll = server.coordination().groups().poll("billing", ConsumerId.of("c"),
                new PollRequest(null, 1000, 3_600_000, here));
        assertThat(fetch).isNotDone();
        assertThat(poll).isNotDone();

        server.close();

        assertThat(fetch).succeedsWithin(30, TimeUnit.SECONDS).extracting(FetchResult::nextOffset).isEqualTo(0L);
        assertThat(poll).succeedsWithin(30, TimeUnit.SECONDS).satisfies(answer -> assertThat(answer.parts()).isEmpty());
    }

    @Test
    void aStoppedServerGivesBackItsPortItsFoldersAndSaysThatItStops() throws IOException {
        Server server = started();
        server.close();
        server.close();

        assertThat(server.state()).isEqualTo(Server.State.STOPPED);
        assertThatThrownBy(server::broker).isInstanceOf(BrokerException.class).hasMessageContaining("stopping");
        new ServerSocket(Integer.parseInt(values.get("millrace.cluster.port")), 1,
                InetAddress.getLoopbackAddress()).close();
        openLogDirectory("a").close();
    }

    @Test
    void aServerThatWasClosedBeforeItsStartStaysClosed() {
        Server server = server();
        server.close();
        server.start();
        assertThat(server.state()).isEqualTo(Server.State.STOPPED);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whileItStartsRequestsAreToldToComeBack() {
        try (Server server = server()) {
            assertThatThrownBy(server::broker).isInstanceOf(BrokerException.class).hasMessageContaining("starting");
            assertThat(Health.started(server).getStatus()).isEqualTo(DOWN);
            assertThat(Health.ready(server).getStatus()).isEqualTo(DOWN);
            assertThat(Health.live(server).getStatus()).isEqualTo(UP);
        }
    }

    @Test
    void aFolderThatAnotherServerUsesFailsTheStartAndNothingStaysOpen() {
        LogDirectory other = openLogDirectory("b");
        Server server = server();
        server.start();

        assertFailed(server, folder.resolve("b").toString(), "millrace.log.dirs");
        other.close();
        openLogDirectory("a").close();
        try (Server next = started()) {
            assertThat(next.broker().partitions()).isEmpty();
        }
    }

    @Test
    void aClusterPortInUseFailsTheStartAndIsNamed() throws IOException {
        String port = values.get("millrace.cluster.port");
        try (ServerSocket busy = new ServerSocket(Integer.parseInt(port), 1, InetAddress.getLoopbackAddress())) {
            Server server = server();
            server.start();
            assertThat(busy.isBound()).isTrue();
            assertFailed(server, port, "millrace.cluster.port");
        }
    }

    @Test
    void aLogDirectoryThatCannotBeMadeFailsTheStart() throws IOException {
        Files.writeString(folder.resolve("a"), "a file, not a folder");
        Server server = server();
        server.start();
        assertFailed(server, folder.resolve("a").toString(), "millrace.log.dirs");
    }

    private static void assertFailed(Server server, String... reasons) {
        assertThat(server.state()).isEqualTo(Server.State.FAILED);
        assertThat(server.startFailure()).contains(reasons);
        assertThatThrownBy(server::broker).isInstanceOf(BrokerException.class).hasMessageContainingAll(reasons);
        assertThat(Health.ready(server).getStatus()).isEqualTo(DOWN);
        assertThat(Health.ready(server).getData().orElseThrow()).containsEntry("reason", server.startFailure());
        assertThat(Health.live(server).getStatus()).as("a restart would not help").isEqualTo(UP);
        server.close();
    }

    @Test
    void aServerThatServesIsHealthyAndNamesItsDirectories() {
        try (Server server = started()) {
            assertThat(Health.started(server).getStatus()).isEqualTo(UP);
            assertThat(Health.live(server).getStatus()).isEqualTo(UP);
            assertThat(Health.ready(server).getStatus()).isEqualTo(UP);
            assertThat(Health.ready(server).getData().orElseThrow())
                    .containsEntry(folder.resolve("a").toString(), "online")
                    .containsEntry(folder.resolve("b").toString(), "online");
        }
    }

    @Test
    void aDirectoryThatFailsMakesTheServerNotReadyAndSaysWhyButNotDead() throws IOException {
        values.put("millrace.log.dirs", "a");
        try (Server server = started()) {
            Broker broker = server.broker();
            broker.topics().create("orders", 1, 1, Map.of("segment.bytes", "1024"));
            produce(broker, "orders", "x".repeat(800));
            deleteAll(folder.resolve("a"));

            assertThatThrownBy(() -> produce(broker, "orders", "x".repeat(800)))
                    .hasRootCauseInstanceOf(IOException.class);

            assertThat(Health.ready(server).getStatus()).isEqualTo(DOWN);
            assertThat(Health.ready(server).getData().orElseThrow().get(folder.resolve("a").toString()).toString())
                    .contains("offline").contains("restart the server");
            assertThat(Health.live(server).getStatus()).isEqualTo(UP);
        }
    }

    @Test
    void aPartitionWhoseLogCannotBeOpenedIsNamedAndTheOthersServe() throws IOException {
        values.put("millrace.log.dirs", "a");
        try (Server server = started()) {
            server.broker().topics().create("broken", 1, 1, Map.of());
            server.broker().topics().create("whole", 1, 1, Map.of());
        }
        Path log = folder.resolve("a").resolve("broken-0").resolve("00000000000000000000.log");
        Files.delete(log);
        Files.createDirectory(log);

        try (Server server = started()) {
            produce(server.broker(), "whole", "one");
            HealthCheckResponse ready = Health.ready(server);
            assertThat(ready.getStatus()).isEqualTo(UP);
            assertThat(ready.getData().orElseThrow().get("damage-1").toString()).contains("broken");
        }
    }

    @Test
    void aDamagedBatchIsNamedUntilItIsDeleted() throws IOException {
        values.put("millrace.log.dirs", "a");
        try (Server server = started()) {
            Broker broker = server.broker();
            broker.topics().create("orders", 1, 1, Map.of());
            produce(broker, "orders", "x".repeat(800));
            produce(broker, "orders", "y".repeat(800));
            Path log = folder.resolve("a").resolve("orders-0").resolve("00000000000000000000.log");
            byte[] bytes = Files.readAllBytes(log);
            bytes[400] ^= 1;
            Files.write(log, bytes);
            assertThatThrownBy(() -> broker.fetch(new FetchRequest("orders", 0, new FetchPosition.Earliest(), 1, 1000, 0))
                    .join()).hasMessageContaining("damaged");
            HealthCheckResponse ready = Health.ready(server);
            assertThat(ready.getStatus()).isEqualTo(UP);
            assertThat(ready.getData().orElseThrow().get("damage-1").toString()).contains("topic orders, partition 0");
            assertThat(server.damagedBatches()).isEqualTo(1);

            broker.deleteRecords("orders", 0, 1).join();
            assertThat(Health.ready(server).getData().orElseThrow()).doesNotContainKey("damage-1");
            assertThat(server.damagedBatches()).isZero();
        }
    }

    @Test
    void itSaysHowManyPartitionsOfTheOffsetsTopicItCoordinates() {
        values.put("millrace.offsets.topic.partitions", "3");
        RecordedMetrics recorded = new RecordedMetrics();
        try (Server server = started();
                ServerMetrics metrics = new ServerMetrics(recorded.registry(), configuration().settings())) {
            assertThat(Health.ready(server).getData().orElseThrow()).doesNotContainKey("coordinator");
            metrics.watch(server, timers);
            server.broker().topics().ensure(configuration().offsetsTopic());

            readyOnce(server, data -> "3 of 3 led partitions of __consumer_offsets".equals(data.get("coordinator")));
            until(() -> recorded.all().get("millrace_coordinator_partitions{state=active,topic=__consumer_offsets}") == 3);
        }
        assertThat(recorded.all()).isEmpty();
    }

    @Test
    void aPartitionWhoseGroupsCannotBeReadIsNamedWithTheReasonAndTheOthersServe() {
        values.put("millrace.offsets.topic.partitions", "2");
        try (Server server = started()) {
            server.broker().topics().ensure(configuration().offsetsTopic());
            RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
            batch.append(1, null, ByteBuffer.allocate(1), List.of());
            server.broker().leaderships().of(InternalTopic.OFFSETS, 1).orElseThrow().append(List.of(batch.build()))
                    .committed().join();
        }
        try (Server server = started()) {
            HealthCheckResponse ready = readyOnce(server, data -> data.containsKey("uncoordinated-1")
                    && data.get("coordinator").equals("1 of 2 led partitions of __consumer_offsets"));

            assertThat(ready.getStatus()).isEqualTo(UP);
            assertThat(ready.getData().orElseThrow().get("uncoordinated-1").toString())
                    .contains("__consumer_offsets-1").contains("offset 0");
        }
    }

    /** What readiness says as soon as its data are as awaited. */
    private static HealthCheckResponse readyOnce(Server server, Predicate<Map<String, Object>> awaited) {
        AtomicReference<HealthCheckResponse> last = new AtomicReference<>();
        until(() -> {
            last.set(Health.ready(server));
            return awaited.test(last.get().getData().orElseThrow());
        });
        return last.get();
    }

    private static void until(BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begun).as("ns of waiting").isLessThan(TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS));
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void deleteAll(Path root) throws IOException {
        List<Path> doomed;
        try (Stream<Path> tree = Files.walk(root)) {
            doomed = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : doomed) {
            Files.delete(path);
        }
    }

    private LogDirectory openLogDirectory(String name) {
        return LogDirectory.open(folder.resolve(name), new LogDirectory.Options(1 << 20, 100, 1000), Clock.systemUTC(),
                LogObserver.NONE);
    }
}
