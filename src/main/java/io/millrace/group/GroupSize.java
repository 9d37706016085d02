package io.millrace.group;

import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Subscription;
import io.millrace.metadata.TopicPartition;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * How large a group's register becomes at most with the members and partitions that it has, in bytes: with an offset committed in
 * each partition, and a position kept. So what a group that fits does from day to day (commits, rebalances, moves of its
 * coordinator) never makes it too large. A function of the state alone.
 */
final class GroupSize {
    /** {@code [p,offset,ms,leader epoch],[p,epoch],[p],[p,position,leader epoch],} with numbers of full length. */
    private static final int PARTITION_BYTES = 57 + 25 + 14 + 44;
    /** A topic's id twice, with what is around its name in each list that it is in, but for members' lists. */
    private static final int TOPIC_BYTES = 160;
    /** A topic in the lists of a member: owned, target, positions. */
    private static final int MEMBER_TOPIC_BYTES = 3 * 8;
    /** The fields of a member, all with numbers of full length. */
    private static final int MEMBER_BYTES = 580;
    /** The fields of a group. */
    private static final int GROUP_BYTES = 400;
    private static final int ESCAPED_BYTES = 6;

    private GroupSize() {
    }

    static long of(GroupState state) {
        Set<TopicPartition> partitions = new HashSet<>();
        Set<String> topics = new HashSet<>(state.membership().topicIds().keySet());
        long bytes = GROUP_BYTES + text(state.membership().assignor()) + text(state.claim().session());
        for (GroupMember member : state.membership().members().values()) {
            bytes += of(member);
            partitions.addAll(member.owned().keySet());
            partitions.addAll(member.target());
        }
        state.offsets().byTopic().forEach((topic, offsets) -> {
            topics.add(topic);
            offsets.byPartition().keySet().forEach(partition -> partitions.add(new TopicPartition(topic, partition)));
        });
        for (String topic : topics) {
            bytes += TOPIC_BYTES + 2L * text(topic);
        }
        return bytes + (long) partitions.size() * PARTITION_BYTES;
    }

    private static long of(GroupMember member) {
        ConsumerConfig config = member.config();
        long bytes = MEMBER_BYTES + text(member.name()) + text(member.incarnation().token())
                + text(member.incarnation().replaced()) + text(config.instanceId()) + text(config.assignor());
        Set<String> topics = new HashSet<>();
        member.owned().keySet().forEach(each -> topics.add(each.topic()));
        member.target().forEach(each -> topics.add(each.topic()));
        for (String topic : topics) {
            bytes += MEMBER_TOPIC_BYTES + 3L * text(topic);
        }
        if (member.subscription() instanceof Subscription.Topics named) {
            bytes += named.names().stream().mapToLong(GroupSize::text).sum();
        } else if (member.subscription() instanceof Subscription.Matching matching) {
            bytes += text(matching.pattern().regex());
        } else if (member.subscription() instanceof Subscription.Assigned own) {
            bytes += own.partitions().stream().mapToLong(each -> text(each.topic()) + 14).sum();
        }
        return bytes;
    }

    /** As JSON, with quotes and what parts it from the next. */
    private static long text(String text) {
        if (text == null) {
            return 0;
        }
        long escaped = text.chars().filter(c -> c == '"' || c == '\\' || c < ' ').count();
        return 4 + text.getBytes(StandardCharsets.UTF_8).length + escaped * ESCAPED_BYTES;
    }
}
