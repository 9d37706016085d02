package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.bytes;
import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The producer of a request reaches the log, whoever leads the partition. */
@Timeout(120)
class ProducerBatchesTest {
    private static final long NOW = RecordAccumulator.NO_TIMESTAMP;
    @TempDir
    Path root;

    private static List<RecordBatch> stored(Broker broker, String topic, int partition, long from) {
        List<RecordBatch> batches = new ArrayList<>();
        RecordBatch.in(get(broker.fetch(new FetchRequest(topic, partition, new FetchPosition.AtOffset(from), 1, 1 << 20, 5_000)))
                .batches()).forEach(batches::add);
        return batches;
    }

    private static ByteBuffer batch(long producerId, int epoch, int baseSequence, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(producerId, (short) epoch, baseSequence);
        for (String value : values) {
            builder.append(5, null, bytes(value), List.of());
        }
        return builder.build();
    }

    @Test
    void recordsOfARequestCarryTheirProducerIntoEachPartition() {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            harness.broker.topics().create("orders", 2, 1, Map.of());
            RecordAccumulator records = harness.broker.accumulator("orders");
            for (int i = 0; i < 8; i++) {
                records.append(i % 2, NOW, null, ByteBuffer.allocate(90), List.of());
            }
            records.setProducer(42, (short) 1, partition -> 0);

            ProduceResult result = get(harness.broker.produce(records, Acks.ALL));

            assertThat(result.offset(7)).isEqualTo(3);
            for (int partition = 0; partition < 2; partition++) {
                List<RecordBatch> batches = stored(harness.broker, "orders", partition, 0);
                assertThat(batches).extracting(RecordBatch::baseSequence).containsExactly(0);
                assertThat(batches).extracting(RecordBatch::producerId).containsOnly(42L);
                assertThat(batches).extracting(RecordBatch::producerEpoch).containsOnly((short) 1);
                assertThat(batches).allMatch(RecordBatch::checksumMatches);
            }
        }
    }

    @Test
    void rawBatchesKeepTheirProducer() {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            harness.broker.topics().create("orders", 1, 1, Map.of());

            get(harness.broker.append("orders", 0, batch(42, 1, 0, "a", "b"), Acks.ALL));

            assertThat(stored(harness.broker, "orders", 0, 0)).hasSize(1).allSatisfy(batch -> {
                assertThat(batch.producerId()).isEqualTo(42);
                assertThat(batch.producerEpoch()).isEqualTo((short) 1);
                assertThat(batch.baseSequence()).isZero();
                assertThat(batch.checksumMatches()).isTrue();
            });
            Failures.assertFails(ErrorKind.INVALID_BATCH, harness.broker.append("orders", 0, batch(42, -1, 2, "c"), Acks.ALL));
            assertThat(stored(harness.broker, "orders", 0, 0)).hasSize(1);
        }
    }

    /** The broker that accepted it has looked: when it is repeated, the topic's rules may be others. */
    @Test
    void whatIsPassedToTheLeaderIsHeldAgainstNoRuleThere() {
        try (BrokerCluster cluster = new BrokerCluster(root)) {
            cluster.produce("first");
            Broker leader = cluster.leader();
            leader.topics().alterConfig(BrokerCluster.TOPIC, Map.of("cleanup.policy", "compact", "max.message.bytes", "128",
                    "message.timestamp.before.max.ms", "1000"));
            Failures.assertFails(ErrorKind.INVALID_BATCH, leader.append(BrokerCluster.TOPIC, 0, batch(42, 0, 0, "a"), Acks.ALL));

            for (Broker broker : cluster.brokers) {
                RecordAccumulator records = broker.repetition(BrokerCluster.TOPIC);
                records.append(0, 5, null, bytes("x".repeat(50)), List.of());
                records.append(0, 5, null, bytes("y".repeat(50)), List.of());
                records.setProducer(42, (short) 0);
                assertThat(get(broker.produce(records, Acks.ALL)).offset(1)).isEqualTo(2);
            }
        }
    }

    @Test
    void whatComesAgainIsNotCountedAsProduced() {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            harness.broker.topics().create("orders", 1, 1, Map.of());
            get(harness.broker.append("orders", 0, batch(42, 1, 0, "a", "b"), Acks.ALL));
            long bytes = harness.observer.bytesIn.get();
            get(harness.broker.append("orders", 0, batch(42, 1, 0, "a", "b"), Acks.ALL));
            get(harness.broker.append("orders", 0, batch(42, 1, 0, "a", "b"), Acks.LEADER));

            assertThat(harness.observer.recordsIn).hasValue(2);
            assertThat(harness.observer.bytesIn).hasValue(bytes);
            assertThat(harness.observer.recordsRepeated).hasValue(4);
        }
    }

    @Test
    void whatIsPassedToTheLeaderCarriesItsProducer() {
        try (BrokerCluster cluster = new BrokerCluster(root)) {
            long first = cluster.produce("first"); // somebody leads then
            Broker leader = cluster.leader();
            for (Broker broker : cluster.brokers) {
                RecordAccumulator records = broker.accumulator(BrokerCluster.TOPIC);
                records.append(0, NOW, null, bytes("a"), List.of());
                records.append(0, NOW, null, bytes("b"), List.of());
                int sequence = 2 * cluster.brokers.indexOf(broker);
                records.setProducer(42, (short) 0, partition -> sequence);
                get(broker.produce(records, Acks.ALL));
            }

            List<RecordBatch> batches = stored(leader, BrokerCluster.TOPIC, 0, first + 1);
            assertThat(batches).extracting(RecordBatch::producerId).containsExactly(42L, 42L, 42L);
            assertThat(batches).extracting(RecordBatch::baseSequence).containsExactly(0, 2, 4);
        }
    }
}
