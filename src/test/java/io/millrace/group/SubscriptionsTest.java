package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.Subscription;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What consumers subscribe to, and what becomes of their partitions when they do not any more. */
class SubscriptionsTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void topic() {
        harness.log.create("orders", 2);
    }

    @Test
    void partitionsThatWereNeverGivenOutAreFreeAsSoonAsTheirOwnerUnsubscribes() {
        harness.log.append(FIRST, 10);
        harness.log.append(SECOND, 10);
        harness.create("a", GroupHarness.manual(), "orders");
        harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("a"), Map.of(FIRST, 5L, SECOND, 7L)));
        harness.create("b", GroupHarness.manual(), "orders");
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("a"), new Subscription.None(), GroupHarness.HERE));
        assertThat(harness.owned("b")).as("it sought, but read nothing").containsExactly(FIRST, SECOND);
    }

    @Test
    void ofAnUnsubscribedConsumersPartitionsThoseAreFreeAtOnceOfWhichItCommittedAllThatItWasGiven() {
        harness.log.append(FIRST, 10);
        harness.log.append(SECOND, 10);
        harness.create("a", GroupHarness.manual(), "orders");
        harness.read("a", 20);
        harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("a"), Map.of(SECOND, 3L)));
        harness.commit("a", Map.of(FIRST, 10L, SECOND, 3L));
        harness.create("b", GroupHarness.manual(), "orders");
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("a"), new Subscription.None(), GroupHarness.HERE));
        assertThat(harness.owned("b")).containsExactly(FIRST, SECOND);
        assertThat(harness.read("b", 7)).isEqualTo(7);
    }

    @Test
    void whatAConsumerWasGivenAndDidNotCommitIsKeptForItWhenItUnsubscribes() {
        harness.log.append(FIRST, 3);
        harness.log.append(SECOND, 3);
        harness.create("a", GroupHarness.manual(), "orders");
        harness.read("a", 6);
        harness.commit("a", Map.of(FIRST, 3L));
        harness.create("b", GroupHarness.manual(), "orders");
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("a"), new Subscription.None(), GroupHarness.HERE));
        assertThat(harness.owned("b")).containsExactly(FIRST);
        harness.commit("a", Map.of(SECOND, 3L));
        assertThat(harness.owned("b")).containsExactly(FIRST, SECOND);
    }

    @Test
    void anAssignmentOfNothingIsNoSubscription() {
        harness.create("a", GroupHarness.manual());
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("a"), new Subscription.Assigned(new TreeSet<>(Set.of(FIRST))),
                GroupHarness.HERE));
        harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("a"), new Subscription.Assigned(new TreeSet<>()), GroupHarness.HERE));
        assertThat(harness.owned("a")).isEmpty();
        harness.subscribe("a", "orders");
        assertThat(harness.owned("a")).containsExactly(FIRST, SECOND);
    }

    @Test
    void namesThatNoTopicCanHaveAreNotSubscribedTo() {
        harness.create("a", GroupHarness.manual());
        assertThatThrownBy(() -> harness.subscribe("a", "orders", "or/ders")).hasMessageContaining("or/ders").isInstanceOfSatisfying(
                BrokerException.class, failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.INVALID_CONSUMER));
        assertThatThrownBy(() -> harness.get(harness.groups.subscribe(GroupHarness.GROUP, ConsumerId.of("a"),
                new Subscription.Assigned(new TreeSet<>(Set.of(new TopicPartition("", 0)))), GroupHarness.HERE)))
                .isInstanceOf(BrokerException.class).hasMessageContaining("no topic can be called");
        assertThat(harness.state().member("a").subscription()).isEqualTo(new Subscription.None());
    }
}
