package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups are read as earlier versions left them in registers. */
class GroupRegisterCodecTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final GroupRegisterCodec codec = new GroupRegisterCodec();

    /** As an earlier version wrote it, byte for byte. */
    private static String earlier() {
        try (InputStream text = GroupRegisterCodecTest.class.getResourceAsStream("/registers/group.json")) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static GroupMember member(String name, Subscription subscription, Status status) {
        return new GroupMember(name, new Incarnation("i" + name, false, "z"), new ConsumerConfig(RecordForm.RAW, OffsetReset.NONE,
                true, IsolationLevel.READ_COMMITTED, 5, 6, 7, 8_000, "host \"1\"", "range"), subscription,
                status, 9, 10, new TreeMap<>(Map.of(FIRST, 3)),
                new TreeSet<>(List.of(FIRST, SECOND)));
    }

    @Test
    void whatAnEarlierVersionWroteIsRead() {
        UUID orders = new UUID(1, 2);
        TreeMap<String, GroupMember> members = new TreeMap<>();
        List.of(member("a", new Subscription.None(), Status.ACTIVE),
                member("b", new Subscription.Topics(new TreeSet<>(List.of("orders", "others"))), Status.DORMANT),
                member("c", new Subscription.Matching(Subscription.TopicPattern.of("o.*\"")), Status.AWAY),
                member("d", new Subscription.Assigned(new TreeSet<>(List.of(SECOND))), Status.ACTIVE),
                GroupMember.created("e", Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 1))
                .forEach(member -> members.put(member.name(), member));
        assertThat(codec.decode(earlier())).isEqualTo(new GroupState(
                new Membership(11, "sticky", -5, new TreeMap<>(Map.of("orders", orders)), members, 12),
                new GroupOffsets(new TreeMap<>(Map.of("orders", new TopicOffsets(orders, true, new TreeMap<>(Map.of(
                        0, new CommittedOffset(new Position(1L << 50, 9), 77), 1, new CommittedOffset(Position.at(0), 78))))))),
                KeptPositions.NONE.with("a", new Kept(new TreeMap<>(Map.of(new TopicIdPartition(orders, FIRST),
                        new Position(Long.MAX_VALUE, 8))), 1L << 40))));
    }

    @Test
    void whereItKnewNoTopicIdsThoseOfItsOffsetsCount() {
        String withoutIds = earlier().replaceFirst(",\"topicIds\":\\{[^}]*\\}", "");
        assertThat(withoutIds).doesNotContain("topicIds");
        assertThat(codec.decode(withoutIds).membership().topicIds()).isEqualTo(codec.decode(earlier()).membership().topicIds());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "5", "{\"members\":[{}],\"offsets\":{}}", "nonsense",
        "{\"inputs\":\"zz\",\"members\":[],\"offsets\":{}}",
        "{\"inputs\":\"0\",\"members\":[],\"offsets\":{\"t\":{\"topicId\":\"no\",\"committed\":[]}}}"})
    void whatIsNoGroupIsRefused(String json) {
        assertThatThrownBy(() -> codec.decode(json)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not a group's register");
    }
}
