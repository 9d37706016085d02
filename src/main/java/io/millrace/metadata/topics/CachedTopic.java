package io.millrace.metadata.topics;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.StoredTopic;
import java.util.UUID;

/**
 * A topic as it was when its registers were last read.
 *
 * @param config   in force, or null when {@code invalid} says why there is none
 * @param invalid  why the stored configuration cannot be used, or null
 * @param keyless  where the next records without a key go
 */
public record CachedTopic(StoredTopic stored, TopicConfig config, BrokerException invalid, StickyRoundRobin keyless) {
    public Topic topic() {
        return stored.topic();
    }

    public String name() {
        return topic().name();
    }

    public UUID id() {
        return topic().id();
    }

    public int partitionCount() {
        return stored.partitionCount();
    }

    /** Grows with every change of a partition's assignment, and with some others. */
    public long version(int partition) {
        return stored.version(partition);
    }

    public boolean isHostedBy(int brokerId, int partition) {
        return topic().partitions().get(partition).replicas().contains(brokerId);
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
