package io.millrace.metadata;

import java.util.UUID;

/**
 * A topic as it was when its register was last read.
 *
 * @param version  of the register
 * @param config   in force, or null when {@code invalid} says why there is none
 * @param invalid  why the stored configuration cannot be used, or null
 * @param keyless  where the next records without a key go
 */
public record CachedTopic(Topic topic, long version, TopicConfig config, BrokerException invalid, StickyRoundRobin keyless) {
    public String name() {
        return topic.name();
    }

    public UUID id() {
        return topic.id();
    }

    public int partitionCount() {
        return topic.partitions().size();
    }

    public boolean isHostedBy(int brokerId, int partition) {
        return topic.partitions().get(partition).replicas().contains(brokerId);
    }

    /** @throws BrokerException INVALID_CONFIG when the stored configuration cannot be used */
    public TopicConfig usableConfig() {
        if (invalid != null) {
            throw new BrokerException(invalid.kind(), "the stored configuration of topic '%s' cannot be used: %s"
                    .formatted(name(), invalid.getMessage()), invalid);
        }
        return config;
    }
}
