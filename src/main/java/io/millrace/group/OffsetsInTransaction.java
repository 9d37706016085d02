package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.VerificationGuard;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.TopicIdPartition;
import java.util.List;
import java.util.SortedMap;

/**
 * Offsets that are committed when a producer's transaction is.
 *
 * @param guard that was taken before the transaction was verified
 */
record OffsetsInTransaction(VerificationGuard guard, SortedMap<TopicIdPartition, CommittedOffset> offsets) {
    List<Change<GroupKey, GroupValue>> changes(String group) {
        return offsets.entrySet().stream().map(each -> new Change<GroupKey, GroupValue>(
            new GroupKey.Offset(group, each.getKey().topic(), each.getKey().partition().partition()),
            new GroupValue.Offset(each.getKey().topicId(), each.getValue()))).toList();
    }
}
