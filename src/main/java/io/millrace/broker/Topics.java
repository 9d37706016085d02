package io.millrace.broker;

import java.util.List;
import java.util.Map;

/** The topics of the cluster, each in its register; every change is durable when the call returns. */
public final class Topics {
    Topics() {
    }

    /** Names, sorted. */
    public List<String> names() {
        throw new UnsupportedOperationException();
    }

    /** @throws BrokerException UNKNOWN_TOPIC */
    public Topic get(String name) {
        throw new UnsupportedOperationException();
    }

    /**
     * @param partitions        null: the server's default
     * @param replicationFactor null: the server's default
     * @param overrides         topic configuration by key
     * @throws BrokerException TOPIC_EXISTS, INVALID_TOPIC_NAME, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG
     */
    public Topic create(String name, Integer partitions, Integer replicationFactor, Map<String, String> overrides) {
        throw new UnsupportedOperationException();
    }

    /** Sets overrides; a null value takes the override away. */
    public Topic alterConfig(String name, Map<String, String> changes) {
        throw new UnsupportedOperationException();
    }

    /** @param total the new number of partitions, larger than the present one */
    public Topic addPartitions(String name, int total) {
        throw new UnsupportedOperationException();
    }

    /** Deletes a topic with all its records. */
    public void delete(String name) {
        throw new UnsupportedOperationException();
    }

    /** Every topic configuration key with the value in force for this topic, sorted by key. */
    public Map<String, String> effectiveConfig(Topic topic) {
        throw new UnsupportedOperationException();
    }
}
