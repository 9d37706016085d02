package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.get;
import static io.millrace.broker.BrokerHarness.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several partitions of one broker. */
class FetchAllTest {
    private static final int BYTES = 1 << 20;
    private static final FetchPosition EARLIEST = new FetchPosition.Earliest();

    @TempDir
    Path root;
    private BrokerHarness harness;

    @BeforeEach
    void open() {
        harness = BrokerHarness.on(root);
        harness.broker.topics().create("orders", 3, 1, Map.of());
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private static FetchAllRequest.Part part(int partition, long offset) {
        return new FetchAllRequest.Part("orders", partition, new FetchPosition.AtOffset(offset));
    }

    private static List<FetchAllRequest.Part> all(FetchPosition from) {
        return IntStream.range(0, 3).mapToObj(i -> new FetchAllRequest.Part("orders", i, from)).toList();
    }

    private CompletableFuture<FetchAllResult> fetch(List<FetchAllRequest.Part> parts, int minBytes, int maxBytes,
                                                    long maxWaitMs) {
        return harness.broker.fetchAll(new FetchAllRequest(parts, minBytes, maxBytes, maxWaitMs));
    }

    private int parked() {
        return harness.broker.hosted().working().stream()
                .mapToInt(partition -> partition.parked(IsolationLevel.READ_UNCOMMITTED).size()).sum();
    }

    private int batchBytes(int partition, String value) {
        long offset = harness.produce("orders", partition, value);
        return harness.fetch("orders", partition, offset).batches().remaining();
    }

    @Test
    void whatComesWhileItIsReadIsNotWaitedFor() {
        int size = batchBytes(0, "a");
        AtomicBoolean done = new AtomicBoolean();
        ReadMemory appending = new ReadMemory() {
            @Override
            public void take(long bytes) {
                if (done.compareAndSet(false, true)) {
                    harness.produce("orders", 0, "b");
                }
            }

            @Override
            public void release() {
                // nothing was counted
            }

            @Override
            public ReadMemory part() {
                return this;
            }
        };
        CompletableFuture<FetchAllResult> fetch = harness.broker.fetchAll(
                new FetchAllRequest(List.of(part(0, 0)), 2 * size, BYTES, 60_000), appending);
        assertThat(get(fetch).parts().get(0).bytes()).isEqualTo(2 * size);
    }

    @Test
    void memoryIsTakenForWhatIsReadAndKeptForWhatIsAnsweredOnly() {
        CountedMemory memory = new CountedMemory();
        int size = batchBytes(0, "a");
        CompletableFuture<FetchAllResult> fetch = harness.broker.fetchAll(
                new FetchAllRequest(all(EARLIEST), 3 * size, BYTES, 60_000), memory);
        assertThat(fetch).isNotDone();
        assertThat(memory.taken()).as("while it waits").isZero();
        harness.produce("orders", 1, "b");
        harness.produce("orders", 2, "c");
        assertThat(get(fetch).parts()).allMatch(part -> part.bytes() == size);
        assertThat(memory.taken()).isEqualTo(3L * size);
    }

    @Test
    void oneThatWaitedIsAnsweredAlsoWhenThereIsNoMemoryToReadItWith() {
        CountedMemory refused = new CountedMemory();
        CountedMemory exhausted = new CountedMemory();
        FetchAllRequest request = new FetchAllRequest(all(EARLIEST), 1, BYTES, 60_000);
        CompletableFuture<FetchAllResult> first = harness.broker.fetchAll(request, refused);
        CompletableFuture<FetchAllResult> second = harness.broker.fetchAll(request, exhausted);
        refused.refuse();
        exhausted.exhaust();
        harness.produce("orders", 1, "a");
        assertThat(get(first).parts().get(1).failure().kind()).isEqualTo(ErrorKind.OVERLOADED);
        Failures.assertFails(ErrorKind.OVERLOADED, second);
        Awaiting.until(() -> parked() == 0); // whoever answers leaves then
    }

    @Test
    void everyPartitionIsReadInTheOrderOfTheRequest() {
        harness.produce("orders", 0, "a");
        harness.produce("orders", 2, "b");
        harness.produce("orders", 2, "c");

        FetchAllResult result = get(fetch(List.of(part(2, 1), part(1, 0), part(0, 0)), 1, BYTES, 1000));

        assertThat(result.parts()).extracting(FetchAllResult.Part::id).containsExactly(new TopicPartition("orders", 2),
                new TopicPartition("orders", 1), new TopicPartition("orders", 0));
        assertThat(result.parts()).allMatch(part -> part.failure() == null);
        assertThat(values(result.parts().get(0).result())).containsExactly("c");
        assertThat(values(result.parts().get(1).result())).isEmpty();
        assertThat(values(result.parts().get(2).result())).containsExactly("a");
        assertThat(result.parts().get(0).result().highWatermark()).isEqualTo(2);
        assertThat(result.parts().get(1).result().highWatermark()).isZero();
    }

    @Test
    void theBytesAreUsedUpInTheOrderOfTheRequestAndTheRestTellsItsPosition() {
        int size = batchBytes(0, "a");
        harness.produce("orders", 1, "b");
        harness.produce("orders", 2, "c");

        FetchAllResult result = get(fetch(List.of(part(1, 0), part(2, 0), part(0, 0)), 1, size + 1, 1000));

        assertThat(values(result.parts().get(0).result())).containsExactly("b");
        assertThat(values(result.parts().get(1).result())).as("one byte was left").containsExactly("c");
        FetchResult last = result.parts().get(2).result();
        assertThat(values(last)).isEmpty();
        assertThat(last.offset()).isZero();
        assertThat(last.nextOffset()).isZero();
        assertThat(last.highWatermark()).isEqualTo(1);
    }

    @Test
    void withoutBytesOnlyPositionsAreResolvedAndNothingWaits() {
        RecordAccumulator records = harness.broker.accumulator("orders");
        for (int i = 0; i < 4; i++) {
            records.append(0, 1000 + i * 10L, null, BrokerHarness.bytes("t" + i), List.of());
        }
        get(harness.broker.produce(records, Acks.LEADER));
        get(harness.broker.deleteRecords("orders", 0, 1));
        List<FetchPosition> positions = List.of(EARLIEST, new FetchPosition.Latest(),
                new FetchPosition.AtTimestamp(1015), new FetchPosition.AtTimestamp(9999),
                new FetchPosition.AtOffset(3));

        FetchAllResult result = get(fetch(positions.stream()
                .map(from -> new FetchAllRequest.Part("orders", 0, from)).toList(), 1000, 0, 60_000));

        assertThat(result.parts()).extracting(part -> part.result().offset()).containsExactly(1L, 4L, 2L, 4L, 3L);
        assertThat(result.parts()).allMatch(part -> part.bytes() == 0 && part.result().highWatermark() == 4
                && part.result().logStartOffset() == 1 && part.result().nextOffset() == part.result().offset());
    }

    @Test
    void anAppendToAnyPartitionWakesIt() {
        CompletableFuture<FetchAllResult> waiting = fetch(all(new FetchPosition.Latest()), 1, BYTES, 60_000);
        assertThat(waiting).isNotDone();
        assertThat(parked()).isEqualTo(3);

        harness.produce("orders", 1, "b");

        assertThat(values(get(waiting).parts().get(1).result())).containsExactly("b");
        Awaiting.until(() -> parked() == 0);
        Awaiting.until(() -> harness.broker.waitingFetches() == 0);
    }

    @Test
    void whatIsMissingMayComeFromSeveralPartitions() {
        int size = batchBytes(0, "a");
        CompletableFuture<FetchAllResult> waiting = fetch(all(EARLIEST), 3 * size, BYTES, 60_000);

        harness.produce("orders", 1, "b");
        assertThat(waiting).isNotDone();
        harness.produce("orders", 0, "c");

        assertThat(get(waiting).parts()).extracting(part -> values(part.result()))
                .containsExactly(List.of("a", "c"), List.of("b"), List.of());
    }

    @Test
    void aLonePartitionIsWokenWhenAllOfItIsThere() {
        int size = batchBytes(0, "a");
        CompletableFuture<FetchAllResult> waiting = fetch(List.of(part(0, 0)), 2 * size, BYTES, 60_000);
        assertThat(waiting).isNotDone();
        harness.produce("orders", 0, "b");

        assertThat(values(get(waiting).parts().get(0).result())).containsExactly("a", "b");
    }

    @Test
    void whenTheTimeIsOverThereIsWhatThereIs() {
        harness.produce("orders", 0, "a");
        CompletableFuture<FetchAllResult> waiting = fetch(all(EARLIEST), BYTES, BYTES, 1000);
        CompletableFuture<FetchAllResult> nothing = fetch(all(new FetchPosition.Latest()), 1, BYTES, 1000);

        harness.timers.advanceMillis(999);
        assertThat(waiting).isNotDone();
        harness.timers.advanceMillis(1);

        assertThat(values(get(waiting).parts().get(0).result())).containsExactly("a");
        assertThat(get(nothing).parts()).hasSize(3).allMatch(part -> part.failure() == null && part.bytes() == 0);
        Awaiting.until(() -> parked() == 0);
    }

    @Test
    void givingItUpLeavesNothing() {
        CompletableFuture<FetchAllResult> waiting = fetch(all(EARLIEST), 1, BYTES, 60_000);
        waiting.cancel(false);

        Awaiting.until(() -> parked() == 0);
        Awaiting.until(() -> harness.broker.waitingFetches() == 0);
        harness.produce("orders", 0, "a");
        assertThat(harness.observer.recordsOut).hasValue(0);
    }

    @Test
    void aPartitionThatCannotBeReadFailsAloneAndEndsTheWait() {
        harness.produce("orders", 0, "a");

        FetchAllResult result = get(fetch(List.of(part(0, 0), part(7, 0), part(0, 99),
                new FetchAllRequest.Part("nothing", 0, EARLIEST)), BYTES, BYTES, 60_000));

        assertThat(values(result.parts().get(0).result())).containsExactly("a");
        assertThat(result.parts().subList(1, 4)).extracting(part -> part.failure().kind()).containsExactly(
                ErrorKind.UNKNOWN_PARTITION, ErrorKind.OFFSET_OUT_OF_RANGE, ErrorKind.UNKNOWN_TOPIC);
        assertThat(result.parts().subList(1, 4)).allMatch(part -> part.result() == null);
    }

    @Test
    void aTopicThatIsDeletedMeanwhileFailsItsPartitions() {
        harness.broker.topics().create("clicks", 1, 1, Map.of());
        CompletableFuture<FetchAllResult> waiting = fetch(List.of(part(0, 0),
                new FetchAllRequest.Part("clicks", 0, EARLIEST)), 1, BYTES, 60_000);
        harness.broker.topics().delete("clicks");

        FetchAllResult result = get(waiting);
        assertThat(result.parts().get(0).failure()).isNull();
        assertThat(result.parts().get(1).failure().kind()).isEqualTo(ErrorKind.UNKNOWN_TOPIC);
        Awaiting.until(() -> parked() == 0);
    }

    @Test
    void wrongInputFailsAllOfIt() {
        for (CompletableFuture<FetchAllResult> wrong : List.of(fetch(List.of(), 0, 1, 0),
                fetch(all(EARLIEST), -1, 1, 0), fetch(all(EARLIEST), 0, -1, 0), fetch(all(EARLIEST), 0, 1, -1),
                fetch(List.of(part(0, -1)), 0, 1, 0))) {
            Failures.assertFails(ErrorKind.INVALID_REQUEST, wrong);
        }
    }

    @Test
    void theEndOfTheBrokerEndsIt() {
        CompletableFuture<FetchAllResult> waiting = fetch(all(EARLIEST), 1, BYTES, 60_000);
        Broker broker = harness.broker;
        broker.close();

        Failures.assertFails(ErrorKind.UNAVAILABLE, waiting);
        Failures.assertFails(ErrorKind.UNAVAILABLE, fetch(all(EARLIEST), 1, BYTES, 0));
    }

    @Test
    void whatIsFetchedIsCountedOnce() {
        int size = batchBytes(0, "a");
        long before = harness.observer.recordsOut.get();
        CompletableFuture<FetchAllResult> waiting = fetch(all(EARLIEST), size + 1, BYTES, 60_000);
        harness.produce("orders", 2, "b");
        get(waiting);

        Awaiting.until(() -> harness.observer.recordsOut.get() > before);
        assertThat(harness.observer.recordsOut.get() - before).isEqualTo(2);
    }

    @Test
    void manyThatWaitAndManyThatWriteLoseNoRecord() {
        long[] next = new long[3];
        int expected = 300;
        harness.workers().execute(() -> {
            for (int i = 0; i < expected; i++) {
                harness.produce("orders", i % 3, "v" + i);
            }
        });
        int found = 0;
        while (found < expected) {
            FetchAllResult result = get(fetch(IntStream.range(0, 3).mapToObj(i -> part(i, next[i])).toList(), 1, 200,
                    60_000));
            for (int i = 0; i < 3; i++) {
                FetchResult read = result.parts().get(i).result();
                found += values(read).size();
                next[i] = read.nextOffset();
            }
        }
        assertThat(next).containsExactly(100, 100, 100);
    }
}
