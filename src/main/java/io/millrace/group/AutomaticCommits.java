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

/** What is committed for members that do not commit themselves. */
final class AutomaticCommits {
    private static final System.Logger LOG = System.getLogger(AutomaticCommits.class.getName());

    private AutomaticCommits() {
    }

    /** As far as the member still owns what it read, and nothing goes back. */
    static GroupState commit(GroupState before, ConsumerId id, Map<TopicIdPartition, Position> read,
                             Map<String, TopicInfo> topics, long nowMs) {
        GroupState next = before;
        for (Map.Entry<TopicIdPartition, Position> each : read.entrySet()) {
            GroupMember member = next.member(id.name());
            OptionalLong committed = next.offsets().committed(each.getKey());
            if (member != null && next.membership().owns(member, each.getKey())
                    && !(committed.isPresent() && committed.getAsLong() == each.getValue().offset())) {
                try {
                    next = GroupChanges.commit(next, id, Map.of(each.getKey(), each.getValue()), Ownership.ANY_EPOCH, topics, nowMs);
                } catch (BrokerException notThis) {
                    LOG.log(Level.DEBUG, "an automatic commit of " + each.getKey() + " was left out", notThis);
                }
            }
        }
        return next;
    }
}
