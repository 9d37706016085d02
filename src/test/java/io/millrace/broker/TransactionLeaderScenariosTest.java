package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.SimulatedCluster.PlantedBug;
import io.millrace.broker.produce.RecordRules;
import io.millrace.broker.produce.TransactionVerifier;
import io.millrace.log.AppendResult;
import io.millrace.log.ProducerLimits;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions whose partition gets other leaders in the midst of them, on logs that forget a producer for each that comes. */
class TransactionLeaderScenariosTest {
    private static final Logger LOGGER = Logger.getLogger("io.millrace");
    private static final TopicPartition ORDERS = new TopicPartition(SimulatedCluster.TOPIC, 0);
    private static final long PRODUCER = 7;
    private static final long OTHER = 8;

    private final SimulatedCluster cluster = new SimulatedCluster(1, 3, 1, PlantedBug.NONE);
    /** Ids of the producers that coordinators were asked about. */
    private final List<Long> asked = new ArrayList<>();
    private TransactionVerifier coordinator = (id, producerId, epoch, partition) -> CompletableFuture.completedFuture(null);

    @BeforeAll
    static void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void speakAgain() {
        LOGGER.setLevel(null);
    }

    @BeforeEach
    void begin() {
        cluster.inhabit(new SimulatedCluster.Inhabitants() {
            @Override
            public ProducerLimits producers() {
                return new ProducerLimits(86_400_000, 1);
            }

            @Override
            public void opened(SimulatedServer server) {
                server.broker().transactions().verifyWith((id, producerId, epoch, partition) -> {
                    asked.add(producerId);
                    return coordinator.verify(id, producerId, epoch, partition);
                }, (id, producerId, epoch) -> CompletableFuture.completedFuture(null));
            }
        });
        cluster.begin(Map.of());
    }

    private static CompletableFuture<AppendResult> append(SimulatedServer server, long producerId, int epoch, String... values) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE)
                .producer(producerId, (short) epoch, RecordBatch.NO_SEQUENCE).transactional();
        for (String value : values) {
            batch.append(SimulatedServer.BEGIN_MS, null, BrokerHarness.bytes(value), List.of());
        }
        return server.broker.transactions().append(SimulatedCluster.TOPIC, 0, batch.build(), Acks.ALL, RecordRules.IN_FORCE,
                "shop-" + producerId);
    }

    private static CompletableFuture<AppendResult> end(SimulatedServer server, long producerId, int epoch) {
        return server.broker.transactions().end(ORDERS, producerId, (short) epoch,
                new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 0));
    }

    private <T> T done(CompletableFuture<T> future) {
        cluster.await("an answer", future::isDone);
        return future.join();
    }

    private ErrorKind refused(CompletableFuture<?> future) {
        cluster.await("an answer", future::isDone);
        return future.handle((none, failure) -> ((BrokerException) BrokerErrors.outcome(failure)).kind()).join();
    }

    private void refuse(long refusedId) {
        coordinator = (id, producerId, epoch, partition) -> producerId == refusedId ? CompletableFuture.failedFuture(
                new BrokerException(ErrorKind.PRODUCER_FENCED, "its transaction was ended")) : CompletableFuture.completedFuture(null);
    }

    /** The leader is cut off until another one leads. */
    private SimulatedServer nextLeader() {
        SimulatedServer before = cluster.leader();
        cluster.isolate(before);
        cluster.await("another leader", () -> cluster.leader() != null && cluster.leader() != before
                && cluster.partition(cluster.leader()) != null && cluster.partition(cluster.leader()).state().isLeading());
        return cluster.leader();
    }

    private void rejoin() {
        cluster.rejoin();
        cluster.await("all agree", cluster::isWhole);
    }

    private long stable(SimulatedServer server) {
        return cluster.partition(server).log().transactions().lastStableOffset();
    }

    private List<Integer> sequences(SimulatedServer server) {
        List<Integer> sequences = new ArrayList<>();
        var log = cluster.partition(server).log();
        RecordBatch.in(log.read(log.logStartOffset(), log.logEndOffset(), 1 << 20))
                .forEach(batch -> sequences.add(batch.baseSequence()));
        return sequences;
    }

    @Test
    void theNextLeaderAsksAnewAndCountsOn() {
        done(append(cluster.leader(), PRODUCER, 0, "a", "b"));
        SimulatedServer next = nextLeader();
        done(append(next, PRODUCER, 0, "c"));
        done(append(next, PRODUCER, 0, "d"));
        assertThat(asked).containsExactly(PRODUCER, PRODUCER);
        done(end(next, PRODUCER, 1));
        rejoin();

        for (int id = 1; id <= 3; id++) {
            assertThat(sequences(cluster.server(id))).containsExactly(0, 2, 3, RecordBatch.NO_SEQUENCE);
            assertThat(stable(cluster.server(id))).isEqualTo(5);
        }
    }

    @Test
    void whatALeaderKnewBeforeAnotherOneLedDoesNotCountWhenItLeadsAgain() {
        SimulatedServer first = cluster.leader();
        done(append(first, PRODUCER, 0, "a"));
        SimulatedServer second = nextLeader();
        done(end(second, PRODUCER, 1));
        done(append(second, OTHER, 0, "of another one"));
        rejoin();
        SimulatedServer third = cluster.followers().stream().filter(each -> each != first).findFirst().orElseThrow();
        third.crash();
        cluster.await("the third is out", () -> cluster.registered().partitions().get(0).isr().size() == 2);
        assertThat(nextLeader()).isSameAs(first);
        asked.clear();
        refuse(PRODUCER);

        assertThat(refused(append(first, PRODUCER, 0, "late"))).isEqualTo(ErrorKind.PRODUCER_FENCED);

        assertThat(asked).containsExactly(PRODUCER);
        assertThat(cluster.log(first).endOffset()).isEqualTo(3);
    }

    @Test
    void whatALeaderThatWasReplacedTakesOfATransactionIsNotBehindItsMarker() {
        SimulatedServer first = cluster.leader();
        done(append(first, PRODUCER, 0, "a"));
        SimulatedServer second = nextLeader();
        CompletableFuture<AppendResult> late = append(first, PRODUCER, 0, "late");
        done(end(second, PRODUCER, 1));
        rejoin();

        assertThat(late).isCompletedExceptionally();
        for (int id = 1; id <= 3; id++) {
            assertThat(cluster.log(cluster.server(id)).valueAt(0)).isEqualTo("a");
            assertThat(cluster.log(cluster.server(id)).endOffset()).isEqualTo(2);
            assertThat(stable(cluster.server(id))).isEqualTo(2);
        }
    }

    @Test
    void aMarkerThatIsThereIsAnsweredOnceItIsCommittedToo() {
        SimulatedServer leader = cluster.leader();
        done(append(leader, PRODUCER, 0, "a"));
        cluster.isolate(leader); // so that it cannot take the others out of the ISR either

        CompletableFuture<AppendResult> marker = end(leader, PRODUCER, 1);
        cluster.await("it is written", () -> cluster.log(leader).endOffset() == 2);
        CompletableFuture<AppendResult> again = end(leader, PRODUCER, 1);
        cluster.advance(50);
        assertThat(marker).isNotDone();
        assertThat(again).isNotDone();
        cluster.rejoin();

        done(marker);
        done(again);
        assertThat(cluster.log(leader).endOffset()).isEqualTo(2);
    }

    @Test
    void aMarkerThatWasLostWithItsLeaderIsWrittenByTheNextOneAndThoseThatComeTwiceByNone() {
        SimulatedServer first = cluster.leader();
        done(append(first, PRODUCER, 0, "a"));
        cluster.isolate(first);
        CompletableFuture<AppendResult> lost = end(first, PRODUCER, 1);
        cluster.await("another leader", () -> cluster.leader() != null && cluster.leader() != first
                && cluster.partition(cluster.leader()).state().isLeading());
        SimulatedServer next = cluster.leader();
        assertThat(stable(next)).isZero();

        done(end(next, PRODUCER, 1));
        done(end(next, PRODUCER, 1));
        done(append(next, PRODUCER, 1, "b"));
        done(end(next, PRODUCER, 1));
        rejoin();

        assertThat(refused(lost)).isEqualTo(ErrorKind.NOT_COMMITTED);
        for (int id = 1; id <= 3; id++) {
            assertThat(cluster.log(cluster.server(id)).endOffset()).isEqualTo(3);
            assertThat(stable(cluster.server(id))).as("the next transaction is open").isEqualTo(2);
        }
    }

    @Test
    void whatWasVerifiedBeforeAMarkerThatIsForgottenIsRefused() {
        SimulatedServer leader = cluster.leader();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        coordinator = (id, producerId, epoch, partition) -> answer;
        CompletableFuture<AppendResult> late = append(leader, PRODUCER, 0, "late");
        done(end(leader, PRODUCER, 1));
        refuse(PRODUCER);
        done(append(leader, OTHER, 0, "of another one"));

        answer.complete(null);

        assertThat(refused(late)).isEqualTo(ErrorKind.PRODUCER_FENCED);
        assertThat(asked).containsExactly(PRODUCER, OTHER, PRODUCER);
        assertThat(cluster.log(leader).endOffset()).isEqualTo(2);
    }

    @Test
    void whatWasVerifiedForALeaderThatDoesNotLeadAnyMoreIsNotAppended() {
        SimulatedServer leader = cluster.leader();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        coordinator = (id, producerId, epoch, partition) -> answer;
        CompletableFuture<AppendResult> late = append(leader, PRODUCER, 0, "late");
        nextLeader();
        rejoin();

        answer.complete(null);

        assertThat(refused(late)).as("too late, or somewhere else").isIn(ErrorKind.NOT_LEADER, ErrorKind.UNAVAILABLE);
        assertThat(cluster.log(leader).endOffset()).isZero();
    }
}
