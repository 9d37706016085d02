package io.millrace.group.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.GroupLog;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.ReadMemory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How much of a group's sessions a write of the group concerns. */
class SessionsTest {
    private static final int MEMBERS = 1_000;
    private static final UUID ORDERS = new UUID(1, 1);
    private static final UUID RETURNS = new UUID(2, 2);

    /** Topics that a test deletes. */
    private static final class Topics implements GroupLog {
        private Map<String, TopicInfo> all = Map.of("orders", new TopicInfo(ORDERS, MEMBERS), "returns", new TopicInfo(RETURNS, 1));
        private long revision;

        @Override
        public Map<String, TopicInfo> topics() {
            return all;
        }

        @Override
        public long revision() {
            return revision;
        }

        @Override
        public void refresh(String topic) {
            throw new AssertionError("nobody asks");
        }

        @Override
        public CompletableFuture<FetchAllResult> fetch(FetchAllRequest request, ReadMemory memory) {
            throw new AssertionError("nobody polls");
        }
    }

    /** Of a group to which nothing is asked back. */
    private static final class Silent implements GroupSide {
        @Override
        public void requireLeading() {
            // it does
        }

        @Override
        public CompletableFuture<?> begin(ConsumerId member, Map<TopicIdPartition, Position> positions) {
            throw new AssertionError("nobody polls");
        }

        @Override
        public CompletableFuture<?> relocate(ConsumerId member, Map<TopicIdPartition, Relocation> relocations) {
            throw new AssertionError("nobody polls");
        }

        @Override
        public void settle() {
            throw new AssertionError("nothing ticks");
        }

        @Override
        public void commitRead(ConsumerId member, Map<TopicIdPartition, Position> read) {
            throw new AssertionError("nobody polls");
        }

        @Override
        public void expire(GroupMember member, Map<TopicIdPartition, Position> done) {
            throw new AssertionError("nothing ticks");
        }
    }

    private final Topics topics = new Topics();
    private final Membership members = members();
    private Standing standing = new Standing(members, GroupOffsets.NONE, KeptPositions.NONE, new TreeSet<>(), 0);
    private final Sessions sessions = new Sessions("g", new GroupLock("g"), new Silent(), topics, () -> 0, standing);

    /** A thousand, each of which owns one partition. */
    private static Membership members() {
        TreeMap<String, GroupMember> members = new TreeMap<>();
        for (int i = 0; i < MEMBERS; i++) {
            TopicPartition own = new TopicPartition("orders", i);
            members.put("c" + i, new GroupMember("c" + i, Incarnation.UNKNOWN, ConsumerConfig.DEFAULT,
                    new Subscription.Topics(new TreeSet<>(List.of("orders"))), Status.ACTIVE, 0, 1, new TreeMap<>(Map.of(own, 1)),
                    new TreeSet<>(List.of(own))));
        }
        return new Membership(1, "sticky", 1, new TreeMap<>(Map.of("orders", ORDERS, "returns", RETURNS)), members, 0);
    }

    private static TopicIdPartition partition(int number) {
        return new TopicIdPartition(ORDERS, new TopicPartition("orders", number));
    }

    private void write(Membership membership, GroupOffsets offsets) {
        standing = new Standing(membership, offsets, KeptPositions.NONE, new TreeSet<>(), 0);
        sessions.written(standing, Runnable::run);
    }

    private void commit(TopicIdPartition partition, long offset) {
        write(standing.membership(), standing.offsets().committing(Map.of(partition, Position.at(offset)), 0));
    }

    private Session session(int number) {
        return sessions.of(members.member("c" + number).id());
    }

    @Test
    void aCommitOfOneMemberIsNoMatterOfTheOthers() {
        commit(partition(0), 1);
        long before = sessions.followed();
        for (int i = 0; i < MEMBERS; i++) {
            commit(partition(i), 2);
        }
        assertThat(sessions.followed() - before).isZero();
        write(members.withoutMember("c0"), standing.offsets());
        assertThat(sessions.followed() - before).as("a change of the members is").isEqualTo(MEMBERS - 1);
    }

    @Test
    void whatAMemberLosesIsNotHeldBackAnyMoreOnceTheGroupWasWrittenWithoutThat() {
        commit(partition(0), 1);
        sessions.releasing(members, members.withoutMember("c0"));
        assertThat(session(0).releasing).containsExactly(partition(0));
        sessions.undecided();
        long before = sessions.followed();
        commit(partition(1), 1);
        assertThat(session(0).releasing).isEmpty();
        assertThat(sessions.followed() - before).as("polls look again").isEqualTo(MEMBERS);
    }

    @Test
    void aSeekThatIsToldWhenItsPartitionIsAnothersLeavesNoPosition() {
        commit(partition(0), 1);
        sessions.moved(members.member("c0").id(), Map.of(partition(0), Position.at(5)));
        sessions.moved(members.member("c1").id(), Map.of(partition(0), Position.at(5)));
        commit(partition(1), 1);
        assertThat(session(0).positions).containsKey(partition(0));
        assertThat(session(1).positions).isEmpty();
    }

    @Test
    void whatADormantMemberHadReadOfATopicThatIsDeletedIsForgotten() {
        commit(partition(0), 1);
        sessions.moved(members.member("c0").id(), Map.of(partition(0), Position.at(5)));
        GroupMember active = members.member("c0");
        write(members.withMember(new GroupMember("c0", active.incarnation(), active.config(), active.subscription(), Status.DORMANT,
                0, 2, new TreeMap<>(), new TreeSet<>())), standing.offsets());
        commit(partition(1), 1);
        assertThat(session(0).positions).as("it may be back for it").containsKey(partition(0));
        topics.all = Map.of();
        topics.revision++;
        commit(partition(1), 2);
        assertThat(session(0).positions).isEmpty();
    }

    @Test
    void ofATopicInWhichNothingIsCommittedAnyMoreNobodyRemembersThatItWasGiven() {
        TopicIdPartition other = new TopicIdPartition(RETURNS, new TopicPartition("returns", 0));
        commit(other, 1);
        session(0).given.put("returns", RETURNS);
        session(0).given.put("orders", ORDERS);
        commit(partition(1), 1);
        assertThat(session(0).given).containsOnlyKeys("orders", "returns");
        write(members, GroupOffsets.NONE.committing(Map.of(partition(1), Position.at(2)), 0));
        assertThat(session(0).given).containsOnlyKeys("orders");
    }
}
