package io.millrace.rest.model;

import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.List;

/** The partitions that a consumer assigned to itself, or else was given, as the dialect tells it. */
public record Assignments(List<GroupPartition> partitions) {
    public static Assignments of(Collection<TopicPartition> partitions) {
        return new Assignments(GroupPartition.all(partitions));
    }
}
