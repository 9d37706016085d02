package io.millrace.replica.hosting;

import io.millrace.metadata.TopicPartition;
import java.util.UUID;

/** A partition that this broker hosts: one that works, or one that says why it does not. */
public sealed interface PartitionSlot permits Partition, UnavailablePartition {
    TopicPartition id();

    UUID topicId();
}
