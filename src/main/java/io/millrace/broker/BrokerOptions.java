package io.millrace.broker;

import io.millrace.metadata.config.TopicConfigKey;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.DescriptorRoom;
import io.millrace.metadata.topics.TopicLimits;
import io.millrace.replica.ReplicationOptions;
import java.util.Map;

/**
 * What a broker is configured with.
 *
 * @param brokerId             this broker's id
 * @param defaultPartitions    of a topic created without a number
 * @param maxPartitions        largest number of partitions of one topic
 * @param topicDefaults        server's defaults of topic configuration keys; a key that is absent has the built-in
 *                             one, see {@link TopicConfigKey#defaultValue()}
 * @param maxUncompressedBytes largest batch after decompression
 * @param retentionIntervalMs  how often retention is applied, in ms
 * @param descriptors          whether there are file descriptors for more partitions
 * @param partitionsPerPage    how many assignments of a topic are in one register, the same for all brokers for ever
 */
public record BrokerOptions(int brokerId, int defaultPartitions, int maxPartitions, Map<String, String> topicDefaults,
                      int maxUncompressedBytes, long retentionIntervalMs, ReplicationOptions replication,
                      DescriptorRoom descriptors, int partitionsPerPage) {
    public BrokerOptions(int brokerId, int defaultPartitions, int maxPartitions, Map<String, String> topicDefaults,
                   int maxUncompressedBytes, long retentionIntervalMs, ReplicationOptions replication,
                   DescriptorRoom descriptors) {
        this(brokerId, defaultPartitions, maxPartitions, topicDefaults, maxUncompressedBytes, retentionIntervalMs,
                replication, descriptors, TopicStore.PARTITIONS_PER_PAGE);
    }

    /** Where nothing is known of descriptors. */
    public BrokerOptions(int brokerId, int defaultPartitions, int maxPartitions, Map<String, String> topicDefaults,
                   int maxUncompressedBytes, long retentionIntervalMs, ReplicationOptions replication) {
        this(brokerId, defaultPartitions, maxPartitions, topicDefaults, maxUncompressedBytes, retentionIntervalMs,
                replication, DescriptorRoom.UNLIMITED);
    }

    /** For tests: topics of few partitions have several pages. */
    BrokerOptions withPartitionsPerPage(int partitions) {
        return new BrokerOptions(brokerId, defaultPartitions, maxPartitions, topicDefaults, maxUncompressedBytes,
                retentionIntervalMs, replication, descriptors, partitions);
    }

    TopicLimits topicLimits() {
        return new TopicLimits(brokerId, defaultPartitions, maxPartitions, descriptors);
    }
}
