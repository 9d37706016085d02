package io.millrace.replica.leader;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which partitions of a follower's session a request visits. */
class FetchSessionTest {
    private static final UUID TOPIC = new UUID(0, 1);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final FetchSession session = new FetchSession(request(5, 0, List.of(at(0, 10), at(1, 20), at(2, 30))), 0);

    private static TopicPartition id(int partition) {
        return new TopicPartition("orders", partition);
    }

    private static ReplicaFetchRequest.Partition at(int partition, long offset) {
        return new ReplicaFetchRequest.Partition(id(partition), TOPIC, 1, offset, 1);
    }

    private static ReplicaFetchRequest request(long id, int epoch, List<ReplicaFetchRequest.Partition> asked,
                                               TopicPartition... forgotten) {
        return new ReplicaFetchRequest(2, "run-1", 1000, 1 << 20, new ReplicaFetchRequest.FetchSession(id, epoch), asked,
                List.of(forgotten));
    }

    @Test
    void theFirstRequestVisitsAllAndTheNextOnlyWhatIsSaidAnew() {
        assertThat(session.takeMarked()).containsExactly(at(0, 10), at(1, 20), at(2, 30));
        assertThat(session.goOn(request(5, 1, List.of(at(1, 21))), 1)).isTrue();
        assertThat(session.takeMarked()).containsExactly(at(1, 21));
        assertThat(session.takeMarked()).isEmpty();
    }

    @Test
    void whereSomethingCameIsVisitedWithWhatWasAskedThereLast() {
        session.takeMarked();
        session.goOn(request(5, 1, List.of(at(2, 35))), 1);
        session.takeMarked();
        session.mark(id(2));
        session.mark(id(7));
        assertThat(session.takeMarked()).as("7 is not the follower's").containsExactly(at(2, 35));
    }

    @Test
    void whatIsForgottenIsVisitedNoMore() {
        session.takeMarked();
        session.goOn(request(5, 1, List.of(), id(0)), 1);
        session.mark(id(0));
        session.goOn(request(5, 2, List.of()), 2 * SECOND);
        assertThat(session.takeMarked()).containsExactlyInAnyOrder(at(1, 20), at(2, 30));
    }

    @Test
    void inEachSecondARequestVisitsAllOfThem() {
        session.takeMarked();
        session.goOn(request(5, 1, List.of()), SECOND / 4);
        assertThat(session.takeMarked()).isEmpty();
        session.goOn(request(5, 2, List.of()), SECOND / 2);
        assertThat(session.takeMarked()).hasSize(3);
        session.goOn(request(5, 3, List.of()), SECOND / 2 + 1);
        assertThat(session.takeMarked()).isEmpty();
    }

    @Test
    void whatWasLeftOutComesBeforeWhatIsSaidAfterwards() {
        session.takeMarked();
        session.mark(id(2));
        session.goOn(request(5, 1, List.of(at(0, 11), at(1, 21))), 1);
        assertThat(session.takeMarked()).containsExactly(at(2, 30), at(0, 11), at(1, 21));
    }

    @Test
    void aRequestThatIsNotTheNextOneChangesNothing() {
        session.takeMarked();
        ReplicaFetchRequest skipped = request(5, 2, List.of(at(0, 99)));
        ReplicaFetchRequest ofAnotherSession = request(6, 1, List.of(at(0, 99)));
        ReplicaFetchRequest ofAnotherRun = new ReplicaFetchRequest(2, "run-2", 1000, 1 << 20, skipped.fetchSession(),
                List.of(at(0, 99)), List.of());
        for (ReplicaFetchRequest wrong : List.of(skipped, ofAnotherSession, ofAnotherRun)) {
            assertThat(session.goOn(wrong, 1)).isFalse();
        }
        assertThat(session.goOn(request(5, 1, List.of()), 1)).isTrue();
        assertThat(session.goOn(request(5, 1, List.of(at(0, 99))), 1)).as("twice").isFalse();
        assertThat(session.takeMarked()).isEmpty();
    }

    @Test
    void aLateFirstRequestOfAnEarlierSessionIsKnownAsOne() {
        assertThat(session.isLaterThan(request(4, 0, List.of()))).isTrue();
        assertThat(session.isLaterThan(request(6, 0, List.of()))).isFalse();
        assertThat(session.isLaterThan(new ReplicaFetchRequest(2, "run-2", 1, 1, List.of()))).isFalse();
    }

    @Test
    void whatIsMarkedIsBoundedByWhatTheFollowerHasHere() {
        for (int round = 0; round < 1000; round++) {
            IntStream.range(0, 3).forEach(partition -> session.mark(id(partition)));
        }
        assertThat(session.takeMarked()).hasSize(3);
    }
}
