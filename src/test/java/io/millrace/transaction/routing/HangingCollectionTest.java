package io.millrace.transaction.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.TransactionDescription;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionState;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HangingCollectionTest {
    private final SimulatedTime time = new SimulatedTime(new Random(1));
    private final SimulatedTimers threads = new SimulatedTimers(time, Runnable::run, () -> false);

    private HangingCollection collection(int limit) {
        return collection(TransactionFilter.hanging(0), limit);
    }

    private HangingCollection collection(TransactionFilter filter, int limit) {
        return new HangingCollection(filter, limit, threads, threads);
    }

    private static CompletableFuture<TransactionList> coordinated(String... ids) {
        return CompletableFuture.completedFuture(new TransactionList(Stream.of(ids).map(id -> new TransactionDescription(id,
                TransactionState.PREPARED, ProducerIdAndEpoch.first(1), 1, 1, 1, new TreeSet<>(), new TreeSet<>(), null, 0)).toList(), false));
    }

    private static CompletableFuture<HangingHere> led(boolean truncated, long... openMs) {
        return CompletableFuture.completedFuture(new HangingHere(LongStream.of(openMs)
                .mapToObj(ms -> new OpenTransaction(new TopicPartition("orders", 0), ms, (short) 0, 0, ms)).toList(), truncated));
    }

    private void run(long millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        boolean more;
        do {
            more = time.step(until);
        } while (more);
    }

    @Test
    void whatAllBrokersTellIsOneListTheLongestFirst() {
        HangingCollection collection = collection(10);
        collection.add(1, () -> coordinated("b"), () -> led(false, 900, 100));
        collection.add(2, () -> coordinated("a", "c"), () -> led(false, 500));
        Hanging all = collection.all().join();
        assertThat(all.transactions()).extracting(TransactionDescription::transactionalId).containsExactly("a", "b", "c");
        assertThat(all.uncoordinated()).extracting(OpenTransaction::openMs).containsExactly(900L, 500L, 100L);
        assertThat(all.truncated()).isFalse();
        assertThat(all.unanswered()).isEmpty();
    }

    @Test
    void itIsSaidWhereThereAreMore() {
        HangingCollection cutHere = collection(1);
        cutHere.add(1, () -> coordinated("b"), () -> led(false, 900, 100));
        assertThat(cutHere.all().join().uncoordinated()).hasSize(1);
        assertThat(cutHere.all().join().truncated()).isTrue();
        HangingCollection cutThere = collection(10);
        cutThere.add(1, () -> coordinated("b"), () -> led(true, 900));
        assertThat(cutThere.all().join().truncated()).isTrue();
    }

    @Test
    void whereIdsAreAskedForNothingIsToldThatHasNone() {
        for (TransactionFilter filter : List.of(TransactionFilter.hanging(0).named("b", ""), TransactionFilter.hanging(0).named("", "a"))) {
            HangingCollection collection = collection(filter, 1);
            collection.add(1, () -> coordinated("b"), () -> led(true, 900, 100));
            Hanging all = collection.all().join();
            assertThat(all.transactions()).extracting(TransactionDescription::transactionalId).containsExactly("b");
            assertThat(all.uncoordinated()).isEmpty();
            assertThat(all.truncated()).as("there is nothing to go on with").isFalse();
        }
    }

    @Test
    void whoFailsOrIsSilentIsNamedAndHidesNobodyElse() {
        HangingCollection collection = collection(10);
        collection.add(3, () -> coordinated("c"), () -> {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "no coordinator");
        });
        collection.add(2, () -> CompletableFuture.failedFuture(new BrokerException(ErrorKind.UNAVAILABLE, "down")), () -> led(false, 7));
        CompletableFuture<TransactionList> silent = new CompletableFuture<>();
        collection.add(1, () -> silent, () -> led(false, 9));
        CompletableFuture<Hanging> all = collection.all();
        run(HangingCollection.PATIENCE_MS - 1_000);
        assertThat(all).isNotDone();
        run(2_000);
        assertThat(all).isCompleted();
        assertThat(all.join().unanswered()).containsExactly(1, 2, 3);
        assertThat(all.join().transactions()).extracting(TransactionDescription::transactionalId).containsExactly("c");
        assertThat(all.join().uncoordinated()).extracting(OpenTransaction::openMs).containsExactly(9L, 7L);
    }
}
