package io.millrace.metadata;

import java.nio.ByteBuffer;

/**
 * Chooses the partition of a record that names none. An application's own implementation is found by
 * {@link java.util.ServiceLoader} and chosen per topic by its {@link #name()} in the configuration {@code partitioner}.
 * One instance serves all threads and topics.
 */
public interface Partitioner {
    /** The name by which a topic's configuration chooses it; not {@code default}, which is the built-in one. */
    String name();

    /**
     * @param key        the record's key, position to limit, or null; must not be kept
     * @param value      the record's value, or null; must not be kept
     * @param partitions how many the topic has, 1 or more
     * @return 0 to partitions - 1; anything else fails the produce
     */
    int partition(String topic, ByteBuffer key, ByteBuffer value, int partitions);
}
