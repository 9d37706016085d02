package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.bytes;
import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.log.AppendResult;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.PartitionOffsets;
import io.millrace.tracing.RecordedSpan;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrokerProduceTest {
    private static final long NOW = RecordAccumulator.NO_TIMESTAMP;
    @TempDir
    Path root;
    private BrokerHarness harness;

    @AfterEach
    void close() {
        harness.close();
    }

    private void open(int partitions, Map<String, String> config) {
        harness = BrokerHarness.on(root);
        harness.broker.topics().create("orders", partitions, 1, config);
    }

    private RecordAccumulator accumulate(int partition, String... values) {
        RecordAccumulator records = harness.broker.accumulator("orders");
        for (String value : values) {
            records.append(partition, NOW, null, bytes(value), List.of());
        }
        return records;
    }

    private static ByteBuffer batch(Codec codec, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        for (String value : values) {
            builder.append(5, null, bytes(value), List.of());
        }
        return builder.build();
    }

    private static ByteBuffer together(ByteBuffer... batches) {
        ByteBuffer all = ByteBuffer.allocate(List.of(batches).stream().mapToInt(ByteBuffer::remaining).sum());
        List.of(batches).forEach(all::put);
        return all.flip();
    }

    @Test
    void eachAppendOfARequestThatIsFollowedIsASpanUntilItIsAcknowledged() {
        open(2, Map.of());
        RecordedSpan request = new RecordedSpan("request");
        RecordAccumulator records = accumulate(1, "a", "b");
        records.append(0, NOW, null, bytes("c"), List.of());
        records.follow(request);

        get(harness.broker.produce(records, Acks.ALL));

        assertThat(request.begun()).containsExactly("append orders-1 ALL [records 2, end]", "append orders-0 ALL [records 1, end]");
        assertThat(request.told()).isEmpty();
    }

    @Test
    void recordsGetTheirPartitionsNextOffsetsInTheOrderOfTheRequest() {
        open(2, Map.of());
        get(harness.broker.produce(accumulate(0, "a", "b"), Acks.ALL));
        RecordAccumulator records = harness.broker.accumulator("orders");
        for (int partition : new int[] {1, 0, 0, 1}) {
            records.append(partition, NOW, null, bytes("p" + partition), List.of());
        }

        ProduceResult result = get(harness.broker.produce(records, Acks.LEADER));

        assertThat(IntStream.range(0, 4).map(result::partition)).containsExactly(1, 0, 0, 1);
        assertThat(IntStream.range(0, 4).mapToObj(result::offset)).containsExactly(0L, 2L, 3L, 1L);
        assertThat(IntStream.range(0, 4).mapToObj(result::error)).containsOnlyNulls();
        assertThat(BrokerHarness.values(harness.fetch("orders", 0, 0))).containsExactly("a", "b", "p0", "p0");
    }

    @Test
    void offsetsRunOnWhenARequestFillsSeveralBatches() {
        open(1, Map.of("max.message.bytes", "200"));
        String[] values = IntStream.range(0, 100).mapToObj(i -> "value-" + i).toArray(String[]::new);
        RecordAccumulator records = accumulate(0, values);

        ProduceResult result = get(harness.broker.produce(records, Acks.LEADER));

        assertThat(IntStream.range(0, 100).mapToObj(result::offset)).isEqualTo(
                IntStream.range(0, 100).mapToObj(Long::valueOf).toList());
        assertThat(RecordBatch.in(harness.fetch("orders", 0, 0).batches())).hasSizeGreaterThan(5);
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void compressedTopicsAreReadBackAsTheyWereWritten(Codec codec) {
        open(1, Map.of("compression.type", codec.name().toLowerCase()));
        get(harness.broker.produce(accumulate(0, "x".repeat(500), "y".repeat(500)), Acks.LEADER));

        FetchResult fetched = harness.fetch("orders", 0, 0);

        assertThat(RecordBatch.at(fetched.batches()).codec()).isEqualTo(codec);
        assertThat(BrokerHarness.values(fetched)).containsExactly("x".repeat(500), "y".repeat(500));
    }

    @Test
    void anEmptyRequestIsAnsweredAtOnce() {
        open(1, Map.of());

        assertThat(get(harness.broker.produce(harness.broker.accumulator("orders"), Acks.ALL)).recordCount()).isZero();
    }

    @Test
    void theObserverIsToldOfRecordsAndBytesThatCameIn() {
        open(2, Map.of());
        RecordAccumulator records = accumulate(0, "a", "b");
        records.append(1, NOW, null, bytes("c"), List.of());
        get(harness.broker.produce(records, Acks.LEADER));
        get(harness.broker.append("orders", 1, batch(Codec.GZIP, "d", "e"), Acks.LEADER));

        assertThat(harness.observer.recordsIn).hasValue(5);
        long stored = harness.fetch("orders", 0, 0).batches().remaining()
                + harness.fetch("orders", 1, 0).batches().remaining();
        assertThat(harness.observer.bytesIn).hasValue(stored);
    }

    @Test
    void rawBatchesAreStoredAsTheyCameButForTheirOffsets() {
        open(1, Map.of());
        harness.produce("orders", 0, "first");
        ByteBuffer raw = together(batch(Codec.ZSTD, "a", "b"), batch(Codec.NONE, "c"));

        AppendResult result = get(harness.broker.append("orders", 0, raw, Acks.LEADER));

        assertThat(result).isEqualTo(new AppendResult(1, 3, -1));
        FetchResult fetched = harness.fetch("orders", 0, 1);
        List<Codec> codecs = new ArrayList<>();
        RecordBatch.in(fetched.batches()).forEach(batch -> codecs.add(batch.codec()));
        assertThat(codecs).containsExactly(Codec.ZSTD, Codec.NONE);
        assertThat(BrokerHarness.values(fetched)).containsExactly("a", "b", "c");
    }

    @ParameterizedTest
    @ValueSource(longs = {BrokerHarness.START + 3_600_001, BrokerHarness.START * 1000, Long.MAX_VALUE,
        BrokerHarness.START - 60_001})
    void timestampsTooFarFromTheServersClockAreRefusedWithTheRecordsIndex(long timestamp) {
        open(1, Map.of("message.timestamp.before.max.ms", "60000"));
        RecordAccumulator records = harness.broker.accumulator("orders");
        records.append(0, BrokerHarness.START + 3_600_000, null, BrokerHarness.bytes("a"), List.of());
        records.append(0, BrokerHarness.START - 60_000, null, BrokerHarness.bytes("b"), List.of());
        Failures.assertFails(ErrorKind.INVALID_TIMESTAMP,
                () -> records.append(0, timestamp, null, BrokerHarness.bytes("c"), List.of()))
                .hasMessageContaining("record 2: timestamp " + timestamp).hasMessageContaining("max.ms");

        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.GZIP);
        batch.append(BrokerHarness.START, null, BrokerHarness.bytes("a"), List.of());
        batch.append(timestamp, null, BrokerHarness.bytes("b"), List.of());
        Failures.assertFails(ErrorKind.INVALID_BATCH, harness.broker.append("orders", 0, batch.build(), Acks.LEADER))
                .hasMessageContaining("batch 0").hasMessageContaining("record 1: timestamp " + timestamp);
        assertThat(harness.broker.offsets("orders", 0).endOffset()).isZero();
    }

    @Test
    void theLogsOwnTimestampsNeedNoBounds() {
        open(1, Map.of("message.timestamp.type", "LogAppendTime"));
        RecordAccumulator records = harness.broker.accumulator("orders");
        records.append(0, Long.MAX_VALUE, null, BrokerHarness.bytes("a"), List.of());
        assertThat(BrokerHarness.get(harness.broker.produce(records, Acks.LEADER)).offset(0)).isZero();
    }

    @Test
    void badBatchesWriteNothing() {
        open(1, Map.of("max.message.bytes", "300"));
        ByteBuffer damaged = batch(Codec.NONE, "a");
        damaged.put(damaged.limit() - 1, (byte) 0x7f);

        Failures.assertFails(ErrorKind.INVALID_BATCH, harness.broker.append("orders", 0, damaged, Acks.LEADER));
        ByteBuffer cutOff = together(batch(Codec.NONE, "a"), ByteBuffer.allocate(9));
        Failures.assertFails(ErrorKind.INVALID_BATCH, harness.broker.append("orders", 0, cutOff, Acks.LEADER));
        Failures.assertFails(ErrorKind.INVALID_BATCH,
                harness.broker.append("orders", 0, ByteBuffer.allocate(0), Acks.LEADER));
        Failures.assertFails(ErrorKind.RECORD_TOO_LARGE,
                harness.broker.append("orders", 0, batch(Codec.NONE, "x".repeat(300)), Acks.LEADER));

        assertThat(harness.broker.offsets("orders", 0)).isEqualTo(new PartitionOffsets(0, 0));
    }

    @Test
    void aBatchThatSwellsBeyondTheLimitIsRefused() {
        open(1, Map.of("max.message.bytes", "104857600"));
        // The harness allows 10 MiB after decompression.
        ByteBuffer bomb = batch(Codec.ZSTD, "x".repeat(11 << 20));

        Failures.assertFails(ErrorKind.RECORD_TOO_LARGE, harness.broker.append("orders", 0, bomb, Acks.LEADER));
    }

    @Test
    void unknownTopicsAndPartitionsAreNamed() {
        open(2, Map.of());

        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, () -> harness.broker.accumulator("nothing"))
                .hasMessageContaining("'nothing'");
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC,
                harness.broker.append("nothing", 0, batch(Codec.NONE, "a"), Acks.LEADER));
        for (int unknown : new int[] {2, -1, Integer.MIN_VALUE}) {
            Failures.assertFails(ErrorKind.UNKNOWN_PARTITION,
                            harness.broker.append("orders", unknown, batch(Codec.NONE, "a"), Acks.LEADER))
                    .hasMessageContaining("no partition " + unknown).hasMessageContaining("0 to 1");
        }
    }

    @Test
    void aRecordForAPartitionThatIsNotThereHasAnErrorInItsPlaceAndTheOthersAreWritten() {
        open(2, Map.of());
        RecordAccumulator records = harness.broker.accumulator("orders");
        for (int partition : new int[] {1, 7, 0, 1}) {
            records.append(partition, RecordAccumulator.NO_TIMESTAMP, null, ByteBuffer.wrap(new byte[] {1}), List.of());
        }

        ProduceResult result = harness.broker.produce(records, Acks.LEADER).join();

        assertThat(IntStream.range(0, 4).mapToLong(result::offset)).containsExactly(0L, -1L, 0L, 1L);
        assertThat(IntStream.range(0, 4).map(result::partition)).containsExactly(1, 7, 0, 1);
        assertThat(result.error(0)).isNull();
        assertThat(result.error(1).kind()).isEqualTo(ErrorKind.UNKNOWN_PARTITION);
        assertThat(result.error(1)).hasMessageContaining("no partition 7");
    }

    @Test
    void recordsForATopicThatWasDeletedMeanwhileDoNotReachItsSuccessor() {
        open(1, Map.of());
        RecordAccumulator records = accumulate(0, "for the old one");
        harness.broker.topics().delete("orders");
        harness.broker.topics().create("orders", 1, 1, Map.of());

        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, harness.broker.produce(records, Acks.LEADER));

        assertThat(harness.broker.offsets("orders", 0).endOffset()).isZero();
    }

    @Test
    void withoutAcknowledgementTheAnswerComesOnceQueued() {
        harness = BrokerHarness.withoutWriters(100, root);
        harness.broker.topics().create("orders", 1, 1, Map.of());

        ProduceResult result = get(harness.broker.produce(accumulate(0, "a"), Acks.NONE));
        AppendResult appended = get(harness.broker.append("orders", 0, batch(Codec.NONE, "b"), Acks.NONE));

        assertThat(result.offset(0)).isEqualTo(-1);
        assertThat(result.error(0)).isNull();
        assertThat(appended.baseOffset()).isEqualTo(-1);
        harness.startWriters();
        FetchResult fetched = get(harness.broker.fetch(
                new FetchRequest("orders", 0, new FetchPosition.Earliest(), 100, 1 << 20, Long.MAX_VALUE)));
        assertThat(BrokerHarness.values(fetched)).containsExactly("a", "b");
    }

    @Test
    void aFullQueueRefusesARequestOfWhichNothingWasQueued() {
        harness = BrokerHarness.withoutWriters(1, root);
        harness.broker.topics().create("orders", 1, 1, Map.of());
        CompletableFuture<ProduceResult> waiting = harness.broker.produce(accumulate(0, "a"), Acks.LEADER);

        Failures.assertFails(ErrorKind.OVERLOADED, harness.broker.produce(accumulate(0, "b"), Acks.LEADER));
        Failures.assertFails(ErrorKind.OVERLOADED,
                harness.broker.append("orders", 0, batch(Codec.NONE, "c"), Acks.NONE));

        assertThat(waiting).isNotDone();
        harness.startWriters();
        assertThat(get(waiting).offset(0)).isZero();
    }

    @Test
    void aPartitionThatIsRefusedAfterOthersWereQueuedFailsItsOwnRecordsOnly() {
        harness = BrokerHarness.withoutWriters(1, root);
        harness.broker.topics().create("orders", 2, 1, Map.of());
        RecordAccumulator records = accumulate(0, "queued");
        records.append(1, NOW, null, bytes("refused"), List.of());
        records.append(0, NOW, null, bytes("queued too"), List.of());

        CompletableFuture<ProduceResult> producing = harness.broker.produce(records, Acks.LEADER);
        harness.startWriters();
        ProduceResult result = get(producing);

        assertThat(IntStream.range(0, 3).mapToObj(result::offset)).containsExactly(0L, -1L, 1L);
        assertThat(result.error(0)).isNull();
        assertThat(result.error(1).kind()).isEqualTo(ErrorKind.OVERLOADED);
        assertThat(harness.broker.offsets("orders", 1).endOffset()).isZero();
    }

    @Test
    void answersComeOnWorkersAndNeverOnTheWriter() {
        harness = BrokerHarness.withoutWriters(10, root);
        harness.broker.topics().create("orders", 1, 1, Map.of());
        List<AtomicReference<Thread>> answeredOn = new ArrayList<>();
        for (CompletableFuture<?> future : List.of(harness.broker.produce(accumulate(0, "a"), Acks.LEADER),
                harness.broker.append("orders", 0, batch(Codec.NONE, "b"), Acks.LEADER))) {
            AtomicReference<Thread> thread = new AtomicReference<>();
            answeredOn.add(thread);
            future.whenComplete((result, failure) -> thread.set(Thread.currentThread()));
        }
        AtomicReference<Thread> writer = new AtomicReference<>();
        harness.writers().execute(() -> {
            writer.set(Thread.currentThread());
            harness.directories.get(0).run();
        });
        harness.produce("orders", 0, "c");

        Awaiting.until(() -> answeredOn.stream().allMatch(thread -> thread.get() != null));
        assertThat(answeredOn).extracting(AtomicReference::get).doesNotContain(writer.get());
    }

    @Test
    void workersThatRefuseLoseNoAnswer() {
        harness = new BrokerHarness(new InMemoryRegisterStore());
        harness.writers().execute(harness.directory(root, new LogDirectory.Options(1 << 20, 100, 1000)));
        harness.open(task -> {
            throw new RejectedExecutionException("full");
        }, Map.of());
        harness.broker.topics().create("orders", 4, 1, Map.of());

        assertThat(harness.produce("orders", 3, "v")).isZero();
    }

    @Test
    void aFailedDirectoryIsNamedAndTheOthersGoOn() {
        harness = BrokerHarness.on(root.resolve("a"), root.resolve("b"));
        harness.broker.topics().create("orders", 2, 1, Map.of());
        BrokenDisk.breakUnder(harness, 0);
        int broken = harness.directories.get(0).found().stream().filter(found -> found.topic().equals("orders"))
                .findFirst().orElseThrow().partition();

        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE,
                        harness.broker.produce(accumulate(broken, "a"), Acks.LEADER))
                .hasMessageContaining("log directory a ");
        assertThat(harness.produce("orders", 1 - broken, "b")).isZero();
        // Without a key, what can be written is chosen.
        for (int i = 0; i < 3; i++) {
            assertThat(get(harness.broker.produce(accumulate(RecordAccumulator.ANY_PARTITION, "c"), Acks.LEADER))
                    .partition(0)).isEqualTo(1 - broken);
        }
    }

    @Test
    void recordsAreProducedOnlyOnce() {
        open(1, Map.of());
        RecordAccumulator records = accumulate(0, "a");
        get(harness.broker.produce(records, Acks.LEADER));

        assertThatIllegalStateException().isThrownBy(() -> get(harness.broker.produce(records, Acks.LEADER)));
        assertThat(harness.broker.offsets("orders", 0).endOffset()).isEqualTo(1);
    }

    @Test
    void aBufferThatTheLogCannotWriteToNeverReachesTheWriter() {
        open(1, Map.of());
        ByteBuffer readOnly = batch(Codec.NONE, "a").asReadOnlyBuffer();

        assertThatIllegalArgumentException().isThrownBy(
                () -> get(harness.broker.append("orders", 0, readOnly, Acks.LEADER)));
        assertThat(harness.produce("orders", 0, "b")).isZero();
    }

    @Test
    void theTopicsPartitionerIsAsked() {
        open(5, Map.of("partitioner", "first-byte"));

        assertThat(get(harness.broker.produce(accumulate(RecordAccumulator.ANY_PARTITION, "4 ever"), Acks.LEADER))
                .partition(0)).isEqualTo(4);
    }

    @Test
    void aClosedBrokerRefuses() {
        open(1, Map.of());
        RecordAccumulator records = accumulate(0, "a");
        harness.broker.close();

        Failures.assertFails(ErrorKind.UNAVAILABLE, harness.broker.produce(records, Acks.LEADER));
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> harness.broker.accumulator("orders"));
        Failures.assertFails(ErrorKind.UNAVAILABLE,
                harness.broker.append("orders", 0, batch(Codec.NONE, "a"), Acks.LEADER));
    }
}
