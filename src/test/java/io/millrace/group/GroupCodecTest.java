package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.GroupState.Claim;
import io.millrace.group.delivery.KeptPositions.Kept;
import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.group.offsets.TopicOffsets;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupCodecTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final GroupCodec codec = new GroupCodec();

    private static GroupMember member(String name, Subscription subscription, Status status) {
        return new GroupMember(name, new Incarnation("i" + name, false, "z"), new ConsumerConfig(RecordForm.RAW, OffsetReset.NONE, true, true, 5, 6, 7, 8_000,
                "host \"1\"", "range"), subscription, status, 9, 10, new TreeMap<>(Map.of(FIRST, 3)),
                new TreeSet<>(List.of(FIRST, SECOND)));
    }

    private static GroupState group(GroupMember... members) {
        TreeMap<String, GroupMember> byName = new TreeMap<>();
        List.of(members).forEach(member -> byName.put(member.name(), member));
        return new GroupState(new Claim(3, 2, "session", true),
                new Membership(11, "sticky", -5, new TreeMap<>(Map.of("orders", new UUID(1, 2))), byName, 12),
                new GroupOffsets(new TreeMap<>(Map.of("orders", new TopicOffsets(new UUID(1, 2), true, new TreeMap<>(Map.of(
                        0, new CommittedOffset(new Position(1L << 50, 9), 77), 1, new CommittedOffset(Position.at(0), 78))))))),
                KeptPositions.NONE.with(members[0].name(), new Kept(new TreeMap<>(Map.of(new TopicIdPartition(new UUID(1, 2), FIRST), new Position(Long.MAX_VALUE, 8))), 1L << 40)));
    }

    @Test
    void whatIsWrittenIsReadBackAsItWas() {
        GroupState group = group(member("a", new Subscription.None(), Status.ACTIVE),
                member("b", new Subscription.Topics(new TreeSet<>(List.of("orders", "others"))), Status.DORMANT),
                member("c", new Subscription.Matching(Subscription.TopicPattern.of("o.*\"")), Status.AWAY),
                member("d", new Subscription.Assigned(new TreeSet<>(List.of(SECOND))), Status.ACTIVE),
                GroupMember.created("e", Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 1));
        assertThat(codec.decode(codec.encode(group))).isEqualTo(group);
        GroupState empty = GroupState.empty(Claim.NOBODY, 5);
        assertThat(codec.decode(codec.encode(empty))).isEqualTo(empty);
    }

    @Test
    void equalGroupsAreEqualText() {
        GroupState group = group(member("a", new Subscription.None(), Status.ACTIVE));
        assertThat(codec.encode(codec.decode(codec.encode(group)))).isEqualTo(codec.encode(group));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "5", "{\"members\":[{}],\"offsets\":{}}", "nonsense",
        "{\"inputs\":\"zz\",\"members\":[],\"offsets\":{}}",
        "{\"inputs\":\"0\",\"members\":[],\"offsets\":{\"t\":{\"topicId\":\"no\",\"committed\":[]}}}"})
    void whatIsNoGroupIsRefused(String json) {
        assertThatThrownBy(() -> codec.decode(json)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not a group's register");
    }

    @Test
    void noGroupIsLargerThanItIsSaidToBecomeAtMost() {
        TreeMap<TopicPartition, Integer> owned = new TreeMap<>();
        TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
        TreeMap<String, UUID> topicIds = new TreeMap<>();
        TreeMap<String, TopicOffsets> offsets = new TreeMap<>();
        for (int topic = 0; topic < 3; topic++) {
            String name = "orders-" + "x".repeat(80 * topic);
            TreeMap<Integer, CommittedOffset> committed = new TreeMap<>();
            for (int i = 0; i < 500; i++) {
                int partition = Integer.MAX_VALUE - i;
                owned.put(new TopicPartition(name, partition), Integer.MAX_VALUE);
                positions.put(new TopicIdPartition(new UUID(-1, -1), new TopicPartition(name, partition)), new Position(Long.MAX_VALUE, Integer.MAX_VALUE));
                committed.put(partition, new CommittedOffset(new Position(Long.MAX_VALUE, Integer.MAX_VALUE), 9_999_999_999_999L));
            }
            topicIds.put(name, new UUID(-1, -1));
            offsets.put(name, new TopicOffsets(new UUID(-1, -1), false, committed));
        }
        GroupMember member = new GroupMember("\u00e9\"".repeat(100), new Incarnation("0123456789abcdef", false, "r".repeat(200)), new ConsumerConfig(RecordForm.BINARY, OffsetReset.EARLIEST, false, false,
                Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, 1_800_000, "i".repeat(200), "a"),
                new Subscription.Topics(topicIds.navigableKeySet()), Status.DORMANT, 9_999_999_999_999L, Integer.MAX_VALUE, owned,
                new TreeSet<>(owned.keySet()));
        GroupState full = new GroupState(new Claim(Integer.MAX_VALUE, Integer.MAX_VALUE, "s".repeat(60), false),
                new Membership(Integer.MAX_VALUE, "sticky", -1, topicIds, new TreeMap<>(Map.of(member.name(), member)),
                        9_999_999_999_999L), new GroupOffsets(offsets), KeptPositions.NONE.with(member.name(),
                        new Kept(positions, Long.MAX_VALUE)));
        assertThat((long) codec.encode(full).getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(GroupSize.of(full))
                .isGreaterThan(GroupSize.of(full) * 8 / 10);
    }

    @Test
    void aGroupThatAnEarlierVersionWroteIsReadWithTheTopicsOfItsOffsets() {
        GroupState group = group(member("a", new Subscription.None(), Status.ACTIVE));
        String earlier = codec.encode(group).replaceFirst(",\"topicIds\":\\{[^}]*\\}", "");
        assertThat(earlier).doesNotContain("topicIds");
        assertThat(codec.decode(earlier).membership().topicIds()).isEqualTo(group.membership().topicIds());
    }
}
