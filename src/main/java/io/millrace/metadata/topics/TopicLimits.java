package io.millrace.metadata.topics;

/**
 * What this broker allows of topics.
 *
 * @param brokerId          this broker's id
 * @param defaultPartitions of a topic created without a number
 * @param maxPartitions     largest number of partitions of one topic
 * @param descriptors       whether there are file descriptors for more partitions
 */
public record TopicLimits(int brokerId, int defaultPartitions, int maxPartitions, DescriptorRoom descriptors) {
}
