package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.Membership.Revocation;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.util.AbstractMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RebalanceTest {
    private static final Predicate<Revocation> LET_GO = revoked -> true;
    private static final Predicate<Revocation> HOLD = revoked -> false;

    private long looks;
    private final Rebalance rebalance = new Rebalance(Assignors.load(), "sticky", Runnable::run, () -> { });
    private final Map<String, TopicInfo> topics = new TreeMap<>(Map.of("t", new TopicInfo(new UUID(1, 1), 6)));

    private static GroupMember subscribed(String name) {
        return GroupMember.created(name, Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 0)
                .withSubscription(new Subscription.Topics(new TreeSet<>(List.of("t"))));
    }

    private Membership settled(Membership state, Predicate<Revocation> letsGo) {
        return rebalance.step(state, Map.copyOf(topics), revoked -> revoked.stream().filter(letsGo).toList());
    }

    private static Set<TopicPartition> owned(Membership state) {
        Set<TopicPartition> owned = new HashSet<>();
        state.members().values().forEach(member -> member.owned().keySet().forEach(partition ->
                assertThat(owned.add(partition)).as("%s has one owner", partition).isTrue()));
        return owned;
    }

    @Test
    void aPartitionGoesToItsNextOwnerOnlyWhenTheLastOneLetGoAndTheOthersStay() {
        Membership alone = settled(Membership.empty(0).withMember(subscribed("a")), HOLD);
        assertThat(alone.member("a").owned()).hasSize(6);
        Membership wanted = settled(alone.withMember(subscribed("b")), HOLD);
        assertThat(wanted.member("b").owned()).isEmpty();
        assertThat(wanted.member("b").target()).hasSize(3);
        assertThat(wanted.member("a").owned()).hasSize(6);
        assertThat(wanted.epoch()).isEqualTo(alone.epoch() + 1);

        TopicPartition one = wanted.member("b").target().first();
        Membership step = settled(wanted, revoked -> revoked.partition().partition().equals(one));
        assertThat(step.member("b").owned()).containsOnlyKeys(one);
        assertThat(step.member("b").owned()).containsEntry(one, step.epoch());
        assertThat(step.member("a").owned()).hasSize(5).doesNotContainKey(one);
        assertThat(settled(settled(step, LET_GO), HOLD).member("b").owned()).hasSize(3);
    }

    @Test
    void nothingChangesWhenNothingIsNew() {
        Membership settled = settled(Membership.empty(0).withMember(subscribed("a")), HOLD);
        assertThat(settled(settled, HOLD)).isEqualTo(settled);
    }

    @Test
    void aTopicThatGrowsAndOneThatIsGoneChangeTheAssignment() {
        Membership before = settled(Membership.empty(0).withMember(subscribed("a")), HOLD);
        topics.put("t", new TopicInfo(new UUID(1, 1), 8));
        Membership grown = settled(before, HOLD);
        assertThat(grown.member("a").owned()).hasSize(8);
        topics.remove("t");
        assertThat(settled(grown, HOLD).member("a").owned()).as("nobody holds on to what is gone").isEmpty();
    }

    @Test
    void theAssignorThatMostMembersAskForIsTaken() {
        ConsumerConfig ranged = new ConsumerConfig(RecordForm.JSON, OffsetReset.LATEST, true,
                IsolationLevel.READ_UNCOMMITTED, 1, 0, 1, 1_000, null, "range");
        Membership group = Membership.empty(0).withMember(subscribed("a"));
        assertThat(settled(group, HOLD).assignor()).isEqualTo("sticky");
        GroupMember other = GroupMember.created("b", Incarnation.UNKNOWN, ranged, 0)
                .withSubscription(new Subscription.Topics(new TreeSet<>(List.of("t"))));
        assertThat(settled(group.withMember(other), HOLD).assignor()).isEqualTo("range");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whateverComesAndGoesEachPartitionHasOneOwnerAtMostAndGetsOneInTheEnd(long seed) {
        Random random = new Random(seed);
        Membership state = Membership.empty(0);
        for (int i = 0; i < 300; i++) {
            String name = "m" + random.nextInt(5);
            GroupMember member = state.member(name);
            state = switch (random.nextInt(4)) {
                case 0 -> member == null ? state.withMember(subscribed(name)) : state;
                case 1 -> MembershipChanges.leave(state, name, i);
                case 2 -> MembershipChanges.expire(state, ConsumerId.of(name), i);
                default -> member == null || member.status() == Status.ACTIVE ? state : MembershipChanges.rejoin(state, ConsumerId.of(name), i);
            };
            state = settled(state, revoked -> random.nextInt(3) == 0);
            owned(state);
        }
        state = settled(state.member("m0") == null ? state.withMember(subscribed("m0"))
                : MembershipChanges.rejoin(state, ConsumerId.of("m0"), 0), LET_GO);
        assertThat(owned(settled(state, LET_GO))).hasSize(6);
    }

    @Test
    void aTopicIsHeldAgainstAPatternOnceHoweverManyMembersHaveItAndHoweverOftenTheGroupChanges() {
        Map<String, TopicInfo> many = new TreeMap<>();
        IntStream.range(0, 100).forEach(i -> many.put("t-" + i, new TopicInfo(new UUID(2, i), 1)));
        Membership group = Membership.empty(0);
        for (int i = 0; i < 20; i++) {
            group = rebalance.step(group.withMember(subscribed("m" + i)
                    .withSubscription(new Subscription.Matching(Subscription.TopicPattern.of("t.*")))), Map.copyOf(many), revoked -> revoked);
        }
        assertThat(rebalance.matches()).isEqualTo(100);
        many.put("t-new", new TopicInfo(new UUID(3, 3), 1));
        many.remove("t-0");
        Membership after = rebalance.step(group, Map.copyOf(many), revoked -> revoked);
        assertThat(rebalance.matches()).as("the new one").isEqualTo(101);
        assertThat(owned(after)).hasSize(100).contains(new TopicPartition("t-new", 0));
    }

    @Test
    void aChangeThatDoesNotConcernTheMembersIsNoWorkForTheRebalance() {
        Map<String, TopicInfo> counted = new AbstractMap<>() {
            @Override
            public Set<Entry<String, TopicInfo>> entrySet() {
                looks++;
                return topics.entrySet();
            }
        };
        Membership group = rebalance.step(Membership.empty(0).withMember(subscribed("a")), counted, revoked -> revoked);
        long before = looks;
        assertThat(rebalance.step(group, counted, revoked -> revoked)).isSameAs(group);
        assertThat(looks).isEqualTo(before);
    }

    @Test
    void anApplicationsAssignorIsNotWaitedForAndMembersKeepWhatTheyHaveUntilItAnswers() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        List<String> answered = new ArrayList<>();
        Rebalance slow = new Rebalance(Assignors.of(List.of(new FirstSubscriberAssignor())), "first-subscriber", tasks::add,
                () -> answered.add("yes"));
        Map<String, TopicInfo> now = Map.copyOf(topics);
        Membership group = slow.step(Membership.empty(0).withMember(subscribed("b")), now, revoked -> revoked);
        assertThat(group.member("b").owned()).isEmpty();
        assertThat(tasks).hasSize(1);
        tasks.remove().run();
        assertThat(answered).hasSize(1);
        group = slow.step(group, now, revoked -> revoked);
        assertThat(group.member("b").owned()).hasSize(6);

        Membership joined = slow.step(group.withMember(subscribed("a")), now, revoked -> revoked);
        joined = slow.step(joined.withMember(subscribed("c")), now, revoked -> revoked);
        assertThat(joined.member("b").owned()).as("it reads on meanwhile").hasSize(6);
        assertThat(tasks).as("one run at a time").hasSize(1);
        Membership unsubscribed = slow.step(joined.withMember(joined.member("b").withSubscription(new Subscription.None())), now,
                revoked -> revoked);
        assertThat(unsubscribed.member("b").owned()).as("nobody need be asked for that").isEmpty();
        tasks.remove().run();
        unsubscribed = slow.step(unsubscribed, now, revoked -> revoked);
        assertThat(tasks).as("that answer was for other members").hasSize(1);
        tasks.remove().run();
        assertThat(slow.step(unsubscribed, now, revoked -> revoked).member("a").owned()).hasSize(6);
    }
}
