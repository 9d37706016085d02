package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.get;
import static io.millrace.broker.BrokerHarness.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.log.IsolationLevel;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.PartitionOffsets;
import io.millrace.replica.hosting.PartitionStatus;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What consumers fetch from a broker alone; long because every way of waiting meets the same memory and deadlines. */
class BrokerFetchTest {
    private static final int BYTES = 1 << 20;
    @TempDir
    Path root;
    private BrokerHarness harness;

    @BeforeEach
    void open() {
        harness = BrokerHarness.on(root);
        harness.broker.topics().create("orders", 1, 1, Map.of());
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private CompletableFuture<FetchResult> fetch(FetchPosition from, int minBytes, int maxBytes, long maxWaitMs) {
        return harness.broker.fetch(new FetchRequest("orders", 0, from, minBytes, maxBytes, maxWaitMs));
    }

    private CompletableFuture<FetchResult> fetch(long offset, int minBytes, long maxWaitMs) {
        return fetch(new FetchPosition.AtOffset(offset), minBytes, BYTES, maxWaitMs);
    }

    private void produce(String... values) {
        for (String value : values) {
            harness.produce("orders", 0, value);
        }
    }

    private int batchBytes(String value) {
        produce(value);
        return harness.fetch("orders", 0, harness.broker.offsets("orders", 0).endOffset() - 1).batches().remaining();
    }

    private int parked() {
        return harness.broker.hosted().working().get(0).parked(IsolationLevel.READ_UNCOMMITTED).size();
    }

    @Test
    void memoryIsTakenForWhatIsReadAndKeptForWhatIsAnsweredOnly() {
        CountedMemory memory = new CountedMemory();
        int size = batchBytes("a");
        CompletableFuture<FetchResult> fetch = harness.broker.fetch(new FetchRequest("orders", 0, new FetchPosition.Earliest(),
                size + 1, BYTES, 60_000), memory);
        assertThat(fetch).isNotDone();
        assertThat(memory.taken()).as("while it waits").isZero();
        produce("b");
        long answered = BrokerHarness.get(fetch).batches().capacity();
        assertThat(memory.taken()).isEqualTo(answered).isEqualTo(2L * size);
    }

    @Test
    void aFetchThatWaitedIsAnsweredAlsoWhenThereIsNoMemoryToReadItWith() {
        CountedMemory refused = new CountedMemory();
        CountedMemory exhausted = new CountedMemory();
        FetchRequest request = new FetchRequest("orders", 0, new FetchPosition.Earliest(), 1, BYTES, 60_000);
        CompletableFuture<FetchResult> first = harness.broker.fetch(request, refused);
        CompletableFuture<FetchResult> second = harness.broker.fetch(request, exhausted);
        refused.refuse();
        exhausted.exhaust();
        produce("a");
        Failures.assertFails(ErrorKind.OVERLOADED, first);
        Failures.assertFails(ErrorKind.OVERLOADED, second);
        Failures.assertFails(ErrorKind.OVERLOADED, harness.broker.fetch(request, exhausted));
    }

    @Test
    void aFetchReadsFromItsOffsetToTheHighWatermark() {
        produce("a", "b", "c");

        FetchResult result = harness.fetch("orders", 0, 1);

        assertThat(values(result)).containsExactly("b", "c");
        assertThat(result.offset()).isEqualTo(1);
        assertThat(result.nextOffset()).isEqualTo(3);
        assertThat(result.highWatermark()).isEqualTo(3);
        assertThat(result.logStartOffset()).isZero();
    }

    @Test
    void atTheHighWatermarkThereIsNothingYet() {
        produce("a");

        FetchResult result = harness.fetch("orders", 0, 1);

        assertThat(result.batches().hasRemaining()).isFalse();
        assertThat(result.nextOffset()).isEqualTo(1);
    }

    @Test
    void positionsAreResolvedAndTold() {
        RecordAccumulator records = harness.broker.accumulator("orders");
        for (int i = 0; i < 4; i++) {
            records.append(0, 1000 + i * 10L, null, BrokerHarness.bytes("t" + i), List.of());
        }
        get(harness.broker.produce(records, Acks.LEADER));
        get(harness.broker.deleteRecords("orders", 0, 1));

        assertThat(get(fetch(new FetchPosition.Earliest(), 0, BYTES, 0)).offset()).isEqualTo(1);
        assertThat(get(fetch(new FetchPosition.Latest(), 0, BYTES, 0)).offset()).isEqualTo(4);
        assertThat(get(fetch(new FetchPosition.AtTimestamp(1015), 0, BYTES, 0)).offset()).isEqualTo(2);
        assertThat(get(fetch(new FetchPosition.AtTimestamp(0), 0, BYTES, 0)).offset()).isEqualTo(1);
        assertThat(get(fetch(new FetchPosition.AtTimestamp(9999), 0, BYTES, 0)).offset()).isEqualTo(4);
        assertThat(harness.broker.offsetForTimestamp("orders", 0, 1020, IsolationLevel.READ_UNCOMMITTED))
                .contains(new OffsetAndTimestamp(2, 1020));
        assertThat(harness.broker.offsetForTimestamp("orders", 0, 1031, IsolationLevel.READ_UNCOMMITTED)).isEmpty();
    }

    @Test
    void offsetsOutsideOfWhatCanBeReadAreToldTheRange() {
        produce("a", "b", "c");
        get(harness.broker.deleteRecords("orders", 0, 2));

        for (long outside : new long[] {0, 1, 4, Long.MAX_VALUE}) {
            Failures.assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, fetch(outside, 0, 0))
                    .hasMessageContaining("offset " + outside).hasMessageContaining("2 to 3");
        }
    }

    @Test
    void negativeArgumentsAreRefused() {
        for (CompletableFuture<FetchResult> bad : List.of(fetch(-1, 0, 0), fetch(0, -1, 0), fetch(0, 0, -1),
                fetch(new FetchPosition.Earliest(), 0, -1, 0), fetch(new FetchPosition.AtTimestamp(-1), 0, 1, 0))) {
            Failures.assertFails(ErrorKind.INVALID_REQUEST, bad).hasMessageContaining("0 or more");
        }
        Failures.assertFails(ErrorKind.INVALID_REQUEST,
                () -> harness.broker.offsetForTimestamp("orders", 0, -1, IsolationLevel.READ_UNCOMMITTED));
        Failures.assertFails(ErrorKind.INVALID_REQUEST, harness.broker.deleteRecords("orders", 0, -1));
    }

    @Test
    void recordsOfACompactedTopicAreDeletedBeforeAnOffsetOnlyWhereItsPolicyDeletesToo() {
        harness.broker.topics().create("states", 1, 1, Map.of("cleanup.policy", "compact"));
        Failures.assertFails(ErrorKind.POLICY_VIOLATION, harness.broker.deleteRecords("states", 0, 0))
                .hasMessageContaining("'states'").hasMessageContaining("compact,delete");

        harness.broker.topics().alterConfig("states", Map.of("cleanup.policy", "compact,delete"));
        assertThat(get(harness.broker.deleteRecords("states", 0, 0))).isZero();
    }

    @Test
    void unknownTopicsAndPartitionsAreNamed() {
        FetchPosition earliest = new FetchPosition.Earliest();
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC,
                harness.broker.fetch(new FetchRequest("nothing", 0, earliest, 0, 1, 0)));
        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC,
                harness.broker.fetch(new FetchRequest(null, 0, earliest, 0, 1, 0)));
        Failures.assertFails(ErrorKind.UNKNOWN_PARTITION,
                harness.broker.fetch(new FetchRequest("orders", 1, earliest, 0, 1, 0)))
                .hasMessageContaining("only partition 0");
        Failures.assertFails(ErrorKind.UNKNOWN_PARTITION, () -> harness.broker.offsets("orders", -1));
    }

    @Test
    void whatIsNotCommittedIsNotVisible() {
        harness.close();
        harness = BrokerHarness.withoutWriters(10, root.resolve("slow"));
        harness.broker.topics().create("orders", 1, 1, Map.of());
        RecordAccumulator records = harness.broker.accumulator("orders");
        records.append(0, 1, null, BrokerHarness.bytes("a"), List.of());
        CompletableFuture<ProduceResult> producing = harness.broker.produce(records, Acks.LEADER);

        assertThat(harness.broker.offsets("orders", 0).endOffset()).isZero();
        Failures.assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, fetch(1, 0, 0));

        harness.startWriters();
        get(producing);
        assertThat(harness.broker.offsets("orders", 0).endOffset()).isEqualTo(1);
    }

    @Test
    void maxBytesBoundsTheAnswerButOneBatchAlwaysComes() {
        int size = batchBytes("aaaa");
        produce("bbbb", "cccc");

        assertThat(values(get(fetch(new FetchPosition.Earliest(), 1, 2 * size, 0)))).containsExactly("aaaa", "bbbb");
        assertThat(values(get(fetch(new FetchPosition.Earliest(), 1, 1, 0)))).containsExactly("aaaa");
        assertThat(values(get(fetch(new FetchPosition.Earliest(), 1, 0, 99)))).containsExactly("aaaa");
    }

    @Test
    void aFetchWaitsForTheNextRecord() {
        produce("before");
        CompletableFuture<FetchResult> waiting = fetch(1, 1, 10_000);
        assertThat(waiting).isNotDone();
        assertThat(parked()).isEqualTo(1);

        produce("after");

        FetchResult result = get(waiting);
        assertThat(values(result)).containsExactly("after");
        assertThat(result.highWatermark()).isEqualTo(2);
        assertThat(parked()).isZero();
    }

    @Test
    void aFetchWaitsUntilEnoughBytesCame() {
        int size = batchBytes("aaaa");
        CompletableFuture<FetchResult> waiting = fetch(0, 3 * size, 10_000);

        produce("bbbb");
        assertThat(waiting).isNotDone();
        produce("cccc");

        assertThat(values(get(waiting))).containsExactly("aaaa", "bbbb", "cccc");
    }

    @Test
    void moreThanMaxBytesIsNotWaitedFor() {
        int size = batchBytes("aaaa");
        produce("bbbb");

        assertThat(values(get(fetch(new FetchPosition.Earliest(), 1000 * size, 2 * size, 10_000))))
                .containsExactly("aaaa", "bbbb");
    }

    @Test
    void whenTheTimeIsOverWhatThereIsIsAnswered() {
        int size = batchBytes("aaaa");
        CompletableFuture<FetchResult> some = fetch(0, 2 * size, 500);
        CompletableFuture<FetchResult> none = fetch(1, 1, 700);

        harness.timers.advanceMillis(499);
        assertThat(some).isNotDone();
        harness.timers.advanceMillis(1);
        assertThat(values(get(some))).containsExactly("aaaa");
        assertThat(none).isNotDone();
        harness.timers.advanceMillis(200);

        assertThat(get(none).batches().hasRemaining()).isFalse();
        assertThat(get(none).nextOffset()).isEqualTo(1);
        Awaiting.until(() -> parked() == 0);
    }

    @Test
    void withoutMinBytesOrTimeNothingIsWaitedFor() {
        assertThat(fetch(0, 0, 10_000)).isDone();
        assertThat(fetch(0, 1, 0)).isDone();
        assertThat(harness.timers.pending()).as("only the broker's own").isEqualTo(5);
    }

    @Test
    void aReadThatEndsWithItsSegmentIsAnsweredAsItIs() {
        harness.broker.topics().alterConfig("orders", Map.of("segment.bytes", "1024"));
        produce("x".repeat(900), "y".repeat(900));

        assertThat(values(get(fetch(0, 1500, 10_000)))).containsExactly("x".repeat(900));
    }

    @Test
    void aCancelledFetchIsForgotten() {
        List<CompletableFuture<FetchResult>> fetches = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            fetches.add(fetch(0, 1, 10_000 + i));
        }
        assertThat(parked()).isEqualTo(1000);

        fetches.forEach(fetch -> fetch.cancel(true));

        assertThat(parked()).isZero();
        assertThat(harness.broker.waitingFetches()).isZero();
    }

    @Test
    void thousandsWaitOnOneTimerAndAreWokenByOneAppend() {
        List<CompletableFuture<FetchResult>> fetches = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            fetches.add(fetch(0, 1, 10_000 + i));
        }
        assertThat(harness.timers.pending()).as("the broker's own and one for all fetches").isEqualTo(6);

        produce("at last");

        fetches.forEach(fetch -> assertThat(values(get(fetch))).containsExactly("at last"));
        assertThat(parked()).isZero();
        // Whoever waits for the result may see it before the thread that gave it has tidied up.
        Awaiting.until(() -> harness.broker.waitingFetches() == 0);
    }

    @Test
    void anAppendTouchesOnlyThoseWhoseBytesAreThere() {
        int size = batchBytes("aaaa");
        CompletableFuture<FetchResult> near = fetch(1, size, 10_000);
        CompletableFuture<FetchResult> far = fetch(1, 100 * size, 10_000);

        produce("bbbb");

        assertThat(values(get(near))).containsExactly("bbbb");
        assertThat(far).isNotDone();
        assertThat(parked()).isEqualTo(1);
    }

    @Test
    void noWakeUpIsLostBetweenLookingAndParking() throws Exception {
        // A reader that always waits for the next record against a writer that never pauses.
        int records = 2000;
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < records; i++) {
                produce("v" + i);
            }
        });
        List<String> read = new ArrayList<>();
        long offset = 0;
        while (offset < records) {
            FetchResult result = get(fetch(offset, 1, Long.MAX_VALUE));
            read.addAll(values(result));
            offset = result.nextOffset();
        }
        get(writer);

        assertThat(read).hasSize(records).first().isEqualTo("v0");
        assertThat(read.get(records - 1)).isEqualTo("v" + (records - 1));
    }

    @Test
    void aFetchThatWaitsIsToldWhenItsTopicIsDeleted() {
        CompletableFuture<FetchResult> waiting = fetch(0, 1, 10_000);

        harness.broker.topics().delete("orders");

        Failures.assertFails(ErrorKind.UNKNOWN_TOPIC, waiting);
        assertThat(harness.broker.waitingFetches()).isZero();
    }

    @Test
    void aFetchThatWaitsIsToldWhenItsRecordsAreDeleted() {
        produce("a", "b");
        CompletableFuture<FetchResult> waiting = fetch(1, 100_000, 500);
        get(harness.broker.deleteRecords("orders", 0, 2));

        harness.timers.advanceMillis(500);

        Failures.assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, waiting);
    }

    @Test
    void closingTheBrokerEndsWhatWaits() {
        CompletableFuture<FetchResult> waiting = fetch(0, 1, 10_000);

        harness.broker.close();

        Failures.assertFails(ErrorKind.UNAVAILABLE, waiting).hasMessageContaining("stopping");
        Failures.assertFails(ErrorKind.UNAVAILABLE, fetch(0, 1, 10_000));
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> harness.broker.offsets("orders", 0));
        assertThat(harness.timers.pending()).isZero();
    }

    @Test
    void theObserverIsToldOfRecordsAndBytesThatWent() {
        RecordAccumulator records = harness.broker.accumulator("orders");
        for (int i = 0; i < 5; i++) {
            records.append(0, 1, null, BrokerHarness.bytes("v"), List.of());
        }
        CompletableFuture<FetchResult> waiting = fetch(0, 1, 10_000);
        get(harness.broker.produce(records, Acks.LEADER));

        long bytes = get(waiting).batches().remaining() + harness.fetch("orders", 0, 3).batches().remaining();
        Awaiting.until(() -> harness.observer.recordsOut.get() == 10);
        Awaiting.until(() -> harness.observer.bytesOut.get() == bytes);
    }

    @Test
    void recordsAreDeletedUpToTheHighWatermark() {
        produce("a", "b", "c");

        assertThat(get(harness.broker.deleteRecords("orders", 0, 2))).isEqualTo(2);
        assertThat(get(harness.broker.deleteRecords("orders", 0, 1))).isEqualTo(2);
        assertThat(harness.broker.offsets("orders", 0)).isEqualTo(new PartitionOffsets(2, 3));
        Failures.assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, harness.broker.deleteRecords("orders", 0, 4))
                .hasMessageContaining("2 to 3");
        assertThat(get(harness.broker.deleteRecords("orders", 0, 3))).isEqualTo(3);
    }

    @Test
    void damageIsReportedAndNotServed() throws Exception {
        int size = batchBytes("aaaa");
        produce("bbbb", "cccc");
        try (RandomAccessFile file = new RandomAccessFile(
                root.resolve("orders-0/00000000000000000000.log").toFile(), "rw")) {
            file.seek(2L * size - 1);
            file.write(0x55);
        }

        Failures.assertFails(ErrorKind.CORRUPT_LOG, fetch(1, 1, 0)).hasMessageContaining("orders")
                .hasMessageContaining("partition 0").hasMessageContaining("00000000000000000000.log");
        assertThat(values(get(fetch(0, 1, 0)))).containsExactly("aaaa");
        assertThat(values(get(fetch(2, 1, 0)))).containsExactly("cccc");
    }

    @Test
    void retentionIsAppliedByTheTimer() {
        harness.broker.topics().alterConfig("orders", Map.of("segment.bytes", "1024", "retention.bytes", "2000"));
        for (int i = 0; i < 10; i++) {
            produce("x".repeat(900));
        }
        assertThat(harness.broker.offsets("orders", 0).beginningOffset()).isZero();

        harness.timers.advanceMillis(BrokerHarness.RETENTION_INTERVAL_MS);

        Awaiting.until(() -> harness.broker.offsets("orders", 0).beginningOffset() > 5);
        assertThat(harness.broker.offsets("orders", 0).endOffset()).isEqualTo(10);
    }

    @Test
    void statusShowsEveryHostedPartition() {
        harness.broker.topics().create("a", 2, 1, Map.of());
        produce("v");

        List<PartitionStatus> status = harness.broker.partitions();

        assertThat(status).extracting(one -> one.topic() + "-" + one.partition())
                .containsExactly("a-0", "a-1", "orders-0");
        assertThat(status.get(2).highWatermark()).isEqualTo(1);
        assertThat(status.get(2).logEndOffset()).isEqualTo(1);
        assertThat(status.get(2).sizeInBytes()).isEqualTo(harness.fetch("orders", 0, 0).batches().remaining());
        assertThat(status.get(2).segments()).isEqualTo(1);
    }
}
