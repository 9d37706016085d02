package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.Subscription;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two processes that both believe to be the same consumer: the one that was created last is. */
class ReplacedConsumerTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void topic() {
        harness.log.create("orders", 1);
        harness.log.append(FIRST, 3);
    }

    private ConsumerId created(String name, ConsumerConfig config) {
        ConsumerId id = harness.get(harness.groups.create(GroupHarness.GROUP, name, config));
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, id, new Subscription.Topics(new TreeSet<>(Set.of("orders"))),
                GroupHarness.HERE));
        return id;
    }

    private CompletableFuture<Polled> asked(ConsumerId id, long waitMs) {
        return harness.groups.poll(GroupHarness.GROUP, id, new PollRequest(null, 1 << 20, waitMs, GroupHarness.HERE));
    }

    private long read(ConsumerId id) {
        long read = 0;
        for (long now = -1; now != 0; read += now) {
            now = harness.taken(harness.get(asked(id, 0))).values().stream().mapToLong(Long::longValue).sum();
        }
        return read;
    }

    private void commitPolled(ConsumerId id) {
        harness.get(harness.groups.commitPolled(GroupHarness.GROUP, id, Groups.ANY_EPOCH, GroupHarness.HERE));
    }

    private static void fenced(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BrokerException.class, failure ->
                assertThat(failure.kind()).isEqualTo(ErrorKind.FENCED_INSTANCE_ID));
    }

    private void fencedFromEverything(ConsumerId id) {
        fenced(() -> harness.get(asked(id, 0)));
        fenced(() -> commitPolled(id));
        fenced(() -> harness.get(harness.groups.commit(GroupHarness.GROUP, id, GroupHarness.plain(Map.of(FIRST, 3L)), Groups.ANY_EPOCH)));
        fenced(() -> harness.get(harness.groups.seek(GroupHarness.GROUP, id, Map.of(FIRST, 1L))));
        fenced(() -> harness.get(harness.groups.subscribe(GroupHarness.GROUP, id, new Subscription.None(), GroupHarness.HERE)));
        fenced(() -> harness.get(harness.groups.leave(GroupHarness.GROUP, id, GroupHarness.HERE)));
        fenced(() -> harness.get(harness.groups.member(GroupHarness.GROUP, id)));
    }

    @Test
    void oneThatIsCreatedWithNameAndInstanceIdOfALivingOneIsInANewEpochAndTheOldOneIsTold() {
        ConsumerId old = created("c", GroupHarness.config(false, 10_000, "host-1"));
        assertThat(read(old)).isEqualTo(3);
        int before = harness.state().member("c").owned().get(FIRST);
        CompletableFuture<Polled> waiting = asked(old, 5_000);
        harness.pass(100);

        ConsumerId now = harness.get(harness.groups.create(GroupHarness.GROUP, "c", GroupHarness.config(false, 10_000, "host-1")));
        assertThat(now).isNotEqualTo(old);
        assertThat(harness.state().member("c").owned().get(FIRST)).as("its place, in a new epoch").isGreaterThan(before);
        assertThat(harness.state().membership().epoch()).isEqualTo(harness.state().member("c").epoch());
        fenced(() -> harness.get(waiting));
        fencedFromEverything(old);
        fencedFromEverything(ConsumerId.of("c"));
        assertThat(read(now)).as("what the old one did not commit").isEqualTo(3);
        commitPolled(now);
        assertThat(harness.committed()).containsEntry(FIRST, 3L);
    }

    @Test
    void theOldOnesAutomaticCommitsDoNotAcknowledgeWhatTheNewOneWasGiven() {
        ConsumerId old = created("c", GroupHarness.config(true, 10_000, "host-1"));
        ConsumerId now = created("c", GroupHarness.config(true, 10_000, "host-1"));
        assertThat(harness.taken(harness.get(asked(now, 0)))).isNotEmpty();
        harness.pass(6_000);
        fencedFromEverything(old);
        assertThat(harness.committed()).containsEntry(FIRST, 0L);
    }

    @Test
    void anAnswerThatTheOldOneWasBeingGivenDoesNotMoveTheNewOne() {
        ConsumerId old = created("c", GroupHarness.config(false, 10_000, "host-1"));
        Polled late = harness.get(asked(old, 0));
        ConsumerId now = harness.get(harness.groups.create(GroupHarness.GROUP, "c", GroupHarness.config(false, 10_000, "host-1")));
        harness.taken(late);
        assertThat(read(now)).isEqualTo(3);
    }

    @Test
    void oneThatTakesTheNameOfADormantOneIsNotTakenForIt() {
        ConsumerId old = created("c", GroupHarness.config(false, 2_000, null));
        assertThat(read(old)).isEqualTo(3);
        harness.pass(3_000);
        ConsumerId now = created("c", GroupHarness.manual());
        fencedFromEverything(old);
        fencedFromEverything(ConsumerId.of("c"));
        assertThat(read(now)).isEqualTo(3);
    }

    @Test
    void oneThatTakesThePlaceUnderAnotherNameIsWhyTheOldOneIsGone() {
        ConsumerId old = created("c", GroupHarness.config(false, 10_000, "host-1"));
        ConsumerId now = harness.get(harness.groups.create(GroupHarness.GROUP, "d", GroupHarness.config(false, 10_000, "host-1")));
        fencedFromEverything(old);
        assertThat(read(now)).isEqualTo(3);
    }

    @Test
    void aNameAloneIsEnoughWhileOnlyOneConsumerHadIt() {
        created("c", GroupHarness.manual());
        assertThat(read(ConsumerId.of("c"))).isEqualTo(3);
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        created("c", GroupHarness.manual());
        assertThat(read(ConsumerId.of("c"))).as("the one before is gone by its own wish").isEqualTo(3);
    }

    @Test
    void aCoordinatorThatComesLaterKnowsWhoIsWho() {
        ConsumerId old = created("c", GroupHarness.config(false, 10_000, "host-1"));
        ConsumerId now = created("c", GroupHarness.config(false, 10_000, "host-1"));
        harness.restart();
        fencedFromEverything(old);
        assertThat(read(now)).isEqualTo(3);
    }
}
