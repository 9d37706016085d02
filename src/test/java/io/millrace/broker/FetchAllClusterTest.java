package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.get;
import static io.millrace.broker.BrokerHarness.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.ReadMemory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Partitions that several brokers lead. */
class FetchAllClusterTest {
    private static final String TOPIC = "spread";
    private static final int PARTITIONS = 6;
    private static final int BYTES = 1 << 20;

    @TempDir
    Path root;
    private BrokerCluster cluster;

    @BeforeEach
    void open() {
        cluster = new BrokerCluster(root);
        cluster.brokers.get(0).topics().create(TOPIC, PARTITIONS, 1, Map.of());
        Awaiting.until(() -> IntStream.range(0, PARTITIONS).allMatch(partition -> cluster.brokers.stream()
                .allMatch(broker -> broker.topics().names().contains(TOPIC)) && leader(partition).partitions().stream()
                .anyMatch(status -> status.topic().equals(TOPIC) && status.partition() == partition
                        && status.leader())));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private int leaderId(int partition) {
        return cluster.brokers.get(0).topics().get(TOPIC).partitions().get(partition).leader();
    }

    private Broker leader(int partition) {
        return cluster.brokers.get(leaderId(partition) - 1);
    }

    private int ledBy(int broker) {
        return IntStream.range(0, PARTITIONS).filter(partition -> leaderId(partition) == broker).findFirst()
                .orElseThrow();
    }

    private void produce(int partition, String value) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(1, null, BrokerHarness.bytes(value), List.of());
        ByteBuffer bytes = batch.build();
        get(leader(partition).append(TOPIC, partition, bytes, Acks.ALL));
    }

    private static List<FetchAllRequest.Part> all(FetchPosition from) {
        return IntStream.range(0, PARTITIONS).mapToObj(i -> new FetchAllRequest.Part(TOPIC, i, from)).toList();
    }

    private CompletableFuture<FetchAllResult> fetch(FetchPosition from, int minBytes, int maxBytes, long maxWaitMs) {
        return cluster.brokers.get(0).fetchAll(new FetchAllRequest(all(from), minBytes, maxBytes, maxWaitMs));
    }

    private int parked(int broker) {
        return cluster.brokers.get(broker - 1).hosted().working().stream()
                .filter(partition -> partition.topic().equals(TOPIC))
                .mapToInt(partition -> partition.parked(IsolationLevel.READ_UNCOMMITTED).size()).sum();
    }

    private void awaitParked() {
        Awaiting.until(() -> parked(1) + parked(2) + parked(3) == PARTITIONS);
    }

    @Test
    void everyPartitionIsReadWhereverItIsLed() {
        IntStream.range(0, PARTITIONS).forEach(partition -> produce(partition, "v" + partition));

        for (Broker broker : cluster.brokers) {
            FetchAllResult result = get(broker.fetchAll(
                    new FetchAllRequest(all(new FetchPosition.Earliest()), 1, BYTES, 10_000)));
            for (int i = 0; i < PARTITIONS; i++) {
                assertThat(result.parts().get(i).id()).isEqualTo(new TopicPartition(TOPIC, i));
                assertThat(values(result.parts().get(i).result())).containsExactly("v" + i);
            }
        }
    }

    @Test
    void memoryIsTakenForWhatIsReadWhereverItIsLedAndNoneWhileItWaits() {
        CountedMemory memory = new CountedMemory();
        CompletableFuture<FetchAllResult> waiting = cluster.brokers.get(0).fetchAll(
                new FetchAllRequest(all(new FetchPosition.Earliest()), 1, BYTES, 60_000), memory);
        awaitParked();
        assertThat(memory.taken()).isZero();
        int partition = ledBy(3);
        produce(partition, "news");

        FetchAllResult result = get(waiting);
        assertThat(memory.taken()).isEqualTo(result.parts().get(partition).bytes()).isPositive();
    }

    @Test
    void anAppendElsewhereWakesIt() {
        CompletableFuture<FetchAllResult> waiting = fetch(new FetchPosition.Earliest(), 1, BYTES, 60_000);
        awaitParked();
        int partition = ledBy(3);
        produce(partition, "news");

        assertThat(values(get(waiting).parts().get(partition).result())).containsExactly("news");
        Awaiting.until(() -> parked(1) == 0);
    }

    @Test
    void anAppendHereWakesIt() {
        CompletableFuture<FetchAllResult> waiting = fetch(new FetchPosition.Earliest(), 1, BYTES, 60_000);
        awaitParked();
        int partition = ledBy(1);
        produce(partition, "news");

        assertThat(values(get(waiting).parts().get(partition).result())).containsExactly("news");
        Awaiting.until(() -> parked(1) == 0);
    }

    @Test
    void whenNothingComesTheAnswerIsEmpty() {
        FetchAllResult result = get(fetch(new FetchPosition.Latest(), 1, BYTES, 50));

        assertThat(result.parts()).hasSize(PARTITIONS).allMatch(part -> part.failure() == null && part.bytes() == 0);
        Awaiting.until(() -> parked(1) + parked(2) + parked(3) == 0);
    }

    @Test
    void givingItUpLeavesNothingParkedHere() {
        CompletableFuture<FetchAllResult> waiting = fetch(new FetchPosition.Earliest(), 1, BYTES, 60_000);
        awaitParked();
        waiting.cancel(false);

        Awaiting.until(() -> parked(1) == 0);
    }

    @Test
    void aLeaderThatCannotBeReachedFailsItsPartitionsOnly() {
        IntStream.range(0, PARTITIONS).forEach(partition -> produce(partition, "v" + partition));
        cluster.unreachable.add(2);

        FetchAllResult result = get(fetch(new FetchPosition.Earliest(), BYTES, BYTES, 60_000));
        for (int i = 0; i < PARTITIONS; i++) {
            FetchAllResult.Part part = result.parts().get(i);
            if (leaderId(i) == 2) {
                assertThat(part.failure().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            } else {
                assertThat(values(part.result())).containsExactly("v" + i);
            }
        }
    }

    @Test
    void aBrokerReadsOnlyWhatItLeadsWhenItIsAskedForThat() {
        FetchAllResult result = get(cluster.brokers.get(1).fetchAllLocal(
                new FetchAllRequest(all(new FetchPosition.Earliest()), 1, BYTES, 60_000), ReadMemory.UNBOUNDED));

        for (int i = 0; i < PARTITIONS; i++) {
            BrokerException failure = result.parts().get(i).failure();
            if (leaderId(i) == 2) {
                assertThat(failure).isNull();
            } else {
                assertThat(failure.kind()).isEqualTo(ErrorKind.NOT_LEADER);
            }
        }
    }

    @Test
    void positionsAreResolvedWhereverTheyAre() {
        IntStream.range(0, PARTITIONS).forEach(partition -> produce(partition, "v" + partition));

        FetchAllResult result = get(fetch(new FetchPosition.Latest(), 1, 0, 60_000));

        assertThat(result.parts()).allMatch(part -> part.result().offset() == 1 && part.result().highWatermark() == 1
                && part.bytes() == 0);
    }

    @Test
    void eachLeadersShareBoundsWhatItReads() {
        IntStream.range(0, PARTITIONS).forEach(partition -> {
            for (int i = 0; i < 5; i++) {
                produce(partition, "x".repeat(500));
            }
        });

        FetchAllResult result = get(fetch(new FetchPosition.Earliest(), 1, 3 * 1200, 60_000));
        for (int broker = 1; broker <= 3; broker++) {
            int leader = broker;
            int bytes = IntStream.range(0, PARTITIONS).filter(i -> leaderId(i) == leader)
                    .map(i -> result.parts().get(i).bytes()).sum();
            assertThat(bytes).isBetween(1, 1200 + 600);
        }
    }
}
