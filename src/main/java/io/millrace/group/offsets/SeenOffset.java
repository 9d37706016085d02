package io.millrace.group.offsets;

import io.millrace.metadata.TopicPartition;
import java.util.UUID;

/**
 * What the records say of a partition, seen alone.
 *
 * @param topicId   of the topic that it was committed in; null: nothing is committed
 * @param committed null: nothing is
 * @param pendingIn the topic in which an open transaction may yet commit another one; null: none may
 */
public record SeenOffset(TopicPartition partition, UUID topicId, CommittedOffset committed, UUID pendingIn) {
}
