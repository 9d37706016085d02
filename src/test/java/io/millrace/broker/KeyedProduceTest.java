package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.bytes;
import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.Acks;
import io.millrace.transaction.idempotency.AccumulatedRecords;
import io.millrace.transaction.idempotency.Fingerprint;
import io.millrace.transaction.idempotency.IdempotencyKey;
import io.millrace.transaction.idempotency.IdempotencyKeys;
import io.millrace.transaction.idempotency.IdempotencyOptions;
import io.millrace.transaction.idempotency.IdempotencyParts;
import io.millrace.transaction.idempotency.KeyedAnswer;
import io.millrace.transaction.idempotency.KeyedRecords;
import io.millrace.transaction.idempotency.KeyedRequest;
import io.millrace.transaction.idempotency.Layout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests with idempotency keys over a real broker and its logs. */
@Timeout(120)
class KeyedProduceTest {
    private static final int RECORDS = 20;

    @TempDir
    Path root;
    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(2);
    private final AtomicLong producerIds = new AtomicLong(500);
    private BrokerHarness harness;
    private IdempotencyKeys keys;
    private String topic = "orders";
    private String padding = "";
    private long timestamp = RecordAccumulator.NO_TIMESTAMP;

    @BeforeEach
    void start() {
        harness = BrokerHarness.on(root);
        harness.broker.topics().create("orders", 4, 1, Map.of());
        keys = open();
    }

    @AfterEach
    void stop() {
        keys.close();
        harness.close();
        timers.shutdownNow();
    }

    private IdempotencyKeys open() {
        return IdempotencyKeys.open(new IdempotencyOptions(86_400_000, 1_000, 100, 10_000, 30_000), IdempotencyParts.of(harness.broker,
                new InternalTopic(InternalTopic.IDEMPOTENCY_KEYS, 1, 1), new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(10)),
                producerIds::getAndIncrement, timers, timers, timers, harness.clock));
    }

    private RecordAccumulator accumulated(Layout layout) {
        RecordAccumulator records = layout == null ? harness.broker.accumulator(topic) : harness.broker.repetition(topic);
        int[] slots = layout == null ? null : layout.slots();
        for (int record = 0; record < RECORDS; record++) {
            int partition = layout == null ? record % 2 == 0 ? RecordAccumulator.ANY_PARTITION : 3 : layout.partition(slots[record]);
            records.append(partition, timestamp, null, bytes("v" + record + padding), List.of());
        }
        return records;
    }

    /** @param broken whether the answer of the log gets lost */
    private KeyedRequest request(String key, boolean broken) {
        return new KeyedRequest() {
            @Override
            public IdempotencyKey key() {
                return IdempotencyKey.checked(topic, RecordAccumulator.ANY_PARTITION, key);
            }

            @Override
            public Fingerprint fingerprint() {
                return Fingerprint.of("text", key.getBytes());
            }

            @Override
            public UUID topicId() {
                return harness.broker.repetition(topic).topicId();
            }

            @Override
            public KeyedRecords records() {
                return losing(new AccumulatedRecords(harness.broker, accumulated(null), Acks.ALL));
            }

            @Override
            public KeyedRecords records(Layout layout) {
                return losing(new AccumulatedRecords(harness.broker, accumulated(layout), Acks.ALL));
            }

            private KeyedRecords losing(KeyedRecords records) {
                return !broken ? records : new KeyedRecords() {
                    @Override
                    public Layout layout() {
                        return records.layout();
                    }

                    @Override
                    public CompletableFuture<ProduceResult> append(long producerId, short producerEpoch) {
                        return records.append(producerId, producerEpoch).thenApply(lost -> {
                            throw new BrokerException(ErrorKind.UNAVAILABLE, "for the test");
                        });
                    }
                };
            }
        };
    }

    private static String offsets(KeyedAnswer answer) {
        StringBuilder offsets = new StringBuilder();
        for (int record = 0; record < answer.result().recordCount(); record++) {
            offsets.append(answer.result().partition(record)).append('-').append(answer.result().offset(record)).append(' ');
        }
        return offsets.toString();
    }

    private List<RecordBatch> stored() {
        List<RecordBatch> stored = new ArrayList<>();
        for (int partition = 0; partition < 4; partition++) {
            RecordBatch.in(harness.fetch(topic, partition, 0).batches()).forEach(stored::add);
        }
        return stored;
    }

    @Test
    void aRepetitionIsAnsweredFromTheLogOfKeysAlsoAfterARestart() {
        KeyedAnswer first = get(keys.produce(request("a", false)));
        assertThat(first.replayed()).isFalse();
        assertThat(stored()).hasSize(2).allSatisfy(batch -> {
            assertThat(batch.producerId()).isEqualTo(500);
            assertThat(batch.producerEpoch()).isZero();
            assertThat(batch.baseSequence()).isZero();
        });
        KeyedAnswer again = get(keys.produce(request("a", false)));
        assertThat(again.replayed()).isTrue();
        assertThat(offsets(again)).isEqualTo(offsets(first));

        keys.close();
        keys = open();
        assertThat(offsets(get(keys.produce(request("a", false))))).isEqualTo(offsets(first));
        get(keys.produce(request("b", false)));
        assertThat(stored()).filteredOn(batch -> batch.producerEpoch() == 1).as("the same producer, in its next epoch").isNotEmpty()
                .allSatisfy(batch -> assertThat(batch.producerId()).isEqualTo(500));
    }

    @Test
    void whatWasWrittenAndNeverAnsweredIsAnsweredByTheLogsOfTheTopic() {
        assertThat(keys.produce(request("a", true))).failsWithin(Duration.ofSeconds(20));
        assertThat(stored()).hasSize(2);

        KeyedAnswer second = get(keys.produce(request("a", false)));
        assertThat(second.replayed()).isFalse();
        assertThat(second.result().error(0)).isNull();
        assertThat(stored()).as("nothing more was written").hasSize(2);
        assertThat(offsets(get(keys.produce(request("a", false))))).isEqualTo(offsets(second));
    }

    @Test
    void whereRecordsWentIsKeptWhateverThePartitionerSaysLater() {
        for (int request = 0; request < 20; request++) {
            String key = "k" + request;
            assertThat(keys.produce(request(key, true))).failsWithin(Duration.ofSeconds(20));
            get(keys.produce(request(key, false)));
        }
        long records = stored().stream().mapToLong(RecordBatch::recordCount).sum();
        assertThat(records).isEqualTo(20 * RECORDS);
    }

    /** After which the topic takes no such records any more, and has more partitions. */
    private void changeTopic() {
        harness.clock.advanceMillis(7_200_000);
        harness.broker.topics().alterConfig(topic, Map.of("message.timestamp.before.max.ms", "3600000", "max.message.bytes", "128",
                "cleanup.policy", "compact"));
        harness.broker.topics().addPartitions(topic, 9);
    }

    @Test
    void whatWasCarriedOutIsAnsweredTheSameWhateverTheTopicWantsOfRecordsByNow() {
        timestamp = BrokerHarness.START;
        KeyedAnswer first = get(keys.produce(request("a", false)));
        changeTopic();
        KeyedAnswer again = get(keys.produce(request("a", false)));

        assertThat(again.replayed()).isTrue();
        assertThat(offsets(again)).isEqualTo(offsets(first));
        assertThat(keys.produce(request("b", false))).as("such records are refused by now").failsWithin(Duration.ofSeconds(20));
    }

    @Test
    void whatWasBegunIsCarriedOutWhateverTheTopicWantsOfRecordsByNow() {
        timestamp = BrokerHarness.START;
        padding = "x".repeat(100); // more than a batch may have later
        assertThat(keys.produce(request("a", true))).failsWithin(Duration.ofSeconds(20));
        int batches = stored().size();
        changeTopic();
        KeyedAnswer second = get(keys.produce(request("a", false)));

        assertThat(second.result().error(0)).isNull();
        assertThat(stored()).as("all in the logs already").hasSize(batches);
        assertThat(offsets(get(keys.produce(request("a", false))))).isEqualTo(offsets(second));
    }

    @Test
    void aNewRequestThatIsRefusedUsesNoKey() {
        timestamp = BrokerHarness.START;
        harness.broker.topics().alterConfig(topic, Map.of("cleanup.policy", "compact"));
        assertThatThrownBy(() -> get(keys.produce(request("a", false)))).isInstanceOf(BrokerException.class)
                .satisfies(e -> assertThat(((BrokerException) e).kind()).isEqualTo(ErrorKind.INVALID_RECORD));

        harness.broker.topics().alterConfig(topic, Map.of("cleanup.policy", "delete"));
        timestamp = RecordAccumulator.NO_TIMESTAMP;
        KeyedAnswer answer = get(keys.produce(request("a", false)));
        assertThat(answer.replayed()).isFalse();
        assertThat(stored()).allSatisfy(batch -> assertThat(batch.producerId()).as("the first that is taken").isEqualTo(500));
    }

    @Test
    void aRequestThatFillsSeveralBatchesOfAPartitionIsRefusedAndUsesNoKey() {
        topic = "small";
        padding = "x".repeat(40);
        harness.broker.topics().create(topic, 4, 1, Map.of("max.message.bytes", "128"));
        Failures.assertFails(ErrorKind.RECORD_TOO_LARGE, keys.produce(request("a", false)));
        assertThat(stored()).isEmpty();

        topic = "orders";
        get(keys.produce(request("b", false)));
        assertThat(stored()).as("the first that any key gives").extracting(RecordBatch::producerId).containsOnly(500L);
        assertThat(stored()).extracting(RecordBatch::producerEpoch).containsOnly((short) 0);
    }
}
