package io.millrace.rest.model;

import io.millrace.group.GroupDescription.MemberState;
import io.millrace.group.GroupDescription.PartitionProgress;
import io.millrace.group.GroupDescription;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A consumer group as its administrator sees it.
 *
 * @param state       empty, reconciling or stable
 * @param coordinator broker id, or null: none so far
 * @param epoch       grows with every new assignment
 * @param lag         records that the group has yet to read, where that is known; null when it is of no partition
 */
@JsonbPropertyOrder({"group", "state", "coordinator", "epoch", "assignor", "lag", "members", "partitions"})
public record GroupDetails(String group, String state, Integer coordinator, int epoch, String assignor, Long lag,
                           List<Member> members, List<Partition> partitions) {
    /**
     * A consumer of the group.
     *
     * @param groupInstanceId null unless it is a static member
     * @param status          active, dormant or away
     * @param epoch           the group's when its partitions last changed
     * @param partitions      that it reads
     * @param target          those that it is to have in the end; null: the same
     */
    @JsonbPropertyOrder({"name", "groupInstanceId", "status", "epoch", "subscription", "partitions", "target"})
    public record Member(String name, String groupInstanceId, String status, int epoch, Subscription subscription,
                         List<GroupPartition> partitions, List<GroupPartition> target) {
    }

    /** What a consumer wants to read: one of these, the others are null; nothing when all are. */
    @JsonbPropertyOrder({"topics", "topicPattern", "partitions"})
    public record Subscription(List<String> topics, String topicPattern, List<GroupPartition> partitions) {
        static Subscription of(io.millrace.group.membership.Subscription wanted) {
            if (wanted instanceof io.millrace.group.membership.Subscription.Topics topics) {
                return new Subscription(List.copyOf(topics.names()), null, null);
            } else if (wanted instanceof io.millrace.group.membership.Subscription.Matching matching) {
                return new Subscription(null, matching.pattern().regex(), null);
            } else if (wanted instanceof io.millrace.group.membership.Subscription.Assigned assigned) {
                return new Subscription(null, null, GroupPartition.all(assigned.partitions()));
            }
            return new Subscription(null, null, null);
        }
    }

    /**
     * How far the group is in one partition; null is what is not known.
     *
     * @param owner             name of the consumer that reads it
     * @param committedOffset   of the next record to read
     * @param endOffset         exclusive
     * @param lag               records from the one to the other
     * @param oldestUnreadAgeMs how old the first of those is, in ms; 0 when there is none
     */
    @JsonbPropertyOrder({"topic", "partition", "owner", "committedOffset", "endOffset", "lag", "oldestUnreadAgeMs"})
    public record Partition(String topic, int partition, String owner, Long committedOffset, Long endOffset, Long lag,
                            Long oldestUnreadAgeMs) {
    }

    public static GroupDetails of(GroupDescription group) {
        return new GroupDetails(group.group(), lowerCase(group.state()),
                group.coordinator() < 0 ? null : group.coordinator(), group.epoch(), group.assignor(),
                group.partitions().stream().map(PartitionProgress::lag).filter(Objects::nonNull).reduce(Long::sum)
                        .orElse(null),
                group.members().stream().map(GroupDetails::member).toList(),
                group.partitions().stream().map(GroupDetails::partition).toList());
    }

    private static Member member(MemberState member) {
        return new Member(member.name(), member.instanceId(), lowerCase(member.status()), member.epoch(),
                Subscription.of(member.subscription()), GroupPartition.all(member.owned()),
                member.target().equals(member.owned()) ? null : GroupPartition.all(member.target()));
    }

    private static Partition partition(PartitionProgress progress) {
        return new Partition(progress.id().topic(), progress.id().partition(), progress.owner(), progress.committed(),
                progress.endOffset(), progress.lag(), progress.oldestAgeMs());
    }

    private static String lowerCase(Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
