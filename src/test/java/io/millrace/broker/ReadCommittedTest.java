package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.log.IsolationLevel;
import io.millrace.log.write.PartitionLog;
import io.millrace.log.write.TransactionalLog;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.Leadership;
import io.millrace.replica.hosting.PartitionOffsets;
import io.millrace.replica.hosting.ReadMemory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What readers of committed records are given while transactions are open, committed and aborted around them. */
class ReadCommittedTest {
    private static final int BYTES = 1 << 20;
    private static final IsolationLevel COMMITTED = IsolationLevel.READ_COMMITTED;

    @TempDir
    Path root;
    private BrokerHarness harness;
    private PartitionLog log;
    private TransactionalLog orders;

    @BeforeEach
    void open() {
        harness = BrokerHarness.on(root);
        harness.broker.topics().create("orders", 1, 1, Map.of());
        Leadership leadership = harness.broker.leaderships().of("orders", 0).orElseThrow();
        log = harness.broker.hosted().working().get(0).log();
        orders = new TransactionalLog(log, batch -> get(leadership.append(List.of(batch)).committed()));
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private CompletableFuture<FetchResult> fetch(FetchPosition from, boolean whole, int minBytes, int maxBytes, long maxWaitMs) {
        return harness.broker.fetch(new FetchRequest("orders", 0, from, COMMITTED, whole, -1, minBytes, maxBytes, maxWaitMs));
    }

    private CompletableFuture<FetchResult> fetch(long offset, long maxWaitMs) {
        return fetch(new FetchPosition.AtOffset(offset), false, 1, BYTES, maxWaitMs);
    }

    private CompletableFuture<FetchAllResult> fetchAll(long offset, int minBytes, long maxWaitMs) {
        return harness.broker.fetchAll(new FetchAllRequest(List.of(new FetchAllRequest.Part("orders", 0,
                new FetchPosition.AtOffset(offset))), COMMITTED, minBytes, BYTES, maxWaitMs));
    }

    private static List<String> values(FetchResult result) {
        return TransactionalLog.values(result.batches());
    }

    private static FetchResult only(CompletableFuture<FetchAllResult> all) {
        return get(all).parts().get(0).result();
    }

    private int parked(IsolationLevel isolation) {
        return harness.broker.hosted().working().get(0).parked(isolation).size();
    }

    @Test
    void nothingOfAnOpenTransactionIsReadNorWhatIsBehindIt() {
        orders.write("a");
        orders.write(7, "b");
        orders.write("c");

        FetchResult result = get(fetch(0, 0));

        assertThat(values(result)).containsExactly("a");
        assertThat(result.nextOffset()).isEqualTo(1);
        assertThat(result.lastStableOffset()).isEqualTo(1);
        assertThat(result.highWatermark()).isEqualTo(3);
        assertThat(values(harness.fetch("orders", 0, 0))).as("uncommitted").containsExactly("a", "b", "c");
    }

    @Test
    void aCommittedTransactionIsReadWithWhatIsBehindItAndTheReaderReachesTheEnd() {
        orders.write(7, "a");
        orders.write("b");
        orders.commit(7);

        FetchResult result = get(fetch(0, 0));

        assertThat(values(result)).containsExactly("a", "b");
        assertThat(result.nextOffset()).as("behind the marker").isEqualTo(3).isEqualTo(result.lastStableOffset());
    }

    @Test
    void anAbortedTransactionIsLeftOutAndTheReaderReachesTheEnd() {
        orders.write(7, "a");
        orders.write(8, "b");
        orders.write(7, "c");
        orders.write("d");
        orders.abort(7);
        orders.commit(8);
        orders.write(7, "e");
        orders.commit(7);

        FetchResult result = get(fetch(0, 0));

        assertThat(values(result)).containsExactly("b", "d", "e");
        assertThat(result.aborted()).isEmpty();
        assertThat(result.nextOffset()).isEqualTo(8);
        assertThat(values(only(fetchAll(0, 1, 0)))).containsExactly("b", "d", "e");
        assertThat(only(fetchAll(0, 1, 0)).nextOffset()).isEqualTo(8);
    }

    @Test
    void wholeBatchesComeWithTheAbortedTransactionsAmongThem() {
        orders.write(7, "a");
        orders.abort(7);
        orders.write(8, "b");
        orders.abort(8);
        orders.write("c");

        FetchResult result = get(fetch(new FetchPosition.AtOffset(0), true, 1, 1, 0));
        assertThat(values(result)).containsExactly("a");
        assertThat(result.aborted()).extracting(each -> each.producerId()).containsExactly(7L);

        FetchResult all = get(fetch(new FetchPosition.AtOffset(0), true, 1, BYTES, 0));
        assertThat(values(all)).containsExactly("a", "b", "c");
        assertThat(all.aborted()).extracting(each -> each.producerId()).containsExactly(7L, 8L);
        assertThat(harness.fetch("orders", 0, 0).aborted()).as("uncommitted").isEmpty();
    }

    @Test
    void whoWaitsIsWokenByTheMarkerAndNotByTheRecords() {
        CompletableFuture<FetchResult> one = fetch(0, 60_000);
        CompletableFuture<FetchAllResult> all = fetchAll(0, 1, 60_000);
        orders.write(7, "a");
        orders.write("b");
        Awaiting.until(() -> parked(COMMITTED) == 2);
        assertThat(one).isNotDone();
        assertThat(all).isNotDone();

        orders.commit(7);

        assertThat(values(get(one))).containsExactly("a", "b");
        assertThat(values(only(all))).containsExactly("a", "b");
        assertThat(parked(COMMITTED)).isZero();
    }

    @Test
    void whoWaitsForMoreThanAnAbortedTransactionGoesOnWaiting() {
        CompletableFuture<FetchResult> one = fetch(0, 60_000);
        CompletableFuture<FetchAllResult> all = fetchAll(0, 1, 60_000);
        orders.write(7, "a");
        orders.abort(7);
        Awaiting.until(() -> parked(COMMITTED) == 2);
        assertThat(one).isNotDone();
        assertThat(all).isNotDone();

        orders.write("b");

        assertThat(values(get(one))).containsExactly("b");
        assertThat(values(only(all))).containsExactly("b");
    }

    @Test
    void aWaitOverAbortedRecordsEndsBehindThem() {
        CompletableFuture<FetchResult> one = fetch(0, 1_000);
        CompletableFuture<FetchAllResult> all = fetchAll(0, 1, 1_000);
        orders.write(7, "a");
        orders.abort(7);
        Awaiting.until(() -> parked(COMMITTED) == 2);

        harness.timers.advanceMillis(1_000);

        assertThat(values(get(one))).isEmpty();
        assertThat(get(one).nextOffset()).isEqualTo(2);
        assertThat(only(all).nextOffset()).isEqualTo(2);
    }

    @Test
    void aPartOfWhatWasHeldBackWakesThoseWhoWaitToo() {
        orders.write(7, "a");
        orders.write(8, "b");
        CompletableFuture<FetchResult> one = fetch(0, 60_000);
        orders.commit(7);
        assertThat(values(get(one))).as("up to the other transaction").containsExactly("a");

        CompletableFuture<FetchResult> two = fetch(1, 60_000);
        orders.commit(8);
        assertThat(values(get(two))).containsExactly("b");
    }

    @Test
    void readersOfUncommittedRecordsAreWokenByTheRecords() {
        orders.write(7, "a");
        CompletableFuture<FetchResult> waiting = harness.broker.fetch(new FetchRequest("orders", 0,
                new FetchPosition.AtOffset(1), 1, BYTES, 60_000));
        orders.write("b");
        assertThat(values(get(waiting))).containsExactly("b");
    }

    @Test
    void theEndIsTheLastStableOffset() {
        orders.write("a");
        orders.write(7, "b");

        assertThat(harness.broker.offsets("orders", 0, COMMITTED)).isEqualTo(new PartitionOffsets(0, 1));
        assertThat(harness.broker.offsets("orders", 0)).isEqualTo(new PartitionOffsets(0, 2));
        assertThat(get(fetch(new FetchPosition.Latest(), false, 0, BYTES, 0)).offset()).isEqualTo(1);
        assertThat(get(harness.broker.fetchAll(new FetchAllRequest(List.of(new FetchAllRequest.Part("orders", 0,
                new FetchPosition.Latest())), COMMITTED, 0, 0, 0))).parts().get(0).result().offset()).isEqualTo(1);
        assertThat(harness.broker.offsetForTimestamp("orders", 0, 0, COMMITTED)).isPresent();
        orders.commit(7);
        assertThat(harness.broker.offsets("orders", 0, COMMITTED)).isEqualTo(new PartitionOffsets(0, 3));
    }

    @Test
    void aReaderThatIsAheadOfTheLastStableOffsetWaits() {
        orders.write(7, "a");
        orders.write("b");
        CompletableFuture<FetchResult> ahead = fetch(1, 60_000);
        assertThat(ahead).isNotDone();
        orders.commit(7);
        assertThat(values(get(ahead))).containsExactly("b");
    }

    @Test
    void aFetchOfManyPartitionsReadsNoMoreThanItsMostBytesHoweverMuchOfThatIsAborted() {
        orders.write(7, "a".repeat(2_000));
        orders.abort(7);
        harness.broker.topics().create("more", 1, 1, Map.of());
        harness.produce("more", 0, "b".repeat(2_000));
        AtomicLong taken = new AtomicLong();
        ReadMemory memory = new ReadMemory() {
            @Override
            public void take(long bytes) {
                taken.addAndGet(bytes);
            }

            @Override
            public void release() {
                taken.set(0);
            }

            @Override
            public ReadMemory part() {
                return this;
            }
        };

        FetchAllResult result = get(harness.broker.fetchAll(new FetchAllRequest(List.of(
                new FetchAllRequest.Part("orders", 0, new FetchPosition.AtOffset(0)),
                new FetchAllRequest.Part("more", 0, new FetchPosition.AtOffset(0))), COMMITTED, 1, 100, 0), memory));

        assertThat(result.parts().get(0).result().nextOffset()).as("behind what is aborted").isPositive();
        assertThat(taken.get()).isBetween(2_000L, 3_000L);
    }
}
