package io.millrace.transaction.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.ManualTimers;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.Deadlines;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class IdempotentProduceTest {
    private static final IdempotencyKey KEY = new IdempotencyKey("orders", -1, "one");
    private static final UUID TOPIC_ID = new UUID(1, 1);
    private static final Fingerprint BODY = new Fingerprint(1, 2, 3, 4);
    private static final Layout LAYOUT = Layout.of(3, record -> record / 2);

    private final ManualTimers timers = new ManualTimers();
    private final FakeLedger ledger = new FakeLedger();
    private final KeysUnderWay underWay = new KeysUnderWay();
    private long nextId = 100;
    private final IdempotentProduce.Surroundings around = new IdempotentProduce.Surroundings(ledger, underWay, () -> nextId++,
            Runnable::run, Runnable::run, new Deadlines(timers, timers::nanoTime), 5_000, timers::nanoTime);

    /** Answers what the test says. */
    private static final class FakeLedger implements KeyLedger {
        private final Deque<CompletableFuture<Begun>> begins = new ArrayDeque<>();
        private final Deque<CompletableFuture<Begun>> finds = new ArrayDeque<>();
        private final List<Long> producerIds = new ArrayList<>();
        private final List<long[]> completed = new ArrayList<>();
        private final CompletableFuture<Void> completion = new CompletableFuture<>();

        @Override
        public CompletableFuture<Begun> find(KeyedRequest request) {
            return finds.isEmpty() ? CompletableFuture.completedFuture(new Begun.New()) : finds.remove();
        }

        @Override
        public CompletableFuture<Begun> begin(KeyedRequest request, Layout layout, Long producerId) {
            producerIds.add(producerId);
            return begins.remove();
        }

        @Override
        public CompletableFuture<Void> complete(IdempotencyKey key, StoredValue.Prepared prepared, long[] baseOffsets) {
            completed.add(baseOffsets);
            return completion;
        }

        /** For a request whose key is known. */
        private void knows(Begun begun) {
            finds.add(CompletableFuture.completedFuture(begun));
        }

        private void next(Begun begun) {
            begins.add(CompletableFuture.completedFuture(begun));
        }

        private void fails(ErrorKind kind) {
            begins.add(CompletableFuture.failedFuture(new BrokerException(kind, "for the test")));
        }
    }

    /** Records whose append is answered when the test says so. */
    private static final class FakeRequest implements KeyedRequest {
        private final CompletableFuture<ProduceResult> appended = new CompletableFuture<>();
        private final List<String> appends = new ArrayList<>();
        /** What the topic says of its records by now; null: it takes them. */
        private ErrorKind refused;

        @Override
        public IdempotencyKey key() {
            return KEY;
        }

        @Override
        public Fingerprint fingerprint() {
            return BODY;
        }

        @Override
        public UUID topicId() {
            return TOPIC_ID;
        }

        @Override
        public KeyedRecords records() {
            if (refused != null) {
                throw new BrokerException(refused, "for the test");
            }
            return records(LAYOUT);
        }

        @Override
        public KeyedRecords records(Layout layout) {
            return new KeyedRecords() {
                @Override
                public Layout layout() {
                    return layout;
                }

                @Override
                public CompletableFuture<ProduceResult> append(long producerId, short producerEpoch) {
                    appends.add(producerId + "/" + producerEpoch + " " + layout);
                    return appended;
                }
            };
        }
    }

    private record Result(long[] offsets, BrokerException error) implements ProduceResult {
        @Override
        public int recordCount() {
            return 3;
        }

        @Override
        public int partition(int record) {
            return record / 2;
        }

        @Override
        public long offset(int record) {
            return offsets[record];
        }

        @Override
        public BrokerException error(int record) {
            return offsets[record] < 0 ? error : null;
        }
    }

    private static Begun.Execute execute(Layout layout) {
        return new Begun.Execute(new StoredValue.Prepared(BODY, TOPIC_ID, layout, 1, 40, (short) 3));
    }

    private static void failedWith(ErrorKind kind, CompletableFuture<KeyedAnswer> answer) {
        assertThatThrownBy(answer::join).isInstanceOf(CompletionException.class).cause()
                .satisfies(e -> assertThat(((BrokerException) e).kind()).isEqualTo(kind));
    }

    @Test
    void itIsAnsweredWhenItsRecordsAreThereAndItsKeyIsFreeOnceThatIsKept() {
        ledger.next(execute(LAYOUT));
        FakeRequest request = new FakeRequest();
        CompletableFuture<KeyedAnswer> answer = IdempotentProduce.run(request, around);
        assertThat(request.appends).containsExactly("40/3 " + LAYOUT);
        assertThat(answer).isNotDone();

        request.appended.complete(new Result(new long[] {7, 8, 20}, null));
        assertThat(answer.join().replayed()).isFalse();
        assertThat(answer.join().result().offset(2)).isEqualTo(20);
        assertThat(ledger.completed).singleElement().isEqualTo(new long[] {7, 20});
        assertThat(underWay.contains(KEY)).isTrue();

        ledger.completion.complete(null);
        assertThat(underWay.contains(KEY)).isFalse();
    }

    @Test
    void itTakesAProducerIdWhereNoneIsFree() {
        ledger.next(new Begun.ProducerNeeded());
        ledger.next(execute(LAYOUT));
        IdempotentProduce.run(new FakeRequest(), around);
        assertThat(ledger.producerIds).containsExactly(null, 100L);
    }

    @Test
    void carriedOutAgainItsRecordsGoWhereTheyWentBefore() {
        Layout before = Layout.of(3, record -> 9);
        ledger.knows(execute(before));
        FakeRequest request = new FakeRequest();
        IdempotentProduce.run(request, around);
        assertThat(request.appends).containsExactly("40/3 " + before);
    }

    @Test
    void whatWasCarriedOutIsAnsweredFromWhatWasKept() {
        ledger.knows(new Begun.Answered(new StoredValue.Completed(BODY, TOPIC_ID, LAYOUT, 1, new long[] {7, 20})));
        FakeRequest request = new FakeRequest();
        KeyedAnswer answer = IdempotentProduce.run(request, around).join();

        assertThat(answer.replayed()).isTrue();
        assertThat(List.of(answer.result().offset(0), answer.result().offset(1), answer.result().offset(2))).containsExactly(7L, 8L, 20L);
        assertThat(List.of(answer.result().partition(0), answer.result().partition(2))).containsExactly(0, 1);
        assertThat(request.appends).isEmpty();
        assertThat(underWay.contains(KEY)).isFalse();
    }

    @Test
    void aRepetitionIsNotHeldAgainstWhatTheTopicWantsByNow() {
        FakeRequest request = new FakeRequest();
        request.refused = ErrorKind.RECORD_TOO_LARGE;
        ledger.knows(new Begun.Answered(new StoredValue.Completed(BODY, TOPIC_ID, LAYOUT, 1, new long[] {7, 20})));
        assertThat(IdempotentProduce.run(request, around).join().replayed()).isTrue();

        ledger.knows(execute(LAYOUT));
        IdempotentProduce.run(request, around);
        assertThat(request.appends).containsExactly("40/3 " + LAYOUT);
    }

    @Test
    void aNewRequestThatTheTopicDoesNotWantUsesNoKey() {
        FakeRequest request = new FakeRequest();
        request.refused = ErrorKind.INVALID_TIMESTAMP;
        failedWith(ErrorKind.INVALID_TIMESTAMP, IdempotentProduce.run(request, around));
        assertThat(ledger.producerIds).as("not begun").isEmpty();
        assertThat(underWay.contains(KEY)).isFalse();
    }

    @Test
    void whatFailedInPartIsAnsweredAndNotKept() {
        ledger.next(execute(LAYOUT));
        FakeRequest request = new FakeRequest();
        CompletableFuture<KeyedAnswer> answer = IdempotentProduce.run(request, around);
        request.appended.complete(new Result(new long[] {7, 8, -1}, new BrokerException(ErrorKind.NOT_LEADER, "for the test")));

        assertThat(answer.join().result().error(2)).isNotNull();
        assertThat(ledger.completed).isEmpty();
        assertThat(underWay.contains(KEY)).isFalse();
    }

    @Test
    void whatFailedLetsGoOfTheKey() {
        ledger.next(execute(LAYOUT));
        FakeRequest request = new FakeRequest();
        CompletableFuture<KeyedAnswer> answer = IdempotentProduce.run(request, around);
        request.appended.completeExceptionally(new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, "for the test"));

        failedWith(ErrorKind.NOT_ENOUGH_REPLICAS, answer);
        assertThat(underWay.contains(KEY)).isFalse();
    }

    @Test
    void whoIsFencedIsToldToAskAgain() {
        ledger.next(execute(LAYOUT));
        FakeRequest request = new FakeRequest();
        CompletableFuture<KeyedAnswer> answer = IdempotentProduce.run(request, around);
        request.appended.completeExceptionally(new BrokerException(ErrorKind.INVALID_PRODUCER_EPOCH, "for the test"));
        failedWith(ErrorKind.NOT_COORDINATOR, answer);
    }

    @Test
    void anotherOneWithItsKeyWaitsForIt() {
        ledger.next(execute(LAYOUT));
        FakeRequest first = new FakeRequest();
        IdempotentProduce.run(first, around);
        CompletableFuture<KeyedAnswer> second = IdempotentProduce.run(new FakeRequest(), around);
        assertThat(ledger.producerIds).as("only the first has begun").hasSize(1);

        ledger.knows(new Begun.Answered(new StoredValue.Completed(BODY, TOPIC_ID, LAYOUT, 1, new long[] {7, 20})));
        first.appended.complete(new Result(new long[] {7, 8, 20}, null));
        assertThat(second).isNotDone();
        ledger.completion.complete(null);
        assertThat(second.join().replayed()).isTrue();
        timers.advanceMillis(10_000);
        assertThat(timers.pending()).as("nobody waits any more").isZero();
    }

    @Test
    void whoWaitsTooLongIsToldSo() {
        ledger.next(execute(LAYOUT));
        IdempotentProduce.run(new FakeRequest(), around);
        CompletableFuture<KeyedAnswer> second = IdempotentProduce.run(new FakeRequest(), around);
        timers.advanceMillis(4_999);
        assertThat(second).isNotDone();
        timers.advanceMillis(1);

        failedWith(ErrorKind.IDEMPOTENCY_KEY_IN_USE, second);
        assertThat(underWay.contains(KEY)).as("the first one goes on").isTrue();
    }

    @Test
    void aCoordinatorThatLoadsIsWaitedForALittle() {
        ledger.fails(ErrorKind.COORDINATOR_LOADING);
        ledger.fails(ErrorKind.COORDINATOR_LOADING);
        ledger.next(execute(LAYOUT));
        FakeRequest request = new FakeRequest();
        CompletableFuture<KeyedAnswer> answer = IdempotentProduce.run(request, around);
        assertThat(answer).isNotDone();
        timers.advanceMillis(100);
        assertThat(request.appends).hasSize(1);
    }

    @Test
    void aCoordinatorThatLoadsForLongIsNot() {
        for (int attempt = 0; attempt < 100; attempt++) {
            ledger.fails(ErrorKind.COORDINATOR_LOADING);
        }
        CompletableFuture<KeyedAnswer> answer = IdempotentProduce.run(new FakeRequest(), around);
        timers.advanceMillis(900);
        assertThat(answer).isNotDone();
        timers.advanceMillis(200);
        failedWith(ErrorKind.COORDINATOR_LOADING, answer);
        assertThat(underWay.contains(KEY)).isFalse();
    }

    @Test
    void whatCannotBeReadAnyMoreFailsAndLetsGoOfTheKey() {
        ledger.knows(execute(Layout.of(3, record -> 9)));
        KeyedRequest request = new KeyedRequest() {
            private final FakeRequest fake = new FakeRequest();

            @Override
            public IdempotencyKey key() {
                return KEY;
            }

            @Override
            public Fingerprint fingerprint() {
                return BODY;
            }

            @Override
            public UUID topicId() {
                return TOPIC_ID;
            }

            @Override
            public KeyedRecords records() {
                return fake.records();
            }

            @Override
            public KeyedRecords records(Layout layout) {
                throw new BrokerException(ErrorKind.UNKNOWN_TOPIC_ID, "for the test");
            }
        };
        failedWith(ErrorKind.UNKNOWN_TOPIC_ID, IdempotentProduce.run(request, around));
        assertThat(underWay.contains(KEY)).isFalse();
    }
}
