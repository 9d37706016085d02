package io.millrace.transaction.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Member;
import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The way of markers from the coordinator to the leaders, with what a leader does about them. */
class MarkersTest {
    private static final Member OTHER = new Member(2, "session", "http://localhost:2", null);
    private static final int ONE_WAY_MS = 5;

    private final SimulatedTime time = new SimulatedTime(new Random(1));
    private final SimulatedTimers threads = new SimulatedTimers(time, Runnable::run, () -> false);
    /** By partition: another broker, this one, or what looking for it throws. */
    private final Map<TopicPartition, Supplier<Optional<Member>>> leaders = new HashMap<>();
    /** What partitions that are led anywhere do with a marker; others commit it at once. */
    private final Map<TopicPartition, CompletableFuture<Object>> logs = new HashMap<>();
    private final List<TransactionMarker> writtenHere = new ArrayList<>();
    /** Each call to the other broker. */
    private final List<List<TransactionMarker>> calls = new ArrayList<>();
    private final ReceivedMarkers other = new ReceivedMarkers(this::log, threads, threads);
    private boolean cut;
    private boolean outOfMemory;
    private final TransactionMarkers markers = new TransactionMarkers(
            partition -> leaders.getOrDefault(partition, () -> Optional.of(OTHER)).get(), this::here, new Others(), threads);

    private final class Others implements TransactionTransport {
        @Override
        public CompletableFuture<?> addPartition(Member coordinator, String transactionalId, ProducerIdAndEpoch named,
                                                 TopicPartition partition) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<?> awaitEarlier(Member coordinator, String transactionalId, ProducerIdAndEpoch named) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<ProducerIdAndEpoch> producer(Member coordinator, String transactionalId, ProducerIdAndEpoch named) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<List<BrokerException>> writeMarkers(Member leader, List<TransactionMarker> sent) {
            if (outOfMemory) {
                throw new OutOfMemoryError("for the test");
            }
            calls.add(sent);
            CompletableFuture<List<BrokerException>> answer = new CompletableFuture<>();
            if (cut) {
                time.after(ONE_WAY_MS, () -> answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "cut off")));
            } else {
                time.after(ONE_WAY_MS, () -> other.write(sent).thenAccept(outcomes ->
                        time.after(ONE_WAY_MS, () -> answer.complete(outcomes))));
            }
            return answer;
        }

        @Override
        public CompletableFuture<TransactionList> transactions(Member coordinator, TransactionFilter filter, int limit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<Owners> owners(Member coordinator, List<OpenTransaction> open) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<HangingHere> hanging(Member leader, long hangsMs) {
            throw new UnsupportedOperationException();
        }
    }

    private CompletableFuture<?> log(TransactionMarker marker) {
        return logs.getOrDefault(marker.partition(), CompletableFuture.completedFuture(null));
    }

    private CompletableFuture<?> here(TransactionMarker marker) {
        writtenHere.add(marker);
        return log(marker);
    }

    private static TopicPartition partition(int number) {
        return new TopicPartition("orders", number);
    }

    private CompletableFuture<?> write(int partition) {
        return markers.write(new TransactionMarker(partition(partition), new ProducerIdAndEpoch(7, (short) 3), 1,
                TransactionResult.COMMIT));
    }

    private void run(long millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        boolean more;
        do {
            more = time.step(until);
        } while (more);
    }

    private static ErrorKind failure(CompletableFuture<?> written) {
        assertThat(written).isCompletedExceptionally();
        return ((BrokerException) BrokerErrors.outcome(written.handle((done, failure) -> failure).join())).kind();
    }

    @Test
    void aMarkerIsWrittenWhereItsPartitionIsLed() {
        leaders.put(partition(0), Optional::empty);
        CompletableFuture<?> here = write(0);
        CompletableFuture<?> there = write(1);
        run(50);

        assertThat(here).isCompleted();
        assertThat(there).isCompleted();
        assertThat(writtenHere).extracting(TransactionMarker::partition).containsExactly(partition(0));
        assertThat(calls).hasSize(1);
        assertThat(calls.get(0)).extracting(TransactionMarker::partition).containsExactly(partition(1));
    }

    @Test
    void thoseThatComeWhileACallIsUnderWayGoTogetherWithTheNextOne() {
        List<CompletableFuture<?>> written = new ArrayList<>(List.of(write(0)));
        run(1);
        IntStream.rangeClosed(1, TransactionTransport.MOST_MARKERS + 1).forEach(each -> written.add(write(each)));
        run(100);

        assertThat(written).allSatisfy(each -> assertThat(each).isCompleted());
        assertThat(calls).extracting(List::size).containsExactly(1, TransactionTransport.MOST_MARKERS, 1);
    }

    @Test
    void aPartitionThatCannotCommitHoldsBackNeitherThoseThatGoWithItNorThoseThatComeAfter() {
        logs.put(partition(0), new CompletableFuture<>());
        CompletableFuture<?> first = write(9);
        run(1);
        CompletableFuture<?> stuck = write(0);
        CompletableFuture<?> beside = write(1);
        run(50);
        CompletableFuture<?> after = write(2);
        run(ReceivedMarkers.PATIENCE_MS + 50);

        assertThat(calls.get(1)).extracting(TransactionMarker::partition).containsExactlyInAnyOrder(partition(0), partition(1));
        assertThat(first).isCompleted();
        assertThat(beside).isCompleted();
        assertThat(after).isCompleted();
        assertThat(failure(stuck)).isEqualTo(ErrorKind.NOT_COMMITTED);
    }

    @Test
    void whatWasLateOnceIsInNobodysWayAnyMoreUntilItIsCommitted() {
        logs.put(partition(0), new CompletableFuture<>());
        CompletableFuture<?> stuck = write(0);
        run(ReceivedMarkers.PATIENCE_MS + 50);
        assertThat(failure(stuck)).isEqualTo(ErrorKind.NOT_COMMITTED);

        CompletableFuture<?> again = write(0);
        run(1);
        CompletableFuture<?> other = write(1);
        run(50);
        assertThat(other).isCompleted();
        assertThat(again).isNotDone();

        logs.get(partition(0)).complete(null);
        run(50);
        assertThat(again).isCompleted();
        write(0);
        run(1);
        write(1);
        write(2);
        run(50);
        assertThat(calls.get(calls.size() - 1)).extracting(TransactionMarker::partition)
                .containsExactlyInAnyOrder(partition(1), partition(2));
    }

    @Test
    void whatAPartitionRefusesIsTheAnswerForItAlone() {
        logs.put(partition(0), CompletableFuture.failedFuture(new BrokerException(ErrorKind.NOT_LEADER, "moved")));
        CompletableFuture<?> first = write(9);
        run(1);
        CompletableFuture<?> refused = write(0);
        CompletableFuture<?> beside = write(1);
        run(50);

        assertThat(first).isCompleted();
        assertThat(failure(refused)).isEqualTo(ErrorKind.NOT_LEADER);
        assertThat(beside).isCompleted();
    }

    @Test
    void aPartitionThatIsGoneNeedsNoMarker() {
        leaders.put(partition(0), () -> {
            throw BrokerErrors.unknownTopic("orders");
        });
        logs.put(partition(1), CompletableFuture.failedFuture(BrokerErrors.unknownPartition("orders", 1, 1)));
        CompletableFuture<?> notFound = write(0);
        CompletableFuture<?> goneMeanwhile = write(1);
        run(50);

        assertThat(notFound).isCompletedWithValue(null);
        assertThat(goneMeanwhile).isCompletedWithValue(null);
    }

    @Test
    void aPartitionWithoutALeaderAndABrokerThatIsCutOffAreAskedAgainByWhoeverWantsIt() {
        leaders.put(partition(0), () -> {
            throw new BrokerException(ErrorKind.NOT_LEADER, "none is up");
        });
        cut = true;
        CompletableFuture<?> leaderless = write(0);
        CompletableFuture<?> unreachable = write(1);
        run(50);
        assertThat(failure(leaderless)).isEqualTo(ErrorKind.NOT_LEADER);
        assertThat(failure(unreachable)).isEqualTo(ErrorKind.UNAVAILABLE);

        cut = false;
        CompletableFuture<?> again = write(1);
        run(50);
        assertThat(again).as("the way to the broker is not blocked by what failed").isCompleted();
    }

    @Test
    void whatALeaderThrowsAtIsAnswered() {
        ReceivedMarkers stumbling = new ReceivedMarkers(marker -> {
            throw new IllegalStateException("closed");
        }, threads, threads);
        CompletableFuture<List<BrokerException>> answer = stumbling.write(List.of(new TransactionMarker(partition(0),
                new ProducerIdAndEpoch(7, (short) 3), 1, TransactionResult.ABORT)));

        assertThat(answer.join()).extracting(BrokerException::kind).containsExactly(ErrorKind.UNAVAILABLE);
    }

    @Test
    void errorsOnTheWayAreAnsweredAndBlockNothing() {
        leaders.put(partition(0), () -> {
            throw new StackOverflowError("for the test");
        });
        CompletableFuture<?> stumbled = write(0);
        run(50);
        assertThat(stumbled).isCompletedExceptionally();

        outOfMemory = true;
        CompletableFuture<?> lost = write(1);
        run(50);
        assertThat(failure(lost)).isEqualTo(ErrorKind.OVERLOADED);

        outOfMemory = false;
        CompletableFuture<?> after = write(1);
        run(50);
        assertThat(after).as("the way to the broker is not blocked by an error").isCompleted();
    }

    @Test
    void whereNoThreadIsLeftTheMarkerFails() {
        TransactionMarkers without = new TransactionMarkers(partition -> Optional.empty(), this::here, new Others(), task -> {
            throw new OutOfMemoryError("unable to create native thread");
        });

        assertThat(failure(without.write(new TransactionMarker(partition(0), new ProducerIdAndEpoch(7, (short) 3), 1,
                TransactionResult.COMMIT)))).isEqualTo(ErrorKind.OVERLOADED);
    }
}
