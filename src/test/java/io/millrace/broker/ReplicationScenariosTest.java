package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.SimulatedCluster.PlantedBug;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.log.AppendResult;
import io.millrace.log.Truncation;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The known ways in which replicated logs lose or change records, one by one; {@link SimulatedCluster} plays them. A list: that
 * is why it is long.
 */
class ReplicationScenariosTest {
    private static final Logger LOGGER = Logger.getLogger("io.millrace.broker");

    private final SimulatedCluster cluster = new SimulatedCluster(5, 3, 1, PlantedBug.NONE);

    @BeforeAll
    static void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    @Test
    void aFollowerWithAStaleHighWatermarkBecomesLeaderAndCutsNothingThatWasCommitted() {
        cluster.begin(Map.of());
        SimulatedServer leader = cluster.leader();
        List<SimulatedServer> followers = cluster.followers();
        for (int i = 0; i < 5; i++) {
            cluster.acknowledged("record " + i);
        }
        cluster.await("the followers have it all", () -> cluster.log(followers.get(0)).endOffset() == 5);
        leader.crash();
        followers.get(0).crash();
        followers.get(0).start();
        cluster.await("another leader", () -> cluster.registered().partitions().get(0).leader() > 0
                && cluster.leader() != leader && cluster.leader().isUp());

        cluster.await("its high watermark is known again",
                () -> cluster.partition(cluster.leader()) != null && cluster.partition(cluster.leader()).highWatermark() == 5);
        assertThat(cluster.log(cluster.leader()).valueAt(4)).isEqualTo("record 4");
    }

    @Test
    void twoFastFailoversLeaveDivergedLogsThatAreCutWhereTheirEpochsPart() {
        cluster.begin(Map.of());
        SimulatedServer first = cluster.leader();
        cluster.acknowledged("common");
        cluster.isolate(first);
        CompletableFuture<AppendResult> lost = cluster.produce(first, "never replicated", Acks.ALL);
        cluster.await("a second leader", () -> cluster.leader() != first && cluster.leader() != null
                && cluster.partition(cluster.leader()).state().isLeading());
        SimulatedServer second = cluster.leader();
        cluster.acknowledged("of the second");
        second.crash();
        cluster.rejoin();
        cluster.await("a third leadership", () -> cluster.registered().partitions().get(0).leader() > 0
                && cluster.leader() != second && cluster.partition(cluster.leader()).state().isLeading());
        second.start();
        cluster.await("all agree", cluster::isWhole);

        assertThat(lost).isCompletedExceptionally();
        for (int id = 1; id <= 3; id++) {
            assertThat(cluster.log(cluster.server(id)).valueAt(0)).isEqualTo("common");
            assertThat(cluster.log(cluster.server(id)).valueAt(1)).isEqualTo("of the second");
        }
    }

    @Test
    void aConsumerWhosePositionLiesBehindATruncationIsToldAndSkipsNothing() {
        cluster.begin(Map.of("unclean.leader.election.enable", "true"));
        SimulatedServer first = cluster.leader();
        List<SimulatedServer> others = cluster.followers();
        cluster.acknowledged("kept");
        cluster.await("all have it", () -> others.stream().allMatch(other -> cluster.log(other).endOffset() == 1));
        others.forEach(SimulatedServer::crash);
        cluster.await("the leader is alone in sync", () -> cluster.registered().partitions().get(0).isr().size() == 1);
        cluster.acknowledged("lost a");
        cluster.acknowledged("lost b");
        int epoch = cluster.registered().partitions().get(0).leaderEpoch();
        first.crash();
        others.forEach(SimulatedServer::start);
        cluster.await("an unclean leader", () -> cluster.registered().partitions().get(0).leader() > 0
                && cluster.leader() != first && cluster.partition(cluster.leader()) != null
                && cluster.partition(cluster.leader()).state().isLeading());
        for (int i = 0; i < 3; i++) {
            cluster.acknowledged("new " + i);
        }

        Broker broker = cluster.leader().broker;
        Failures.assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, () -> BrokerHarness.get(broker.fetch(new FetchRequest(
                SimulatedCluster.TOPIC, 0, new FetchPosition.AtOffset(3), epoch, 0, 1000, 0))))
                .hasMessageContaining("cut back").hasMessageContaining("from offset 1 on");
        assertThat(fetchedAll(broker, new FetchPosition.AtOffset(3, epoch)).failure().kind()).isEqualTo(ErrorKind.OFFSET_OUT_OF_RANGE);
        assertThat(fetchedAll(broker, new FetchPosition.EndOfEpoch(epoch)).result().offset()).as("where it is to go on").isEqualTo(1);
        FetchAllResult.Part now = fetchedAll(broker, new FetchPosition.AtOffset(1, epoch));
        assertThat(now.result().nextOffset()).isEqualTo(4);
        assertThat(fetchedAll(broker, new FetchPosition.EndOfEpoch(now.result().leaderEpoch())).result().offset()).isEqualTo(4);
    }

    private static FetchAllResult.Part fetchedAll(Broker broker, FetchPosition from) {
        return BrokerHarness.get(broker.fetchAll(new FetchAllRequest(List.of(new FetchAllRequest.Part(SimulatedCluster.TOPIC, 0, from)),
                0, 1000, 0))).parts().get(0);
    }

    @Test
    void aTopicOfAnEarlierVersionIsBroughtIntoPagesOnceAllBrokersWereStartedAgainAndNothingIsMissing() {
        SimulatedCluster upgraded = new SimulatedCluster(11, 3, 2, 1, SimulatedCluster.PlantedBug.NONE);
        upgraded.createInOneRegister();
        upgraded.begin(Map.of());
        for (int id = 1; id <= 3; id++) {
            assertThat(upgraded.registers().keys("topic-page/")).as("while there is one of the earlier version").isEmpty();
            upgraded.acknowledged("before the restart of " + id);
            upgraded.server(id).crash();
            upgraded.acknowledged("during the restart of " + id);
            upgraded.server(id).start();
            upgraded.await("it is back", upgraded::isWhole);
        }
        upgraded.await("the topic is in pages", () -> !upgraded.registers().keys("topic-page/").isEmpty());
        upgraded.acknowledged("after all");

        upgraded.await("all agree", upgraded::isWhole);
        assertThat(upgraded.log(upgraded.leader()).endOffset()).isEqualTo(7);
    }

    @Test
    void anUncleanElectionTakesTheLongestLogThatIsUp() {
        cluster.begin(Map.of("unclean.leader.election.enable", "true"));
        SimulatedServer first = cluster.leader();
        SimulatedServer shorter = cluster.followers().get(0);
        SimulatedServer longer = cluster.followers().get(1);
        cluster.acknowledged("of all");
        cluster.await("all have it", () -> cluster.log(shorter).endOffset() == 1);
        cutOff(shorter, first);
        long two = cluster.acknowledged("of two");
        cutOff(longer, first);
        cluster.acknowledged("of one");
        assertThat(cluster.log(shorter).endOffset()).isEqualTo(1);
        first.crash();
        cluster.rejoin();
        cluster.await("an unclean leader", () -> cluster.registered().partitions().get(0).leader() > 0
                && cluster.leader() != first && cluster.partition(cluster.leader()) != null
                && cluster.partition(cluster.leader()).state().isLeading());

        assertThat(cluster.leader()).as("not the first one of the replicas").isSameAs(longer);
        assertThat(cluster.log(longer).valueAt(two)).isEqualTo("of two");
        long next = cluster.acknowledged("of the next");
        assertThat(next).isGreaterThan(two);
        cluster.await("the shorter one has it all", () -> cluster.log(shorter).endOffset() == next + 1);
    }

    /** It goes on running, and cannot fetch or change anything until all rejoin. */
    private void cutOff(SimulatedServer follower, SimulatedServer leader) {
        cluster.cut(leader.id(), follower.id());
        cluster.cut(follower.id(), leader.id());
        cluster.withoutAgreement(follower);
    }

    @Test
    void aLeaderThatStopsHandsOverBeforeItIsGoneAndNothingOfItIsMissing() {
        cluster.begin(Map.of());
        SimulatedServer first = cluster.leader();
        cluster.acknowledged("of the first");
        int epoch = cluster.registered().partitions().get(0).leaderEpoch();
        first.stop();
        cluster.await("it is gone", () -> !first.isUp());

        Topic.Assignment now = cluster.registered().partitions().get(0);
        assertThat(now.leader()).isPositive().isNotEqualTo(first.id());
        assertThat(now.leaderEpoch()).isGreaterThan(epoch);
        assertThat(now.isr()).hasSize(2).doesNotContain(first.id());
        assertThat(cluster.acknowledged("of the second")).isEqualTo(1);
        first.start();
        cluster.await("it is back", cluster::isWhole);
        assertThat(cluster.log(first).valueAt(0)).isEqualTo("of the first");
    }

    @Test
    void aLeaderThatNobodyReachesAnyMoreBecauseItStopsTakesNobodyOutOfTheIsr() {
        for (int moment = 0; moment < 30; moment++) { // what it does first once it reaches the agreement differs
            stopWhileTheAgreementIsAway(new SimulatedCluster(moment, 3, 1, PlantedBug.NONE), 4_000 + 40 * moment);
        }
    }

    /** @param ms longer than a replica may lag */
    private static void stopWhileTheAgreementIsAway(SimulatedCluster cluster, int ms) {
        cluster.begin(Map.of());
        SimulatedServer first = cluster.leader();
        cluster.acknowledged("kept");
        cluster.await("all have it", () -> cluster.followers().stream().allMatch(other -> cluster.log(other).endOffset() == 1));
        cluster.withoutAgreement(first);
        first.stop();
        CompletableFuture<AppendResult> unanswered = cluster.produce(first, "while it stops", Acks.ALL);
        cluster.advance(ms);
        cluster.rejoin();
        cluster.await("it is gone", () -> !first.isUp());

        assertThat(cluster.registered().partitions().get(0).isr()).doesNotContain(first.id()).isNotEmpty();
        assertThat(unanswered.isDone() && !unanswered.isCompletedExceptionally()).isFalse();
        cluster.acknowledged("goes on");
    }

    @Test
    void whereNoOtherIsInSyncTheOneThatStopsStaysTheOneThatHasEverything() {
        cluster.begin(Map.of());
        SimulatedServer last = cluster.leader();
        List<SimulatedServer> others = cluster.followers();
        others.forEach(SimulatedServer::crash);
        cluster.await("it is alone in sync", () -> cluster.registered().partitions().get(0).isr().size() == 1);
        cluster.acknowledged("only here");
        last.stop();
        cluster.await("it is gone", () -> !last.isUp());
        others.forEach(SimulatedServer::start);
        cluster.advance(10_000);

        assertThat(cluster.registered().partitions().get(0).isr()).containsExactly(last.id());
        last.start();
        cluster.await("all have it", cluster::isWhole);
        assertThat(cluster.log(others.get(0)).valueAt(0)).isEqualTo("only here");
    }

    @Test
    void theLastInSyncReplicaLosesWhatItHadNotForcedAndComesBackAsLeaderWithEverythingAcknowledged() {
        cluster.begin(Map.of());
        SimulatedServer last = cluster.leader();
        List<SimulatedServer> others = cluster.followers();
        others.forEach(SimulatedServer::crash);
        cluster.await("it is alone in sync", () -> cluster.registered().partitions().get(0).isr().size() == 1);
        cluster.acknowledged("forced");
        CompletableFuture<AppendResult> unforced = cluster.produce(last, "not forced yet", Acks.ALL);
        assertThat(unforced).isNotDone();
        last.crash();
        others.forEach(SimulatedServer::start);
        cluster.advance(20_000);

        assertThat(cluster.registered().partitions().get(0).leader()).as("nobody who was not in sync").isEqualTo(-1);
        last.start();
        cluster.await("it leads again, in a new epoch, and the others follow", cluster::isWhole);
        assertThat(cluster.log(last).valueAt(0)).isEqualTo("forced");
        cluster.acknowledged("goes on");
    }

    @Test
    void aReplicaOutsideTheIsrIsBarredUntilItHasCaughtUp() {
        cluster.begin(Map.of());
        SimulatedServer slow = cluster.followers().get(0);
        slow.pause();
        cluster.await("it is out", () -> !cluster.registered().partitions().get(0).isr().contains(slow.id()));
        cluster.acknowledged("without it");
        cluster.leader().crash();
        cluster.followers().stream().filter(other -> other != slow).forEach(SimulatedServer::crash);
        slow.resume();
        cluster.advance(15_000);

        assertThat(cluster.registered().partitions().get(0).leader()).isNotEqualTo(slow.id());
        for (int id = 1; id <= 3; id++) {
            if (cluster.server(id).self() == null) {
                cluster.server(id).start();
            }
        }
        cluster.await("it is in again", cluster::isWhole);
        assertThat(cluster.log(slow).valueAt(0)).isEqualTo("without it");
    }

    @Test
    void aFetchOfSeveralPartitionsFindsTheNewLeaderAndFailsInBetween() {
        cluster.begin(Map.of());
        SimulatedServer old = cluster.leader();
        SimulatedServer reader = cluster.followers().get(0);
        FetchAllRequest request = new FetchAllRequest(List.of(new FetchAllRequest.Part(SimulatedCluster.TOPIC, 0,
                new FetchPosition.Earliest())), 1, 1 << 20, 2_000);
        cluster.acknowledged("kept");
        CompletableFuture<FetchAllResult> before = reader.broker.fetchAll(request);
        cluster.await("it is read at the leader", before::isDone);
        assertThat(BrokerHarness.values(before.join().parts().get(0).result())).containsExactly("kept");

        old.crash();
        CompletableFuture<FetchAllResult> between = reader.broker.fetchAll(request);
        cluster.await("it ends", between::isDone);
        assertThat(between.join().parts().get(0).failure()).isNotNull();
        CompletableFuture<?>[] after = {between};
        cluster.await("it is read at the new leader", () -> {
            if (after[0].isDone()) {
                FetchAllResult.Part part = ((FetchAllResult) after[0].join()).parts().get(0);
                if (part.bytes() > 0) {
                    return true;
                }
                after[0] = reader.broker.fetchAll(request);
            }
            return false;
        });
    }

    @Test
    void theHighWatermarkStandsWhileTheIsrIsBelowTheMinimumAndNeverGoesBack() {
        cluster.begin(Map.of("min.insync.replicas", "2"));
        cluster.acknowledged("committed");
        SimulatedServer leader = cluster.leader();
        List<SimulatedServer> others = cluster.followers();
        others.forEach(SimulatedServer::crash);
        cluster.await("it is alone in sync", () -> cluster.registered().partitions().get(0).isr().size() == 1
                && cluster.partition(leader).state().isInSync());
        cluster.advance(12_000);

        Failures.assertFails(ErrorKind.NOT_ENOUGH_REPLICAS, () -> BrokerHarness.get(
                cluster.produce(leader, "refused", Acks.ALL))).hasMessageContaining("min.insync.replicas");
        assertThat(cluster.log(leader).endOffset()).as("nothing is half acknowledged").isEqualTo(1);
        CompletableFuture<AppendResult> written = cluster.produce(leader, "written, not committed", Acks.LEADER);
        cluster.advance(3000);
        assertThat(written).isCompleted();
        assertThat(cluster.partition(leader).highWatermark()).isEqualTo(1);

        others.forEach(SimulatedServer::start);
        cluster.acknowledged("with enough replicas");
        cluster.await("it moves on", () -> cluster.partition(cluster.leader()).highWatermark() >= 2);
    }

    @Test
    void aLeaderThatComesBackFromOutOfTouchTakesNothingBeforeItKnowsWhoLeadsNow() {
        cluster.begin(Map.of());
        SimulatedServer zombie = cluster.leader();
        cluster.acknowledged("before");
        cluster.isolate(zombie);
        cluster.await("another leader", () -> cluster.leader() != zombie && cluster.leader() != null
                && cluster.partition(cluster.leader()).state().isLeading());
        cluster.acknowledged("of the new leader");
        cluster.advance(6000);

        cluster.rejoin();
        for (int i = 0; i < 500 && cluster.leader() != zombie; i++) {
            CompletableFuture<AppendResult> late = cluster.produce(zombie, "too late", Acks.LEADER);
            cluster.advance(5);
            assertThat(late.isDone() && !late.isCompletedExceptionally()).as("taken %d ms after the return", 5 * i).isFalse();
        }
    }

    @Test
    void aLeaderThatReachesNeitherAgreementNorFollowersRefusesAtOnceWhatItCannotCommit() {
        cluster.begin(Map.of());
        SimulatedServer zombie = cluster.leader();
        cluster.acknowledged("before");
        cluster.isolate(zombie);
        cluster.advance(6000);

        assertThat(cluster.partition(zombie).state().isLeading()).as("it does not know").isTrue();
        CompletableFuture<AppendResult> refused = cluster.produce(zombie, "of the zombie", Acks.ALL);
        cluster.advance(100);
        assertThat(refused).isDone();
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> BrokerHarness.get(refused));
        assertThat(cluster.log(zombie).endOffset()).as("nothing was written").isEqualTo(1);

        cluster.rejoin();
        cluster.await("it follows", cluster::isWhole);
        cluster.acknowledged("after");
    }

    @Test
    void aLeaderThatIsFollowedGoesOnWithoutTheAgreement() {
        cluster.begin(Map.of());
        cluster.acknowledged("before");
        for (int id = 1; id <= 3; id++) {
            cluster.withoutAgreement(cluster.server(id));
        }
        cluster.advance(6000);

        CompletableFuture<AppendResult> taken = cluster.produce(cluster.leader(), "in the meantime", Acks.ALL);
        cluster.advance(2000);
        assertThat(BrokerHarness.get(taken).baseOffset()).isEqualTo(1);
    }

    @Test
    void aZombieLeadersAppendAndIsrChangeAreRefusedByEpochAlone() {
        cluster.begin(Map.of());
        SimulatedServer zombie = cluster.leader();
        cluster.acknowledged("before");
        int epoch = cluster.registered().partitions().get(0).leaderEpoch();
        cluster.isolate(zombie);
        cluster.await("another leader", () -> cluster.leader() != zombie && cluster.leader() != null
                && cluster.partition(cluster.leader()).state().isLeading());
        cluster.acknowledged("of the new leader");

        assertThat(cluster.partition(zombie).state().isLeading()).as("it does not know").isTrue();
        CompletableFuture<AppendResult> refused = cluster.produce(zombie, "of the zombie", Acks.ALL);
        cluster.advance(4000);
        assertThat(refused.isDone() && !refused.isCompletedExceptionally()).isFalse();
        Failures.assertFails(ErrorKind.UNAVAILABLE, () -> BrokerHarness.get(
                cluster.produce(zombie, "not even with acks=1", Acks.LEADER)));
        // It reaches the registers again, before it has heard of anything: its ISR change still goes nowhere.
        cluster.rejoin();
        cluster.partition(zombie).tick(1);
        cluster.await("it follows", cluster::isWhole);

        assertThat(refused).isCompletedExceptionally();
        assertThat(cluster.registered().partitions().get(0).leaderEpoch()).isGreaterThan(epoch);
        assertThat(cluster.log(zombie).valueAt(1)).isEqualTo("of the new leader");
    }

    @Test
    void anAcknowledgementThatWasLostAndARetryAcrossAFailoverLeaveBothRecordsOrOneAndLoseNone() {
        cluster.begin(Map.of());
        SimulatedServer first = cluster.leader();
        CompletableFuture<AppendResult> unanswered = cluster.produce(first, "sent twice", Acks.ALL);
        cluster.advance(30);
        first.crash();
        cluster.await("another leader", () -> cluster.registered().partitions().get(0).leader() > 0
                && cluster.leader() != first && cluster.partition(cluster.leader()).state().isLeading());
        long retried = cluster.acknowledged("sent twice");

        assertThat(retried).isBetween(0L, 1L);
        if (unanswered.isDone() && !unanswered.isCompletedExceptionally()) {
            assertThat(cluster.log(cluster.leader()).valueAt(unanswered.join().baseOffset())).isEqualTo("sent twice");
        }
        assertThat(cluster.log(cluster.leader()).valueAt(retried)).isEqualTo("sent twice");
    }

    @Test
    void aFollowerWhoseLogWasEmptiedByRetentionGoesOnWithoutARoundOfCutting() {
        cluster.begin(Map.of());
        SimulatedServer follower = cluster.followers().get(0);
        for (int i = 0; i < 5; i++) {
            cluster.acknowledged("record " + i);
        }
        cluster.await("the follower knows it all", () -> cluster.partition(follower).highWatermark() == 5);
        cluster.partition(follower).log().deleteRecordsBefore(5);
        cluster.await("it has nothing", () -> cluster.log(follower).startOffset() == 5);
        long fetches = follower.fetches();
        cluster.advance(5000);

        assertThat(follower.fetches() - fetches).as("fetches in 5 s").isLessThan(60);
        long offset = cluster.acknowledged("more");
        cluster.await("it has the next record", () -> cluster.log(follower).endOffset() == offset + 1);
        assertThat(cluster.partition(cluster.leader()).state().isr()).as("in sync").contains(follower.id());
    }

    @Test
    void aFollowerThatKnowsMoreToBeCommittedThanTheLeaderHasTakesNothingOverAndAsksSeldom() {
        cluster.begin(Map.of());
        SimulatedServer follower = cluster.followers().get(0);
        cluster.acknowledged("record");
        cluster.await("the follower has it", () -> cluster.log(follower).endOffset() == 1);
        cluster.isolate(follower);
        cluster.await("it is not in sync", () -> !cluster.registered().partitions().get(0).isr().contains(follower.id()));
        cluster.partition(follower).log().beginAnew(7, Truncation.UNCLEAN);
        cluster.await("its records are beyond the leader's", () -> cluster.log(follower).startOffset() == 7);
        cluster.rejoin();
        long fetches = follower.fetches();
        cluster.advance(10_000);

        assertThat(follower.fetches() - fetches).as("fetches in 10 s").isLessThan(200);
        assertThat(cluster.log(follower).startOffset()).isEqualTo(7);
        assertThat(cluster.registered().partitions().get(0).isr()).doesNotContain(follower.id());
    }

    @Test
    void whatWasCommittedCanBeReadAfterAFullStopAlsoWithFewerReplicasThanTheMinimum() {
        cluster.begin(Map.of("min.insync.replicas", "2"));
        for (int i = 0; i < 5; i++) {
            cluster.acknowledged("record " + i);
        }
        cluster.await("all know", () -> IntStream.rangeClosed(1, 3)
                .allMatch(id -> cluster.partition(cluster.server(id)).highWatermark() == 5));
        cluster.advance(4000); // until that is noted
        IntStream.rangeClosed(1, 3).forEach(id -> cluster.server(id).crash());
        SimulatedServer first = cluster.server(2);
        first.start();
        cluster.await("it leads alone", () -> cluster.registered().partitions().get(0).isr().equals(List.of(2))
                && cluster.partition(first) != null && cluster.partition(first).state().isLeading());

        FetchResult read = BrokerHarness.get(first.broker.fetch(new FetchRequest(SimulatedCluster.TOPIC, 0,
                new FetchPosition.Earliest(), -1, 0, 10_000, 0)));
        assertThat(read.nextOffset()).isEqualTo(5);
        assertThat(first.broker.offsets(SimulatedCluster.TOPIC, 0).endOffset()).isEqualTo(5);
    }

    @Test
    void aRequestThatWaitsAtTheLeaderDoesNotLetAFollowerInThatWentOutMeanwhile() {
        cluster.begin(Map.of());
        SimulatedServer follower = cluster.followers().get(0);
        cluster.acknowledged("record");
        cluster.await("the follower has it", () -> cluster.log(follower).endOffset() == 1);
        cluster.advance(500); // and waits for more
        cluster.isolate(follower);
        cluster.await("it is not in sync", () -> !cluster.registered().partitions().get(0).isr().contains(follower.id()));
        cluster.advance(5_000);

        assertThat(cluster.registered().partitions().get(0).isr()).doesNotContain(follower.id());
    }

    @Test
    void aReassignmentGoesOnWhenTheControllerDiesInTheMiddle() {
        SimulatedCluster five = new SimulatedCluster(11, 5, 1, PlantedBug.NONE);
        five.begin(Map.of());
        List<Integer> before = five.registered().partitions().get(0).replicas();
        for (int i = 0; i < 10; i++) {
            five.acknowledged("record " + i);
        }
        List<Integer> target = IntStream.rangeClosed(1, 5).boxed()
                .filter(id -> !before.contains(id)).toList();
        SimulatedServer controller = IntStream.rangeClosed(1, 5).mapToObj(five::server)
                .filter(server -> server.broker.cluster().controller() == server.id()).findFirst().orElseThrow();
        while (five.registered().partitions().get(0).move() == null) {
            try {
                controller.broker.reassignments().start(SimulatedCluster.TOPIC, 0, target);
            } catch (BrokerException lostAnswer) {
                five.advance(100);
            }
        }
        controller.crash();

        five.await("moved", () -> five.registered().partitions().get(0).replicas().equals(target)
                || target.contains(controller.id()));
        controller.start();
        five.await("whole", () -> five.isWhole() && five.registered().partitions().get(0).replicas().equals(target));
        assertThat(five.log(five.leader()).valueAt(9)).isEqualTo("record 9");
        five.await("the old replicas go",
                () -> before.stream().allMatch(id -> five.partition(five.server(id)) == null));
    }

    @Test
    void retentionThatOvertakesASlowReaderIsToldAndASlowFollowerBeginsAnew() {
        cluster.begin(Map.of());
        SimulatedServer slow = cluster.followers().get(0);
        slow.crash();
        for (int i = 0; i < 5; i++) {
            cluster.acknowledged("record " + i);
        }
        CompletableFuture<Long> deleted = cluster.leader().broker.deleteRecords(SimulatedCluster.TOPIC, 0, 4);
        cluster.advance(1000);

        assertThat(deleted).isCompletedWithValue(4L);
        Failures.assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, () -> BrokerHarness.get(cluster.leader().broker.fetch(
                new FetchRequest(SimulatedCluster.TOPIC, 0, new FetchPosition.AtOffset(0), 0, 1000, 0))))
                .hasMessageContaining("4 to 5");
        slow.start();
        cluster.await("it has caught up", cluster::isWhole);
        assertThat(cluster.log(slow).startOffset()).isEqualTo(4);
        assertThat(cluster.log(slow).valueAt(4)).isEqualTo("record 4");
    }

    @Test
    void oneWayLossBetweenTwoServersStopsNothingForGood() {
        cluster.begin(Map.of());
        SimulatedServer leader = cluster.leader();
        SimulatedServer follower = cluster.followers().get(0);
        cluster.cut(leader.id(), follower.id());

        cluster.acknowledged("without the one that hears nothing");
        cluster.rejoin();
        cluster.await("whole again", cluster::isWhole);
        assertThat(cluster.log(follower).valueAt(0)).isEqualTo("without the one that hears nothing");
    }

    @Test
    void aWipedDiskDoesNotCountAsInSyncAndIsFilledAgain() {
        cluster.begin(Map.of());
        cluster.acknowledged("kept");
        SimulatedServer wiped = cluster.followers().get(0);
        cluster.await("all have it", () -> cluster.log(wiped).endOffset() == 1);
        wiped.crash();
        cluster.wiped = true;
        wiped.wipe();
        wiped.start();
        cluster.await("it does not count before it has everything", () -> {
            boolean counts = cluster.registered().partitions().get(0).isr().contains(wiped.id());
            boolean up = wiped.isUp() && cluster.partition(wiped) != null;
            assertThat(up && counts && wiped.diskEnd(new TopicPartition(SimulatedCluster.TOPIC, 0)) < 1).isFalse();
            return up && counts;
        });
        cluster.await("filled again", cluster::isWhole);

        assertThat(cluster.log(wiped).valueAt(0)).isEqualTo("kept");
    }

    @Test
    void theOnlyLogInSyncThatIsGoneIsSaidAndNobodyLeadsWithoutItsRecords() {
        cluster.begin(Map.of());
        SimulatedServer last = cluster.leader();
        List<SimulatedServer> others = cluster.followers();
        others.forEach(SimulatedServer::crash);
        cluster.await("it is alone in sync", () -> cluster.registered().partitions().get(0).isr().size() == 1);
        cluster.acknowledged("on one disk only");
        last.crash();
        cluster.wiped = true;
        last.wipe();
        last.start();
        others.forEach(SimulatedServer::start);
        cluster.await("it is up", () -> last.isUp() && cluster.partition(last) != null);
        cluster.advance(20_000);

        assertThat(cluster.registered().partitions().get(0).leader()).isEqualTo(-1);
        assertThat(last.broker.lostPartitions()).singleElement().asString().contains("was the only one in sync");
    }

    @Test
    void aDamagedFollowerBeginsOneEpochAndIsHealedWhenTheLeaderKnowsOfIt() {
        cluster.begin(Map.of("segment.bytes", "1024"));
        SimulatedServer leader = cluster.leader();
        SimulatedServer damaged = cluster.followers().get(0);
        for (int i = 0; i < 30; i++) {
            cluster.acknowledged("record " + i);
        }
        cluster.await("it knows it all", () -> cluster.partition(damaged).highWatermark() == 30);
        int epoch = cluster.registered().partitions().get(0).leaderEpoch();
        assertThat(damaged.directory().rot(cluster.log(damaged).log(), damaged.disk(), new Random(1))).isTrue();
        assertThat(cluster.hasDamage(damaged)).isTrue();
        cluster.withoutAgreement(leader);
        damaged.directory().scrub(cluster.log(damaged).log());
        cluster.advance(35_000);

        assertThat(cluster.hasDamage(damaged)).as("the leader knows nothing of the new epoch").isTrue();
        assertThat(cluster.registered().partitions().get(0).leaderEpoch()).isEqualTo(epoch + 1);
        cluster.rejoin();
        cluster.await("it is healed", () -> !cluster.hasDamage(damaged) && cluster.isWhole());
        assertThat(damaged.healings()).as("read and written by threads of their own").isPositive();
    }

    @Test
    void aFollowersRequestsNameThePartitionsInWhichSomethingChangedAndNoOthers() {
        SimulatedCluster wide = new SimulatedCluster(5, 3, 4, SimulatedCluster.PlantedBug.NONE);
        wide.begin(Map.of());
        wide.acknowledged("record");
        wide.await("all have it", wide::isWhole);
        wide.advance(5_000);
        SimulatedServer follower = wide.followers().get(0);
        long fetches = follower.fetches();
        long named = follower.partitionsAsked();
        wide.advance(10_000);
        assertThat(follower.fetches() - fetches).as("it goes on asking").isGreaterThan(8);
        assertThat(follower.partitionsAsked()).as("nothing came").isEqualTo(named);

        for (int i = 0; i < 10; i++) {
            wide.acknowledged("record " + i);
        }
        assertThat(follower.partitionsAsked() - named).as("of one of four partitions").isBetween(10L, 40L);
        assertThat(wide.registered().partitions()).allSatisfy(each -> assertThat(each.isr()).hasSize(3));
    }

    @Test
    void aLeaderThatWasStartedAnewDoesNotKnowTheSessionAndIsAskedForEverything() {
        cluster.begin(Map.of());
        cluster.acknowledged("before");
        cluster.await("all have it", cluster::isWhole);
        SimulatedServer leader = cluster.leader();
        leader.crash();
        leader.start();
        cluster.await("all are up", cluster::isWhole);
        cluster.acknowledged("after");
        cluster.await("all have both", cluster::isWhole);
        assertThat(cluster.registered().partitions().get(0).isr()).hasSize(3);
    }

    @Test
    void aFollowerOfAServerThatKnowsNoFetchSessionsAsksForEverythingEachTime() {
        for (int id = 1; id <= 3; id++) {
            cluster.server(id).beOfTheVersionBefore();
        }
        cluster.begin(Map.of("min.insync.replicas", "3"));
        for (int i = 0; i < 5; i++) {
            cluster.acknowledged("record " + i);
        }
        cluster.await("all have them", cluster::isWhole);
        SimulatedServer follower = cluster.followers().get(0);
        long fetches = follower.fetches();
        long named = follower.partitionsAsked();
        cluster.advance(10_000);
        assertThat(follower.fetches() - fetches).as("no storm").isBetween(8L, 40L);
        assertThat(follower.partitionsAsked() - named).isEqualTo(follower.fetches() - fetches);
    }

    @Test
    void aFollowerWhoseOwnRecordsEndWithinTheBatchThatTheLeadersLogStartsInBeginsAnew() {
        cluster.begin(Map.of("segment.bytes", "1024"));
        SimulatedServer zombie = cluster.leader();
        cluster.acknowledged("common" + "x".repeat(1_000)); // a segment of its own, which goes with its epoch
        cluster.isolate(zombie);
        CompletableFuture<AppendResult> lost = cluster.produce(zombie, "never replicated", Acks.LEADER);
        cluster.await("it is written", lost::isDone);
        cluster.await("another leader", () -> cluster.leader() != null && cluster.leader() != zombie
                && cluster.partition(cluster.leader()).state().isLeading());
        SimulatedServer leader = cluster.leader();
        CompletableFuture<AppendResult> batch = cluster.produceTogether("a", "b", "c");
        cluster.await("three records in one batch", () -> batch.isDone()
                && cluster.partition(leader).highWatermark() == 4);
        CompletableFuture<Long> deleted = leader.broker.deleteRecords(SimulatedCluster.TOPIC, 0, 2);
        cluster.await("the leader's log starts within it", deleted::isDone);
        assertThat(cluster.log(leader).startOffset()).isEqualTo(2);
        assertThat(cluster.log(zombie).endOffset()).isEqualTo(2);

        cluster.rejoin();
        cluster.await("all replicas are in sync", cluster::isWhole);
        assertThat(cluster.log(zombie).valueAt(2)).isEqualTo("b");
        assertThat(cluster.log(zombie).valueAt(3)).isEqualTo("c");
    }

    @Test
    void aFollowerThatBeginsAnewGoesOnWhereTheLeadersLogStartsWithinABatch() {
        cluster.begin(Map.of());
        SimulatedServer follower = cluster.followers().get(0);
        cluster.isolate(follower);
        cluster.await("it is not in sync", () -> !cluster.registered().partitions().get(0).isr().contains(follower.id()));
        CompletableFuture<AppendResult> batch = cluster.produceTogether("a", "b", "c", "d", "e");
        cluster.await("the batch is there", batch::isDone);
        assertThat(batch).isCompletedWithValueMatching(result -> result.baseOffset() == 0);
        cluster.partition(cluster.leader()).deleteRecordsBefore(3);
        cluster.await("it begins within it", () -> cluster.log(cluster.leader()).startOffset() == 3);
        cluster.rejoin();

        cluster.await("all have it", cluster::isWhole);
        assertThat(cluster.log(follower).startOffset()).isEqualTo(3);
        assertThat(cluster.log(follower).valueAt(3)).isEqualTo("d");
        assertThat(cluster.acknowledged("more")).isEqualTo(5);
        cluster.await("all have that, too", cluster::isWhole);
        assertThat(cluster.registered().partitions().get(0).isr()).contains(follower.id());
    }
}
