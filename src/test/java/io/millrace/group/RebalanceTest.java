package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.GroupMember.Status;
import io.millrace.group.GroupState.Claim;
import io.millrace.group.Rebalance.Release;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RebalanceTest {
    private static final Rebalance.Holdings LET_GO = (member, partition, committed) -> Release.YES;
    private static final Rebalance.Holdings HOLD = (member, partition, committed) -> Release.NO;

    private final Rebalance rebalance = new Rebalance(Assignors.load(), "sticky");
    private final Map<String, TopicInfo> topics = new TreeMap<>(Map.of("t", new TopicInfo(new UUID(1, 1), 6)));

    private static GroupMember subscribed(String name) {
        return GroupMember.created(name, ConsumerConfig.DEFAULT, 0)
                .withSubscription(new Subscription.Topics(new TreeSet<>(List.of("t"))));
    }

    private GroupState settled(GroupState state, Rebalance.Holdings holdings) {
        return rebalance.settle(state, topics, holdings, 5);
    }

    private static Set<TopicPartition> owned(GroupState state) {
        Set<TopicPartition> owned = new HashSet<>();
        state.members().values().forEach(member -> member.owned().keySet().forEach(partition ->
                assertThat(owned.add(partition)).as("%s has one owner", partition).isTrue()));
        return owned;
    }

    @Test
    void aPartitionGoesToItsNextOwnerOnlyWhenTheLastOneLetGoAndTheOthersStay() {
        GroupState alone = settled(GroupState.empty(Claim.NOBODY, 0).withMember(subscribed("a")), HOLD);
        assertThat(alone.member("a").owned()).hasSize(6);
        GroupState wanted = settled(alone.withMember(subscribed("b")), HOLD);
        assertThat(wanted.member("b").owned()).isEmpty();
        assertThat(wanted.member("b").target()).hasSize(3);
        assertThat(wanted.member("a").owned()).hasSize(6);
        assertThat(wanted.epoch()).isEqualTo(alone.epoch() + 1);

        TopicPartition one = wanted.member("b").target().first();
        GroupState step = settled(wanted, (member, partition, committed) ->
                partition.partition().equals(one) ? Release.YES : Release.NO);
        assertThat(step.member("b").owned()).containsOnlyKeys(one);
        assertThat(step.member("b").owned()).containsEntry(one, step.epoch());
        assertThat(step.member("a").owned()).hasSize(5).doesNotContainKey(one);
        assertThat(settled(settled(step, LET_GO), HOLD).member("b").owned()).hasSize(3);
    }

    @Test
    void nothingChangesWhenNothingIsNew() {
        GroupState settled = settled(GroupState.empty(Claim.NOBODY, 0).withMember(subscribed("a")), HOLD);
        assertThat(settled(settled, HOLD)).isEqualTo(settled);
    }

    @Test
    void whatAnOwnerReadIsCommittedInTheStepThatTakesThePartitionAway() {
        GroupState alone = settled(GroupState.empty(Claim.NOBODY, 0).withMember(subscribed("a")), HOLD);
        GroupState after = settled(alone.withMember(subscribed("b")),
                (member, partition, committed) -> new Release(true, OptionalLong.of(40 + partition.partition().partition())));
        after.member("b").owned().keySet().forEach(partition ->
                assertThat(after.committed(new TopicIdPartition(new UUID(1, 1), partition))).hasValue(40 + partition.partition()));
        after.member("a").owned().keySet().forEach(partition ->
                assertThat(after.committed(new TopicIdPartition(new UUID(1, 1), partition))).isEmpty());
    }

    @Test
    void aTopicThatGrowsAndOneThatIsGoneChangeTheAssignment() {
        GroupState before = settled(GroupState.empty(Claim.NOBODY, 0).withMember(subscribed("a")), HOLD);
        topics.put("t", new TopicInfo(new UUID(1, 1), 8));
        GroupState grown = settled(before, HOLD);
        assertThat(grown.member("a").owned()).hasSize(8);
        topics.remove("t");
        assertThat(settled(grown, HOLD).member("a").owned()).as("nobody holds on to what is gone").isEmpty();
    }

    @Test
    void theAssignorThatMostMembersAskForIsTaken() {
        ConsumerConfig ranged = new ConsumerConfig(RecordForm.JSON, OffsetReset.LATEST, true, false, 1, 0, 1, 1_000, null,
                "range");
        GroupState group = GroupState.empty(Claim.NOBODY, 0).withMember(subscribed("a"));
        assertThat(settled(group, HOLD).assignor()).isEqualTo("sticky");
        GroupMember other = GroupMember.created("b", ranged, 0)
                .withSubscription(new Subscription.Topics(new TreeSet<>(List.of("t"))));
        assertThat(settled(group.withMember(other), HOLD).assignor()).isEqualTo("range");
    }

    @Test
    void whenNobodyTakesPartAnyMoreTheGroupIsEmptySinceThen() {
        GroupState group = settled(GroupState.empty(Claim.NOBODY, 0).withMember(subscribed("a")), HOLD);
        GroupState left = rebalance.settle(GroupChanges.expire(group, "a", 70), topics, HOLD, 77);
        assertThat(left.isEmpty()).isTrue();
        assertThat(left.member("a").target()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whateverComesAndGoesEachPartitionHasOneOwnerAtMostAndGetsOneInTheEnd(long seed) {
        Random random = new Random(seed);
        GroupState state = GroupState.empty(Claim.NOBODY, 0);
        for (int i = 0; i < 300; i++) {
            String name = "m" + random.nextInt(5);
            GroupMember member = state.member(name);
            state = switch (random.nextInt(4)) {
                case 0 -> member == null ? state.withMember(subscribed(name)) : state;
                case 1 -> GroupChanges.leave(state, name, i);
                case 2 -> GroupChanges.expire(state, name, i);
                default -> member == null || member.status() == Status.ACTIVE ? state : GroupChanges.rejoin(state, name, i);
            };
            state = settled(state, (owner, partition, committed) -> random.nextInt(3) == 0 ? Release.YES : Release.NO);
            owned(state);
        }
        state = settled(state.member("m0") == null ? state.withMember(subscribed("m0"))
                : GroupChanges.rejoin(state, "m0", 0), LET_GO);
        assertThat(owned(settled(state, LET_GO))).hasSize(6);
    }
}
