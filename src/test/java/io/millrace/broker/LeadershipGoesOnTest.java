package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AppendResult;
import io.millrace.log.LogObserver;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.write.PartitionLog;
import io.millrace.log.write.SimulatedDirectory;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.core.Asking;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.ReplicaContext;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A leader that leads in the next epoch, too: replicas were taken away, and what they had fetched is not to count. */
class LeadershipGoesOnTest {
    private static final TopicPartition ID = new TopicPartition("orders", 0);
    private static final UUID TOPIC = new UUID(0, 7);
    private static final long LAG_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final PartitionLog log = (SimulatedDirectory.open(new SimulatedDisk(new Random(1)), "boot",
            Clock.systemUTC(), () -> 0, new AtOnce(), SimulatedDirectory.PlantedBug.NONE))
            .openReplicated(ID.topic(), ID.partition(), TOPIC, TopicConfig.of(Map.of(), Map.of()).log(), -1);
    private final Partition leader = new Partition(ID, TOPIC, log, TopicConfig.of(Map.of(), Map.of()), new AtEase(), Runnable::run);
    private long version;

    private void assigned(int epoch, List<Integer> replicas, List<Integer> isr) {
        leader.assign(new Topic.Assignment(1, epoch, replicas, isr), ++version);
    }

    private CompletableFuture<AppendResult> append() {
        return append(new RecordBatchBuilder(Codec.NONE));
    }

    private CompletableFuture<AppendResult> append(RecordBatchBuilder builder) {
        builder.append(1, null, BrokerHarness.bytes("a"), List.of());
        return leader.appends().append(List.of(builder.build()), Acks.ALL, LAG_NANOS);
    }

    private Outcome fetch(int follower, int epoch, long offset) {
        ReplicaFetchResponse.Partition answer = leader.fetch(new ReplicaFetchRequest.Partition(ID, TOPIC, epoch, offset,
                offset == 0 ? -1 : log.epochOfLastRecord()), follower, "session-" + follower, Asking.ARRIVED, 1 << 20);
        return answer == null ? Outcome.OK : answer.outcome();
    }

    @Test
    void whatWaitsForReplicasGoesOnWaitingAndIsAcknowledgedInTheNextEpoch() {
        assigned(4, List.of(1, 2, 3), List.of(1, 2, 3));
        CompletableFuture<AppendResult> waiting = append();
        assertThat(fetch(2, 4, 1)).isEqualTo(Outcome.OK);
        assigned(5, List.of(1, 2), List.of(1, 2));

        assertThat(waiting).as("the other one has it, but was not heard of in this epoch").isNotDone();
        assertThat(fetch(2, 4, 1)).isEqualTo(Outcome.FENCED_EPOCH);
        assertThat(waiting).isNotDone();
        assertThat(fetch(2, 5, 1)).isEqualTo(Outcome.OK);
        assertThat(waiting).isCompletedWithValueMatching(result -> result.baseOffset() == 0);
        assertThat(leader.highWatermark()).isEqualTo(1);
        assertThat(append()).as("the epochs reach the log in their order").isNotDone();
        assertThat(log.epochOfLastRecord()).isEqualTo(5);
    }

    @Test
    void whatIsSentAgainIsAnsweredOnceWhatWasWrittenTheFirstTimeIsCommitted() {
        assigned(4, List.of(1, 2), List.of(1, 2));
        CompletableFuture<AppendResult> first = append(new RecordBatchBuilder(Codec.NONE).producer(7, (short) 0, 0));
        CompletableFuture<AppendResult> other = append();
        CompletableFuture<AppendResult> again = append(new RecordBatchBuilder(Codec.NONE).producer(7, (short) 0, 0));
        assertThat(log.logEndOffset()).isEqualTo(2);
        assertThat(again).as("the replica may lack it").isNotDone();

        assertThat(fetch(2, 4, 1)).isEqualTo(Outcome.OK);

        assertThat(first).isCompletedWithValueMatching(result -> result.baseOffset() == 0);
        assertThat(again).isCompletedWithValueMatching(result -> result.baseOffset() == 0);
        assertThat(append(new RecordBatchBuilder(Codec.NONE).producer(7, (short) 0, 0)))
            .as("it does not wait for what came behind").isCompletedWithValueMatching(result -> result.baseOffset() == 0);
        assertThat(other).isNotDone();
        assertThat(fetch(2, 4, 2)).isEqualTo(Outcome.OK);
        assertThat(other).isCompletedWithValueMatching(result -> result.baseOffset() == 1);
    }

    @Test
    void whatWaitsIsGivenUpWhenSomebodyMayHaveLedInBetween() {
        assigned(4, List.of(1, 2), List.of(1, 2));
        CompletableFuture<AppendResult> waiting = append();
        assigned(6, List.of(1, 2), List.of(1, 2));

        Failures.assertFails(ErrorKind.NOT_COMMITTED, waiting);
    }

    @Test
    void aReplicaThatWasTakenAwayAndIsOneAgainIsNotInSyncByWhatItFetchedBefore() {
        assigned(4, List.of(1, 2, 3), List.of(1, 2, 3));
        append();
        assertThat(fetch(2, 4, 1)).isEqualTo(Outcome.OK);
        assertThat(fetch(3, 4, 1)).isEqualTo(Outcome.OK);
        assigned(5, List.of(1, 2), List.of(1, 2));
        assigned(5, List.of(1, 2, 3), List.of(1, 2));

        assertThat(fetch(3, 4, 1)).as("it does not know yet that its log is to go").isEqualTo(Outcome.FENCED_EPOCH);
        assertThat(leader.propose(LAG_NANOS, version)).isEmpty();
        assertThat(fetch(3, 5, 0)).isEqualTo(Outcome.OK);
        assertThat(leader.propose(LAG_NANOS, version)).isEmpty();
        assertThat(fetch(3, 5, 1)).isEqualTo(Outcome.OK);
        assertThat(leader.propose(LAG_NANOS, version).orElseThrow().in()).containsExactly(3);
    }

    /** A disk that takes no time. */
    private static final class AtOnce implements SimulatedDirectory.Surroundings {
        @Override
        public void later(Runnable writer) {
            writer.run();
        }

        @Override
        public void opened(PartitionLog log) {
            // nobody asks
        }

        @Override
        public void closed(PartitionLog log) {
            // nobody asks
        }

        @Override
        public void betweenCheckAndQueue(PartitionLog log) {
            // nothing happens in between
        }

        @Override
        public LogObserver observer() {
            return LogObserver.NONE;
        }
    }

    /** Broker 1 of a cluster in which nothing happens by itself. */
    private static final class AtEase implements ReplicaContext {
        @Override
        public int brokerId() {
            return 1;
        }

        @Override
        public long nanoTime() {
            return 1;
        }

        @Override
        public void mark(TopicPartition id, Collection<Integer> followers) {
            // they come when the test wants it
        }

        @Override
        public void wake(TopicPartition id, Collection<Integer> followers) {
            // they come when the test wants it
        }

        @Override
        public String session(int brokerId) {
            return "session-" + brokerId;
        }

        @Override
        public boolean isLeaving() {
            return false;
        }

        @Override
        public void proposeIsr(Partition partition) {
            // the test asks
        }

        @Override
        public void confirm(Partition partition) {
            throw new AssertionError("it is never alone in sync");
        }

        @Override
        public void refresh(TopicPartition id) {
            // there is nothing else to be known
        }

        @Override
        public void leadershipChanged(TopicPartition id) {
            // nobody listens
        }

        @Override
        public void damaged(Partition partition) {
            throw new AssertionError("nothing is damaged");
        }

        @Override
        public void requireLease() {
            // it is in touch
        }

        @Override
        public boolean isAlone() {
            return false;
        }
    }
}
