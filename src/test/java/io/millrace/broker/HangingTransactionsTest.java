package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.SimulatedCluster.PlantedBug;
import io.millrace.broker.produce.RecordRules;
import io.millrace.log.AppendResult;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.routing.HangingTransactions;
import io.millrace.transaction.routing.Transactions;
import io.millrace.transaction.state.OpenTransaction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions that are open in a log and that their coordinator does not know (any more). */
class HangingTransactionsTest {
    private static final Logger LOGGER = Logger.getLogger("io.millrace");
    private static final TopicPartition ORDERS = new TopicPartition(SimulatedCluster.TOPIC, 0);
    private static final int MAX_TIMEOUT_MS = 20_000;
    private static final long LOST = 7;
    private static final long PREPARED = 8;
    private static final short EPOCH = 3;

    private SimulatedCluster cluster;
    /** Who has a transaction under way, as coordinators know, by producer id. */
    private final Map<Long, String> known = new HashMap<>();
    private int verified;
    /** Completes once no marker is on its way. */
    private CompletableFuture<?> earlierEnded = CompletableFuture.completedFuture(null);

    @BeforeAll
    static void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void speakAgain() {
        LOGGER.setLevel(null);
    }

    private void begin(long seed) {
        cluster = new SimulatedCluster(seed, 3, 1, PlantedBug.NONE);
        cluster.inhabit(new SimulatedCluster.Inhabitants() {
            @Override
            public void opened(SimulatedServer server) {
                server.broker().transactions().verifyWith(HangingTransactionsTest.this::verify, (id, producerId, epoch) -> earlierEnded);
            }
        });
        cluster.begin(Map.of("unclean.leader.election.enable", "true"));
    }

    private CompletableFuture<?> verify(String transactionalId, long producerId, short epoch, TopicPartition partition) {
        verified++;
        return known.containsKey(producerId) ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(new BrokerException(ErrorKind.PRODUCER_FENCED, "nobody knows it"));
    }

    private CompletableFuture<AppendResult> append(SimulatedServer server, long producerId) {
        return append(server, producerId, EPOCH);
    }

    private CompletableFuture<AppendResult> append(SimulatedServer server, long producerId, int epoch) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE).producer(producerId, (short) epoch, RecordBatch.NO_SEQUENCE)
                .transactional();
        batch.append(SimulatedServer.BEGIN_MS, null, BrokerHarness.bytes("a record"), List.of());
        return server.broker.transactions().append(SimulatedCluster.TOPIC, 0, batch.build(), Acks.ALL, RecordRules.IN_FORCE,
                "till-" + producerId);
    }

    private long begun(SimulatedServer server, long producerId) {
        known.put(producerId, "till-" + producerId);
        return done(append(server, producerId)).baseOffset();
    }

    private CompletableFuture<AppendResult> commit(SimulatedServer server, long producerId) {
        return end(server, producerId, EPOCH, EndTransactionMarker.Type.COMMIT);
    }

    /** @param epoch of the records */
    private CompletableFuture<AppendResult> end(SimulatedServer server, long producerId, int epoch, EndTransactionMarker.Type type) {
        return server.broker.transactions().end(ORDERS, producerId, (short) (epoch + 1), new EndTransactionMarker(type, 5));
    }

    private Owners owners(List<OpenTransaction> open) {
        return new Owners(Set.of(0, 1), open.stream().map(each -> known.getOrDefault(each.producerId(), "")).toList());
    }

    private HangingTransactions at(SimulatedServer leader, Function<List<OpenTransaction>, CompletableFuture<Owners>> coordinators) {
        return asking(leader, open -> List.of(coordinators.apply(open)));
    }

    private HangingTransactions asking(SimulatedServer leader, Function<List<OpenTransaction>, List<CompletableFuture<Owners>>> ask) {
        return new HangingTransactions(leader.broker.transactions(), () -> 2, ask,
                marker -> leader.broker.transactions().end(marker.partition(), marker.producer().producerId(), marker.producer().epoch(),
                        Transactions.control(marker)), leader.clock(), MAX_TIMEOUT_MS);
    }

    private HangingTransactions at(SimulatedServer leader) {
        return at(leader, open -> CompletableFuture.completedFuture(owners(open)));
    }

    private List<Long> found(HangingTransactions hanging) {
        return done(hanging.here(0)).transactions().stream().map(OpenTransaction::producerId).toList();
    }

    private <T> T done(CompletableFuture<T> future) {
        cluster.await("an answer", future::isDone);
        return future.join();
    }

    private ErrorKind refused(CompletableFuture<?> future) {
        cluster.await("an answer", future::isDone);
        return future.handle((none, failure) -> ((BrokerException) BrokerErrors.outcome(failure)).kind()).join();
    }

    private static CompletableFuture<Void> abort(HangingTransactions hanging, long producerId, OptionalLong first) {
        try {
            return hanging.abort(ORDERS, producerId, EPOCH, first);
        } catch (BrokerException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private long stable(SimulatedServer server) {
        return cluster.partition(server).log().transactions().lastStableOffset();
    }

    private long end(SimulatedServer server) {
        return cluster.partition(server).log().logEndOffset();
    }

    /** An unclean election loses what is written meanwhile. @return who leads then */
    private SimulatedServer losing(Runnable writing) {
        SimulatedServer first = cluster.leader();
        List<SimulatedServer> others = cluster.followers();
        cluster.await("all have it", () -> others.stream().allMatch(other -> end(other) == end(first)));
        others.forEach(SimulatedServer::crash);
        cluster.await("the leader is alone in sync", () -> cluster.registered().partitions().get(0).isr().size() == 1);
        writing.run();
        first.crash();
        others.forEach(SimulatedServer::start);
        cluster.await("an unclean leader", () -> cluster.leader() != null && cluster.leader() != first
                && cluster.partition(cluster.leader()) != null && cluster.partition(cluster.leader()).state().isLeading());
        return cluster.leader();
    }

    /** A commit is answered before its markers are written. */
    @Test
    void theNextTransactionOfAProducerWaitsForTheMarkerOfTheOneBeforeThatIsOnItsWay() {
        begin(1);
        SimulatedServer leader = cluster.leader();
        begun(leader, PREPARED);
        CompletableFuture<Void> ended = new CompletableFuture<>();
        earlierEnded = ended;
        int before = verified;
        CompletableFuture<AppendResult> next = append(leader, PREPARED, EPOCH + 1);
        cluster.advance(1_000);
        assertThat(next).isNotDone();
        assertThat(verified).as("the coordinator is not asked to add the partition").isEqualTo(before);

        done(commit(leader, PREPARED));
        ended.complete(null);
        assertThat(done(next).baseOffset()).isEqualTo(2);
        assertThat(stable(leader)).isEqualTo(2);
    }

    /** So that it is asked again when the coordinator says so. */
    @Test
    void whereTheCoordinatorCannotTellWhetherAMarkerIsOnItsWayTheNextTransactionIsNotRefusedForGood() {
        begin(1);
        SimulatedServer leader = cluster.leader();
        begun(leader, PREPARED);
        earlierEnded = CompletableFuture.failedFuture(new BrokerException(ErrorKind.CONCURRENT_TRANSACTIONS, "it is being ended"));
        assertThat(refused(append(leader, PREPARED, EPOCH + 1))).isEqualTo(ErrorKind.CONCURRENT_TRANSACTIONS);
        earlierEnded = CompletableFuture.completedFuture(null);
        done(commit(leader, PREPARED));
        done(append(leader, PREPARED, EPOCH + 1));
    }

    @ParameterizedTest
    @EnumSource(EndTransactionMarker.Type.class)
    void theNextTransactionOfItsProducerNeitherComesToThePartitionNorEndsItThere(EndTransactionMarker.Type next) {
        begin(1);
        long lost = begun(cluster.leader(), LOST);
        SimulatedServer leader = losing(() -> {
            SimulatedServer first = cluster.leader();
            done(end(first, LOST, EPOCH, next == EndTransactionMarker.Type.COMMIT ? EndTransactionMarker.Type.ABORT
                    : EndTransactionMarker.Type.COMMIT));
            done(append(first, LOST, EPOCH + 1)); // so that the coordinator knows the partition as one of the next transaction
        });
        int before = verified;
        assertThat(refused(append(leader, LOST, EPOCH + 1))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
        assertThat(verified).as("the coordinator is not asked to add the partition").isEqualTo(before);

        done(end(leader, LOST, EPOCH + 1, next));

        assertThat(stable(leader)).as("it is still open").isEqualTo(lost);
        known.remove(LOST);
        cluster.advance(MAX_TIMEOUT_MS + (int) HangingTransactions.MARGIN_MS);
        assertThat(found(at(leader))).containsExactly(LOST);
        done(abort(at(leader), LOST, OptionalLong.of(lost)));
        assertThat(stable(leader)).isEqualTo(end(leader));
        assertThat(cluster.partition(leader).log().transactions().aborted(0, end(leader))).singleElement()
                .satisfies(each -> assertThat(each.firstOffset()).isEqualTo(lost));
        known.put(LOST, "till-7");
        long after = done(append(leader, LOST, EPOCH + 2)).baseOffset();
        assertThat(stable(leader)).isEqualTo(after);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void oneWhoseCommittedMarkerAnUncleanElectionLostIsFoundInItsTimeAndItsAbortLetsReadersGetOn(long seed) {
        begin(seed);
        SimulatedServer first = cluster.leader();
        boolean before = cluster.random().nextBoolean();
        long prepared = before ? begun(first, PREPARED) : -1;
        long lost = begun(first, LOST);
        long behind = before ? prepared : begun(first, PREPARED);
        List<SimulatedServer> others = cluster.followers();
        SimulatedServer leader = losing(() -> {
            done(commit(first, LOST));
            known.remove(LOST);
        });
        HangingTransactions hanging = at(leader);
        cluster.advance(MAX_TIMEOUT_MS);

        assertThat(found(hanging)).as("not before its time").isEmpty();
        cluster.advance((int) HangingTransactions.MARGIN_MS);
        assertThat(found(hanging)).as("and not what is prepared").containsExactly(LOST);
        assertThat(stable(leader)).isEqualTo(Math.min(lost, behind));
        assertThat(refused(abort(hanging, PREPARED, OptionalLong.empty()))).isEqualTo(ErrorKind.INVALID_TXN_STATE);
        assertThat(refused(abort(hanging, LOST, OptionalLong.of(lost + 100)))).isEqualTo(ErrorKind.TRANSACTIONAL_ID_NOT_FOUND);

        done(abort(hanging, LOST, OptionalLong.of(lost)));

        assertThat(stable(leader)).isEqualTo(behind);
        assertThat(found(hanging)).isEmpty();
        assertThat(refused(abort(hanging, LOST, OptionalLong.empty()))).isEqualTo(ErrorKind.TRANSACTIONAL_ID_NOT_FOUND);
        done(commit(leader, PREPARED));
        cluster.await("all agree", () -> others.stream().allMatch(each -> stable(each) == end(leader)));
        assertThat(cluster.partition(leader).log().transactions().aborted(0, end(leader))).singleElement()
                .satisfies(each -> assertThat(each.producerId()).isEqualTo(LOST));
    }

    @Test
    void oneThatIsGoneFromTheCoordinatorsIsFoundAtTheNextLeaderTooAndItsProducerWritesNothingBehindTheAbort() {
        begin(1);
        long first = begun(cluster.leader(), LOST);
        known.clear();
        cluster.advance(MAX_TIMEOUT_MS + (int) HangingTransactions.MARGIN_MS);
        assertThat(found(at(cluster.leader()))).containsExactly(LOST);
        SimulatedServer before = cluster.leader();
        before.crash();
        cluster.await("another leader", () -> cluster.leader() != null && cluster.leader() != before
                && cluster.partition(cluster.leader()) != null && cluster.partition(cluster.leader()).state().isLeading());
        HangingTransactions hanging = at(cluster.leader());
        assertThat(done(hanging.here(0)).transactions()).singleElement().satisfies(each -> {
            assertThat(each.firstOffset()).isEqualTo(first);
            assertThat(each.producerEpoch()).isEqualTo(EPOCH);
            assertThat(each.openMs()).isGreaterThan(MAX_TIMEOUT_MS);
        });

        done(abort(hanging, LOST, OptionalLong.empty()));

        known.put(LOST, "till-7");
        assertThat(refused(append(cluster.leader(), LOST))).isEqualTo(ErrorKind.INVALID_PRODUCER_EPOCH);
        assertThat(stable(cluster.leader())).isEqualTo(end(cluster.leader()));
    }

    @Test
    void nothingIsSaidOrDoneWhileACoordinatorIsNotToBeReached() {
        begin(1);
        SimulatedServer leader = cluster.leader();
        begun(leader, LOST);
        known.clear();
        cluster.advance(MAX_TIMEOUT_MS + (int) HangingTransactions.MARGIN_MS);
        boolean[] reached = {false};
        HangingTransactions hanging = at(leader, open -> CompletableFuture.completedFuture(reached[0] ? owners(open)
                : new Owners(Set.of(0), List.of(""))));
        assertThat(refused(hanging.here(0))).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(refused(abort(hanging, LOST, OptionalLong.empty()))).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(done(hanging.seen())).isEmpty();
        assertThat(stable(leader)).isZero();

        reached[0] = true;
        assertThat(done(hanging.seen())).hasSize(1);
        reached[0] = false;
        assertThat(done(hanging.seen())).as("what was known before, and is still so").hasSize(1);
        done(commit(leader, LOST));
        assertThat(done(hanging.seen())).isEmpty();
    }

    @Test
    void oneWhoseMarkerComesBetweenTheTwoQuestionsIsNotTold() {
        begin(1);
        SimulatedServer leader = cluster.leader();
        begun(leader, LOST);
        cluster.advance(MAX_TIMEOUT_MS + (int) HangingTransactions.MARGIN_MS);
        HangingTransactions hanging = at(leader, open -> {
            assertThat(open).hasSize(1);
            return commit(leader, LOST).thenApply(committed -> {
                known.clear();
                return owners(open);
            });
        });

        assertThat(found(hanging)).isEmpty();
    }

    @Test
    void aBrokerThatFailsIsInNobodysWayWhereTheOthersCoordinateAllThereIs() {
        begin(1);
        SimulatedServer leader = cluster.leader();
        begun(leader, LOST);
        known.clear();
        cluster.advance(MAX_TIMEOUT_MS + (int) HangingTransactions.MARGIN_MS);
        HangingTransactions hanging = asking(leader, open -> List.of(CompletableFuture.failedFuture(
                new BrokerException(ErrorKind.UNAVAILABLE, "silent")), CompletableFuture.completedFuture(owners(open))));

        assertThat(found(hanging)).containsExactly(LOST);
        done(abort(hanging, LOST, OptionalLong.empty()));
        assertThat(stable(leader)).isEqualTo(end(leader));
    }
}
