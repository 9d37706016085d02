package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.group.membership.Assignors;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.Rebalance;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AutomaticCommitsTest {
    private static final UUID TOPIC = new UUID(1, 1);
    private static final ConsumerId MEMBER = ConsumerId.of("m");

    private static Map<String, TopicInfo> topics(int partitions) {
        return Map.of("t", new TopicInfo(TOPIC, partitions));
    }

    private static GroupState reading(int partitions) {
        GroupMember member = GroupMember.created("m", Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 0)
                .withSubscription(new Subscription.Topics(new TreeSet<>(Set.of("t"))));
        Membership group = new Rebalance(Assignors.load(), "sticky", Runnable::run, () -> { })
                .step(Membership.empty(0).withMember(member), topics(partitions), revoked -> revoked);
        return GroupState.empty(0).withMembership(group);
    }

    private static Map<TopicIdPartition, Position> read(int partitions, long offset) {
        Map<TopicIdPartition, Position> read = new TreeMap<>();
        for (int i = 0; i < partitions; i++) {
            read.put(partition(i), Position.at(offset));
        }
        return read;
    }

    private static TopicIdPartition partition(int number) {
        return new TopicIdPartition(TOPIC, new TopicPartition("t", number));
    }

    private static GroupState commit(GroupState state, Map<TopicIdPartition, Position> read, int partitions) {
        return AutomaticCommits.commit(state, MEMBER, read, topics(partitions), 5);
    }

    @Test
    void whatMayBeCommittedIsAndTheRestIsLeftOut() {
        GroupState state = commit(reading(3), read(3, 10), 3);
        Map<TopicIdPartition, Position> read = read(3, 20);
        read.put(partition(0), Position.at(5)); // back
        read.put(partition(7), Position.at(5)); // not its own
        GroupState next = commit(state, read, 3);
        assertThat(next.offsets().committed(partition(0))).hasValue(10);
        assertThat(next.offsets().committed(partition(1))).hasValue(20);
        assertThat(next.offsets().committed(partition(2))).hasValue(20);
        assertThat(next.offsets().committed(partition(7))).isEmpty();
        assertThat(commit(next, read, 3)).as("nothing is new").isSameAs(next);
    }

    @Test
    void tenTimesThePartitionsAreTenTimesTheWork() {
        allocated(300);
        long few = allocated(300);
        long many = allocated(3_000);
        assertThat(many).as("bytes, of %d for a tenth", few).isLessThan(30 * few);
    }

    /** In bytes: of work that copies maps once a partition these are a hundred times as many. */
    private static long allocated(int partitions) {
        GroupState state = commit(reading(partitions), read(partitions, 10), partitions);
        Map<TopicIdPartition, Position> read = read(partitions, 20);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThat(commit(state, read, partitions)).isNotSameAs(state);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
