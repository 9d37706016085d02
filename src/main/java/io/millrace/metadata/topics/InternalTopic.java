package io.millrace.metadata.topics;

import io.millrace.agreement.Majority;
import io.millrace.metadata.config.TopicConfigKey;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A topic of the cluster's own, as it is to be created: what is in it is state, of which only the newest record of each
 * key counts, and none of it may be lost.
 *
 * @param partitions        once the topic is there, its own number counts
 * @param replicationFactor from 1
 */
public record InternalTopic(String name, int partitions, int replicationFactor) {
    /** What consumer groups commit. */
    public static final String OFFSETS = "__consumer_offsets";
    /** What requests with an idempotency key were answered with. */
    public static final String IDEMPOTENCY_KEYS = "__idempotency_keys";
    /** Where transactions stand. */
    public static final String TRANSACTIONS = "__transaction_state";

    /**
     * So small that what was replaced can be cleaned soon: until then whoever becomes the leader reads it, and what is written
     * just now is never cleaned. This is some 200,000 committed offsets.
     */
    private static final int SEGMENT_BYTES = 16 * 1024 * 1024;
    /**
     * How long a tombstone stays, and the marker of a transaction whose records are gone, in ms. With each transaction that commits
     * offsets comes a marker, and whoever becomes the leader reads all that are there; only a coordinator reads the topic from its
     * start, in minutes, and for a replica that is not in sync both stay anyway.
     */
    private static final int DELETE_RETENTION_MS = 3_600_000;
    /** What is decided together is one batch: a rebalance of a thousand consumers, a commit in ten thousand partitions. */
    private static final int MAX_BATCH_BYTES = 8 * 1024 * 1024;

    /**
     * Its whole configuration, each key of it: no default that operators set for users' topics is in force here. One that rolls
     * segments every second, or has them cleaned without end, would be paid by all groups, and a partitioner of an application or
     * a codec is nothing to a coordinator.
     */
    SortedMap<String, String> configs() {
        TreeMap<String, String> configs = new TreeMap<>();
        for (TopicConfigKey key : TopicConfigKey.values()) {
            configs.put(key.key(), key.defaultValue());
        }
        configs.put(TopicConfigKey.CLEANUP_POLICY.key(), "compact");
        configs.put(TopicConfigKey.SEGMENT_BYTES.key(), Integer.toString(SEGMENT_BYTES));
        configs.put(TopicConfigKey.DELETE_RETENTION_MS.key(), Integer.toString(DELETE_RETENTION_MS));
        configs.put(TopicConfigKey.MAX_MESSAGE_BYTES.key(), Integer.toString(MAX_BATCH_BYTES));
        configs.put(TopicConfigKey.FLUSH.key(), "commit");
        configs.put(TopicConfigKey.MIN_INSYNC_REPLICAS.key(), Integer.toString(new Majority(replicationFactor).needed()));
        configs.put(TopicConfigKey.UNCLEAN_LEADER_ELECTION_ENABLE.key(), "false");
        return configs;
    }
}
