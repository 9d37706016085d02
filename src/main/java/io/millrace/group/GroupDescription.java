package io.millrace.group;

import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Subscription;
import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.SortedSet;

/**
 * A group and how far it has come.
 *
 * @param coordinator broker id
 * @param epoch       grows with every new assignment
 * @param partitions  that somebody owns or is to own, or in which something is committed, sorted
 */
public record GroupDescription(String group, State state, int coordinator, int epoch, String assignor,
                               List<MemberState> members, List<PartitionProgress> partitions) {
    /** How a group is. */
    public enum State {
        /** No consumer takes part. */
        EMPTY,
        /** Partitions are on their way to other owners. */
        RECONCILING,
        /** Every consumer has what it is to have. */
        STABLE
    }

    /**
     * A consumer of the group.
     *
     * @param owned  partitions that it reads
     * @param target partitions that it is to have in the end
     */
    public record MemberState(String name, String instanceId, GroupMember.Status status, int epoch, Subscription subscription,
                              SortedSet<TopicPartition> owned, SortedSet<TopicPartition> target) {
    }

    /**
     * How far the group is in one partition. What is not known is null: nothing is committed, or the leader cannot be asked.
     *
     * @param owner       name of the consumer that reads it
     * @param committed   offset of the next record to read
     * @param endOffset   offset after the last record that can be read
     * @param lag         records from the one to the other; those that retention removed do not count
     * @param oldestAgeMs how old the first of those is, in ms; 0 when there is none
     */
    public record PartitionProgress(TopicPartition id, String owner, Long committed, Long endOffset, Long lag,
                                    Long oldestAgeMs) {
    }
}
