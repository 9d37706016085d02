package io.millrace.group;

import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/** What is committed for members that do not commit themselves. */
final class AutomaticCommits {
    private static final System.Logger LOG = System.getLogger(AutomaticCommits.class.getName());

    private AutomaticCommits() {
    }

    /** As far as the member still owns what it read, and nothing goes back. */
    static GroupState commit(GroupState before, ConsumerId id, Map<TopicIdPartition, Position> read,
                             Map<String, TopicInfo> topics, long nowMs) {
        GroupMember member = before.member(id.name());
        if (member == null || !member.incarnation().is(id.incarnation())) {
            return before;
        }
        TreeMap<TopicIdPartition, Position> due = new TreeMap<>(read);
        due.entrySet().removeIf(each -> !isDue(before, member, each.getKey(), each.getValue(), topics));
        return due.isEmpty() ? before : GroupChanges.commit(before, id, due, Ownership.ANY_EPOCH, topics, nowMs);
    }

    private static boolean isDue(GroupState state, GroupMember member, TopicIdPartition partition, Position position,
                                 Map<String, TopicInfo> topics) {
        OptionalLong committed = state.offsets().committed(partition);
        if (!state.membership().owns(member, partition) || committed.isPresent() && committed.getAsLong() == position.offset()) {
            return false;
        }
        try {
            GroupChanges.requireCommittable(state, member, partition, position, Ownership.ANY_EPOCH, topics);
            return true;
        } catch (BrokerException notThis) {
            LOG.log(Level.DEBUG, "an automatic commit of " + partition + " was left out", notThis);
            return false;
        }
    }
}
