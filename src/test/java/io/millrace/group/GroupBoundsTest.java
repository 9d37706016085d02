package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.registers.RegisterStore;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a coordinator keeps ends, and is not more than it may be. */
class GroupBoundsTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void topic() {
        harness.log.create("orders", 1);
        harness.log.append(FIRST, 3);
    }

    private static void refused(ErrorKind kind, String hint, ThrowingCallable request) {
        assertThatThrownBy(request).hasMessageContaining(hint).isInstanceOfSatisfying(BrokerException.class,
                refusal -> assertThat(refusal.kind()).isEqualTo(kind));
    }

    private void create(String group, String name) {
        harness.get(harness.groups.create(group, name, GroupHarness.manual()));
    }

    @Test
    void beyondTheMostGroupsNoneIsMadeAndThoseThatAreThereGoOn() {
        harness.restart(new GroupOptions("sticky", 20, 2, 3_600_000, 600_000, 30_000, 30_000));
        create("one", "c");
        create("two", "c");
        refused(ErrorKind.OVERLOADED, "millrace.group.max.groups", () -> create("three", "c"));
        create("two", "d");
        harness.get(harness.groups.leave("one", ConsumerId.of("c"), GroupHarness.HERE));
        create("three", "c");
    }

    @Test
    void askingForGroupsThatNobodyMadeLeavesNothing() {
        harness.restart(new GroupOptions("sticky", 20, 2, 3_600_000, 600_000, 30_000, 30_000));
        for (int i = 0; i < 10; i++) {
            String random = "random-" + i;
            refused(ErrorKind.UNKNOWN_GROUP, random, () -> harness.get(harness.groups.describe(random)));
            refused(ErrorKind.UNKNOWN_CONSUMER, "c", () -> harness.get(harness.groups.member(random, ConsumerId.of("c"))));
        }
        create("one", "c");
        assertThat(harness.offsets.state().groups()).containsExactly("one");
    }

    @Test
    void aGroupNameThatWasUsedOnceLeavesNothing() {
        create("once", "c");
        harness.get(harness.groups.leave("once", ConsumerId.of("c"), GroupHarness.HERE));
        assertThat(harness.offsets.state().groups()).isEmpty();
        assertThat(harness.registers.keys("")).isEmpty();
    }

    @Test
    void inAFullGroupTheConsumerGoesFirstWhoseSessionHasBeenOverForTheLongest() {
        harness.restart(new GroupOptions("sticky", 3, 100, 3_600_000, 600_000, 30_000, 30_000));
        harness.create("first", GroupHarness.config(false, 1_000, null));
        harness.pass(2_000);
        harness.create("second", GroupHarness.config(false, 1_000, null));
        harness.pass(2_000);
        harness.create("here", GroupHarness.config(false, 600_000, null));
        harness.create("next", GroupHarness.config(false, 600_000, null));
        assertThat(harness.state().membership().members()).containsOnlyKeys("second", "here", "next");
        harness.create("last", GroupHarness.config(false, 600_000, null));
        refused(ErrorKind.OVERLOADED, "millrace.group.max.size", () -> harness.create("more", GroupHarness.manual()));
    }

    @Test
    void whatIsCommittedInATopicGoesWithItAndOneOfItsNameStartsClean() {
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 3);
        harness.commit("c", Map.of(FIRST, 2L));
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        harness.pass(1_000);
        harness.log.delete("orders");
        harness.pass(1_000);
        assertThat(harness.isKept()).as("a record of a group that had nothing but those").isFalse();
        harness.log.create("orders", 1);
        harness.log.append(FIRST, 1);
        harness.create("d", GroupHarness.manual(), "orders");
        harness.get(harness.groups.seekTo(GroupHarness.GROUP, ConsumerId.of("d"), List.of(FIRST), OffsetReset.LATEST));
        assertThat(harness.kept("d")).containsEntry(FIRST, 1L);
    }

    @Test
    void aGroupWithMoreOffsetsThanAreDroppedAtOnceIsDeleted() {
        int partitions = 12_000;
        harness.log.create("large", partitions);
        register(partitions);
        harness.restart();
        harness.pass(100);
        assertThat(harness.committed()).hasSize(partitions);
        harness.get(harness.groups.delete(GroupHarness.GROUP));
        assertThat(harness.isKept()).isFalse();
    }

    @Test
    void offsetsOfATopicThatIsDeletedGoInPartsAndKeepNobodyFromJoining() {
        int partitions = 12_000;
        harness.log.create("large", partitions);
        register(partitions);
        harness.restart();
        harness.pass(100);
        harness.log.delete("large");
        create(GroupHarness.GROUP, "c");
        harness.pass(120_000);
        assertThat(harness.committed()).isEmpty();
    }

    @Test
    void offsetsOfLongNamesGoInPartsThatFitAndKeepNobodyFromLeaving() {
        String group = "\u6d41".repeat(249);
        String topic = "t".repeat(249);
        int partitions = 3_000;
        harness.log.create(topic, partitions);
        create(group, "c");
        harness.get(harness.groups.subscribe(group, ConsumerId.of("c"), new Subscription.Topics(new TreeSet<>(List.of(topic))),
                GroupHarness.HERE));
        for (int from = 0; from < partitions; from += 500) {
            harness.get(harness.groups.commit(group, ConsumerId.of("c"), IntStream.range(from, from + 500).boxed()
                    .collect(Collectors.toMap(number -> new TopicPartition(topic, number), number -> new OffsetAndMetadata(0, ""))),
                    Groups.ANY_EPOCH));
        }
        harness.log.delete(topic);
        harness.pass(5_000);
        create(group, "d");
        harness.get(harness.groups.leave(group, ConsumerId.of("c"), GroupHarness.HERE));
        harness.get(harness.groups.leave(group, ConsumerId.of("d"), GroupHarness.HERE));
        harness.pass(5_000);
        refused(ErrorKind.UNKNOWN_GROUP, group, () -> harness.get(harness.groups.describe(group)));
    }

    @Test
    void subscriptionsOfAGroupThatARebalanceCouldNotWriteAreRefused() {
        TreeSet<String> names = IntStream.range(0, 1_100).mapToObj(number -> "n".repeat(240) + number)
                .collect(Collectors.toCollection(TreeSet::new));
        for (int i = 0; i < 3; i++) {
            create("wide", "c" + i);
            harness.get(harness.groups.subscribe("wide", ConsumerId.of("c" + i), new Subscription.Topics(names), GroupHarness.HERE));
        }
        create("wide", "last");
        refused(ErrorKind.GROUP_TOO_LARGE, "topic_pattern", () -> harness.get(harness.groups.subscribe("wide", ConsumerId.of("last"),
                new Subscription.Topics(names), GroupHarness.HERE)));
        harness.get(harness.groups.subscribe("wide", ConsumerId.of("last"), new Subscription.Topics(new TreeSet<>(List.of("orders"))),
                GroupHarness.HERE));
    }

    /** A group that has committed in all partitions, as an earlier version left it. */
    private void register(int partitions) {
        String committed = IntStream.range(0, partitions).mapToObj(each -> "[" + each + ",0,77,-1]").collect(Collectors.joining(","));
        harness.registers.compareAndSet("group/" + GroupHarness.GROUP, RegisterStore.ABSENT, ("{'epoch':1,'assignor':'','inputs':'0',"
                + "'emptySince':5,'topicIds':{},'members':[],'offsets':{'large':{'topicId':'" + harness.log.topics().get("large").id()
                + "','anew':false,'committed':[" + committed + "]}}}").replace('\'', '"'));
    }

    @Test
    void aPollsNumberIsGivenOnceAlsoWhenTheGroupWasGoneMeanwhile() {
        harness.create("c", GroupHarness.manual(), "later");
        long first = harness.get(harness.asked("c", 0)).number();
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        assertThat(harness.isKept()).isFalse();
        harness.create("c", GroupHarness.manual(), "later");
        assertThat(harness.get(harness.asked("c", 0)).number()).isGreaterThan(first);
        assertThat(first).as("0 is what a consumer says that got none").isPositive();
    }

    @Test
    void aSeekInATopicThatWasMadeAnewIsNotOneOfTheOldOneAfterAFailoverEither() {
        harness.create("c", GroupHarness.manual(), "orders");
        harness.get(harness.groups.seek(GroupHarness.GROUP, ConsumerId.of("c"), Map.of(FIRST, 2L)));
        harness.log.recreate("orders", 1);
        harness.restart();
        harness.log.append(FIRST, 4);
        assertThat(harness.read("c", 4)).as("from its first record").isEqualTo(4);
    }
}
