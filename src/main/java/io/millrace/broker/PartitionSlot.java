package io.millrace.broker;

import java.util.UUID;

/** A partition that this broker hosts: one that works, or one that says why it does not. */
sealed interface PartitionSlot permits Partition, UnavailablePartition {
    TopicPartition id();

    UUID topicId();
}
