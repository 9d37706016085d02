package io.millrace.liberty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.Broker;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.access.GroupAccess;
import jakarta.inject.Inject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.microprofile.config.Config;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs inside Liberty, in the WAR: what is put together there by CDI works with the server's threads and class loaders. */
@ExtendWith(ArquillianExtension.class)
class InServerIT {
    private static final int MAX_BYTES = 1 << 20;
    private static final long PATIENCE_MS = 60_000;

    @Inject
    private GroupAccess groups;
    @Inject
    private BrokerAccess access;
    @Inject
    private Config config;
    private Broker broker;

    @Deployment
    static WebArchive deployment() {
        return MillraceArchive.create();
    }

    @BeforeEach
    void awaitBroker() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (broker == null) {
            try {
                broker = access.broker();
            } catch (BrokerException starting) {
                assertThat(starting.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
                assertThat(System.nanoTime()).as(starting.getMessage()).isLessThan(deadline);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    @Test
    void theServersVariablesAreTheApplicationsSettings() {
        assertThat(config.getValue("millrace.http.port", Integer.class)).isBetween(20_000, 29_999);
        assertThat(config.getValue("millrace.http.host", String.class)).isEqualTo("localhost");
    }

    @Test
    void whatIsProducedIsFetched() {
        String topic = newTopic(1, Map.of());

        produce(topic, 0, "a", "b");
        produce(topic, 0, "c");

        assertThat(values(fetch(topic, 0, 0, 0).join())).containsExactly("a", "b", "c");
        assertThat(values(fetch(topic, 0, 2, 0).join())).contains("c");
        assertThat(broker.offsets(topic, 0).endOffset()).isEqualTo(3);
    }

    @Test
    void aParkedFetchIsWokenByAProduce() throws Exception {
        String topic = newTopic(1, Map.of());
        CompletableFuture<FetchResult> parked = fetch(topic, 0, 0, PATIENCE_MS);
        assertThat(parked).isNotDone();

        produce(topic, 0, "awaited");

        assertThat(values(parked.get(PATIENCE_MS, TimeUnit.MILLISECONDS))).containsExactly("awaited");
    }

    /** Three of the codecs are native libraries, which load from the WAR. */
    @ParameterizedTest
    @EnumSource(Codec.class)
    void everyCodecWorksInTheServer(Codec codec) {
        String topic = newTopic(1, Map.of("compression.type", codec.codecName()));
        String value = "compress me ".repeat(100);

        produce(topic, 0, value, value);

        FetchResult fetched = fetch(topic, 0, 0, 0).join();
        assertThat(RecordBatch.at(fetched.batches()).codec()).isEqualTo(codec);
        assertThat(values(fetched)).containsExactly(value, value);
    }

    @Test
    void anApplicationsPartitionerIsFoundInTheWar() {
        String topic = newTopic(3, Map.of("partitioner", "first-byte"));

        produce(topic, RecordAccumulator.ANY_PARTITION, "2 is the partition", "1 is the partition");

        assertThat(values(fetch(topic, 1, 0, 0).join())).containsExactly("1 is the partition");
        assertThat(values(fetch(topic, 2, 0, 0).join())).containsExactly("2 is the partition");
    }

    @Test
    void anApplicationsAssignorIsFoundInTheWarAndSharesPartitionsOut() {
        String topic = newTopic(2, Map.of());
        ConsumerConfig config = new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, false, IsolationLevel.READ_UNCOMMITTED, 1,
                30_000, 500, 45_000, null, "first-subscriber");
        String group = "group-of-" + topic;
        PollRequest.Source here = new PollRequest.Source(1, null, null);
        for (String name : List.of("a", "b")) {
            assertThat(groups.groups().create(group, name, config).join()).extracting(ConsumerId::name).isEqualTo(name);
            groups.groups().subscribe(group, ConsumerId.of(name), new Subscription.Topics(new TreeSet<>(Set.of(topic))), here).join();
        }

        awaitOwned(group, "a", 2);
        assertThat(groups.groups().member(group, ConsumerId.of("b")).join().owned()).isEmpty();
        groups.groups().leave(group, ConsumerId.of("a"), here).join();
        awaitOwned(group, "b", 2);
    }

    /** An application's assignor is not waited for. */
    private void awaitOwned(String group, String consumer, int partitions) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (groups.groups().member(group, ConsumerId.of(consumer)).join().owned().size() != partitions) {
            assertThat(System.nanoTime() - deadline).as(consumer + " has " + partitions + " partitions").isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    @Test
    void topicsAreKeptInRegisters() {
        String topic = newTopic(2, Map.of("retention.ms", "1000"));

        broker.topics().alterConfig(topic, Map.of("retention.ms", "2000"));
        broker.topics().addPartitions(topic, 3);

        assertThat(broker.topics().names()).contains(topic);
        assertThat(broker.topics().get(topic).partitions()).hasSize(3);
        assertThat(broker.topics().effectiveConfig(broker.topics().get(topic))).containsEntry("retention.ms", "2000");

        broker.topics().delete(topic);
        assertThatThrownBy(() -> broker.topics().get(topic)).isInstanceOf(BrokerException.class)
                .hasMessageContaining(topic);
    }

    private String newTopic(int partitions, Map<String, String> overrides) {
        return broker.topics().create("in-server-" + UUID.randomUUID(), partitions, null, overrides).name();
    }

    private void produce(String topic, int partition, String... values) {
        RecordAccumulator records = broker.accumulator(topic);
        for (String value : values) {
            records.append(partition, RecordAccumulator.NO_TIMESTAMP, null,
                    ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        }
        assertThat(broker.produce(records, Acks.ALL).join().error(0)).isNull();
    }

    private CompletableFuture<FetchResult> fetch(String topic, int partition, long offset, long maxWaitMs) {
        return broker.fetch(new FetchRequest(topic, partition, new FetchPosition.AtOffset(offset), 1, MAX_BYTES,
                maxWaitMs));
    }

    private static List<String> values(FetchResult result) {
        List<String> values = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(result.batches())) {
            batch.records().forEachRemaining((Record record) ->
                    values.add(StandardCharsets.UTF_8.decode(record.value().duplicate()).toString()));
        }
        return values;
    }
}
