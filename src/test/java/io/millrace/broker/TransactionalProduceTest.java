package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.bytes;
import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.broker.produce.RecordRules;
import io.millrace.log.AppendResult;
import io.millrace.log.IsolationLevel;
import io.millrace.log.ProducerCount;
import io.millrace.log.ProducerLimits;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a leader asks of the coordinator before it appends, and what it refuses (KIP-890). */
class TransactionalProduceTest {
    private static final long PRODUCER = 42;
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    Path root;

    private BrokerHarness harness;
    /** The questions that the coordinator was asked, and has not answered. */
    private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();
    private boolean silent;

    private record Asked(String transactionalId, long producerId, short epoch, TopicPartition partition,
                         CompletableFuture<Void> answer) {
    }

    @BeforeEach
    void open() {
        serve(BrokerHarness.on(root));
    }

    private void serve(BrokerHarness opened) {
        harness = opened;
        harness.broker.topics().create("orders", 2, 1, Map.of());
        harness.broker.transactions().verifyWith((transactionalId, producerId, epoch, partition) -> {
            Asked question = new Asked(transactionalId, producerId, epoch, partition, new CompletableFuture<>());
            asked.add(question);
            if (!silent) {
                question.answer().complete(null);
            }
            return question.answer();
        }, (id, producerId, epoch) -> CompletableFuture.completedFuture(null));
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private static ByteBuffer batch(int epoch, String value) {
        return batch(PRODUCER, epoch, value);
    }

    private static ByteBuffer batch(long producerId, int epoch, String value) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE)
                .producer(producerId, (short) epoch, RecordBatch.NO_SEQUENCE).transactional();
        batch.append(1, null, bytes(value), List.of());
        return batch.build();
    }

    private CompletableFuture<AppendResult> append(int epoch, String value) {
        return harness.broker.transactions().append("orders", 0, batch(epoch, value), Acks.ALL, RecordRules.IN_FORCE, "shop");
    }

    private AppendResult end(int epoch) {
        return get(harness.broker.transactions().end(ORDERS, PRODUCER, (short) epoch,
                new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 0)));
    }

    private long end(IsolationLevel isolation) {
        return harness.broker.offsets("orders", 0, isolation).endOffset();
    }

    @Test
    void theCoordinatorIsAskedOnceForEachTransaction() {
        get(append(0, "a"));
        get(append(0, "b"));
        assertThat(asked).hasSize(1);
        assertThat(asked.peek().transactionalId()).isEqualTo("shop");
        assertThat(asked.peek().partition()).isEqualTo(ORDERS);
        assertThat(end(IsolationLevel.READ_COMMITTED)).isZero();

        end(1);

        assertThat(end(IsolationLevel.READ_COMMITTED)).isEqualTo(3);
        get(append(1, "c"));
        assertThat(asked).hasSize(2);
    }

    @Test
    void severalThatComeAtOnceAreVerifiedTogetherAndAppendedInTheirOrder() {
        silent = true;
        List<CompletableFuture<AppendResult>> appends = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            appends.add(append(0, "value " + i));
        }
        assertThat(asked).hasSize(1);
        assertThat(end(IsolationLevel.READ_UNCOMMITTED)).isZero();

        asked.remove().answer().complete(null);

        for (int i = 0; i < 5; i++) {
            assertThat(get(appends.get(i)).baseOffset()).isEqualTo(i);
        }
    }

    @Test
    void whatTheCoordinatorRefusesIsNotWritten() {
        silent = true;
        CompletableFuture<AppendResult> refused = append(0, "a");
        asked.remove().answer().completeExceptionally(new BrokerException(ErrorKind.PRODUCER_FENCED, "fenced"));
        Failures.assertFails(ErrorKind.PRODUCER_FENCED, refused);
        assertThat(end(IsolationLevel.READ_UNCOMMITTED)).isZero();

        silent = false;
        get(append(0, "b"));
        assertThat(end(IsolationLevel.READ_UNCOMMITTED)).isEqualTo(1);
    }

    @Test
    void whatIsKnownOfATransactionSaysNothingOfAnotherTransactionalIdThatComesWithItsProducer() {
        get(append(0, "a"));
        silent = true;
        CompletableFuture<AppendResult> foreign = harness.broker.transactions().append("orders", 0, batch(0, "b"), Acks.ALL,
                RecordRules.IN_FORCE, "other");
        asked.remove();
        assertThat(asked.peek().transactionalId()).isEqualTo("other");
        asked.remove().answer().completeExceptionally(new BrokerException(ErrorKind.INVALID_PRODUCER_ID_MAPPING, "not its own"));

        Failures.assertFails(ErrorKind.INVALID_PRODUCER_ID_MAPPING, foreign);
        assertThat(end(IsolationLevel.READ_UNCOMMITTED)).isEqualTo(1);
    }

    @Test
    void whatWasVerifiedBeforeTheMarkerIsAskedForOnceMoreBehindIt() {
        silent = true;
        CompletableFuture<AppendResult> late = append(0, "late");
        end(1);
        asked.remove().answer().complete(null);

        assertThat(asked).as("verified once more").hasSize(1);
        asked.remove().answer().completeExceptionally(new BrokerException(ErrorKind.PRODUCER_FENCED, "over"));

        Failures.assertFails(ErrorKind.PRODUCER_FENCED, late);
        assertThat(end(IsolationLevel.READ_COMMITTED)).as("the marker only").isEqualTo(1);
    }

    @Test
    void aZombieIsRefusedByTheMarkersEpochWhateverTheCoordinatorSays() {
        get(append(0, "a"));
        end(1);
        Failures.assertFails(ErrorKind.INVALID_PRODUCER_EPOCH, append(0, "zombie"));
        assertThat(end(IsolationLevel.READ_COMMITTED)).isEqualTo(2);
    }

    @Test
    void recordsThatAreCollectedHereArePartOfATransactionToo() {
        RecordAccumulator records = harness.broker.accumulator("orders");
        for (int record = 0; record < 4; record++) {
            records.append(record % 2, RecordAccumulator.NO_TIMESTAMP, null, bytes("value"), List.of());
        }
        records.setTransaction("shop", PRODUCER, (short) 0);
        get(harness.broker.produce(records, Acks.ALL));

        assertThat(asked).extracting(Asked::partition).containsExactlyInAnyOrder(ORDERS, new TopicPartition("orders", 1));
        assertThat(end(IsolationLevel.READ_UNCOMMITTED)).isEqualTo(2);
        assertThat(end(IsolationLevel.READ_COMMITTED)).isZero();
    }

    @Test
    void aTransactionAndItsBatchesSayTheSame() {
        Failures.assertFails(ErrorKind.INVALID_BATCH, harness.broker.append("orders", 0, batch(0, "a"), Acks.ALL))
                .hasMessageContaining("transactional id");
        RecordBatchBuilder plain = new RecordBatchBuilder(Codec.NONE);
        plain.append(1, null, bytes("a"), List.of());
        Failures.assertFails(ErrorKind.INVALID_BATCH,
                harness.broker.transactions().append("orders", 0, plain.build(), Acks.ALL, RecordRules.IN_FORCE, "shop"));
        Failures.assertFails(ErrorKind.INVALID_REQUEST,
                harness.broker.transactions().append("orders", 0, batch(0, "a"), Acks.LEADER, RecordRules.IN_FORCE, "shop"))
                .hasMessageContaining("acks=all");
        assertThat(asked).isEmpty();
    }

    @Test
    void aMarkerForATopicThatThereIsNotSaysSo() {
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, harness.broker.transactions().end(new TopicPartition("gone", 0), PRODUCER,
                (short) 1, new EndTransactionMarker(EndTransactionMarker.Type.ABORT, 0)));
    }

    @Test
    void noPartitionIsAddedForAProducerThatThereIsNoRoomForAndThoseThatAreKnownGoOn() {
        harness.close();
        BrokerHarness small = new BrokerHarness(new InMemoryRegisterStore());
        small.writers().execute(small.directory(root.resolve("small"), new LogDirectory.Options(64 << 20, 10_000, 1_000, 0, 5_000,
                new ProducerLimits(60_000, 10, new ProducerCount(1)))));
        small.open();
        serve(small);
        get(append(0, "a"));
        end(1);
        get(append(1, "b"));
        assertThat(asked).hasSize(2);

        Failures.assertFails(ErrorKind.OVERLOADED, harness.broker.transactions().append("orders", 0, batch(PRODUCER + 1, 0, "c"), Acks.ALL,
                RecordRules.IN_FORCE, "other")).hasMessageContaining("millrace.producers.max");
        assertThat(asked).hasSize(2);
        assertThat(end(IsolationLevel.READ_UNCOMMITTED)).isEqualTo(3);
    }
}
