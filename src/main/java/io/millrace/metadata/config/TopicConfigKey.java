package io.millrace.metadata.config;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Partitioner;
import io.millrace.metadata.TopicName;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The configuration keys of a topic, sorted by key. */
public enum TopicConfigKey {
    /** What happens to old records: they are deleted, or give way to newer ones of their keys, or both. */
    CLEANUP_POLICY("cleanup.policy", "delete", ConfigType.oneOf("delete", "compact", "compact,delete", "delete,compact")),
    /**
     * Codec of the batches that this server builds; {@code producer} means none there. Batches from outside stay as
     * they are.
     */
    COMPRESSION_TYPE("compression.type", "producer",
            ConfigType.oneOf("producer", "none", "gzip", "snappy", "lz4", "zstd")),
    /** How long a compacted topic keeps a tombstone after all that it deletes is gone, in ms. */
    DELETE_RETENTION_MS("delete.retention.ms", "86400000", ConfigType.wholeNumber(0, Long.MAX_VALUE)),
    /** When appended bytes are forced to disk. */
    FLUSH("flush", "commit", ConfigType.oneOf("commit", "interval", "os")),
    /** A compacted topic's record gives way to a newer one of its key after this at the latest, in ms, and the cleaner's turn. */
    MAX_COMPACTION_LAG_MS("max.compaction.lag.ms", "9223372036854775807", ConfigType.wholeNumber(1, Long.MAX_VALUE)),
    /** Largest record batch in bytes, header included. */
    MAX_MESSAGE_BYTES("max.message.bytes", "1048588", ConfigType.wholeNumber(128, 100 * 1024 * 1024)),
    /** A record whose timestamp is so far ahead of the server's clock, in ms, is refused; with CreateTime only. */
    MESSAGE_TIMESTAMP_AFTER_MAX_MS("message.timestamp.after.max.ms", "3600000",
            ConfigType.wholeNumber(0, Long.MAX_VALUE)),
    /** A record whose timestamp is so far behind the server's clock, in ms, is refused; with CreateTime only. */
    MESSAGE_TIMESTAMP_BEFORE_MAX_MS("message.timestamp.before.max.ms", "9223372036854775807",
            ConfigType.wholeNumber(0, Long.MAX_VALUE)),
    /** Whose clock sets the timestamps. */
    MESSAGE_TIMESTAMP_TYPE("message.timestamp.type", "CreateTime", ConfigType.oneOf("CreateTime", "LogAppendTime")),
    /** A partition is compacted when so much of what can be is dirty: 0 to 1. */
    MIN_CLEANABLE_DIRTY_RATIO("min.cleanable.dirty.ratio", "0.5", new ConfigType.Share()),
    /** A compacted topic's record stays for so long, whatever comes after it, in ms. */
    MIN_COMPACTION_LAG_MS("min.compaction.lag.ms", "0", ConfigType.wholeNumber(0, Long.MAX_VALUE)),
    /**
     * With acks=all nothing is written, and nothing committed, while fewer replicas are in sync.
     */
    MIN_INSYNC_REPLICAS("min.insync.replicas", "1", ConfigType.wholeNumber(1, 100)),
    /** {@value Partitioners#DEFAULT}, or the name of an application's {@link Partitioner}. */
    PARTITIONER("partitioner", Partitioners.DEFAULT, new ConfigType.Name(200)),
    /** The oldest segments of a partition are deleted while it is larger than this, in bytes. */
    RETENTION_BYTES("retention.bytes", "-1", ConfigType.limit(0)),
    /** Segments whose newest record is older than this are deleted, in ms. */
    RETENTION_MS("retention.ms", "604800000", ConfigType.limit(0)),
    /** A segment is rolled before it grows past this, in bytes. */
    SEGMENT_BYTES("segment.bytes", "1073741824", ConfigType.wholeNumber(1024, Integer.MAX_VALUE)),
    /** A segment is rolled when its first record is older than this, in ms. */
    SEGMENT_MS("segment.ms", "604800000", ConfigType.wholeNumber(1, Long.MAX_VALUE)),
    /** Whether a replica that was not in sync may be elected when no other is left: records are lost then. */
    UNCLEAN_LEADER_ELECTION_ENABLE("unclean.leader.election.enable", "false", ConfigType.oneOf("true", "false"));

    private final String key;
    private final String defaultValue;
    private final ConfigType type;

    TopicConfigKey(String key, String defaultValue, ConfigType type) {
        this.key = key;
        this.defaultValue = defaultValue;
        this.type = type;
    }

    /** As it is written in a configuration. */
    public String key() {
        return key;
    }

    /** In force where neither the topic nor the server says otherwise. */
    public String defaultValue() {
        return defaultValue;
    }

    /** What values are allowed, in words. */
    public String allowed() {
        return type.allowed();
    }

    static Optional<TopicConfigKey> find(String key) {
        return Arrays.stream(values()).filter(known -> known.key.equals(key)).findFirst();
    }

    /** @throws BrokerException INVALID_CONFIG, listing the known keys */
    public static TopicConfigKey of(String key) {
        return find(key).orElseThrow(() -> new BrokerException(ErrorKind.INVALID_CONFIG,
                "'%s' is not a topic configuration key: the known ones are %s".formatted(
                        TopicName.shortened(String.valueOf(key)),
                        Arrays.stream(values()).map(TopicConfigKey::key).collect(Collectors.joining(", ")))));
    }

    /** Whether the key takes this value. */
    public boolean accepts(String value) {
        return value != null && type.accepts(value);
    }

    /** @throws BrokerException INVALID_CONFIG, saying what is allowed */
    void check(String value) {
        if (!accepts(value)) {
            throw new BrokerException(ErrorKind.INVALID_CONFIG, "%s must be %s; it is %s".formatted(
                    key, type.allowed(), value == null ? "null" : "'" + TopicName.shortened(value) + "'"));
        }
    }
}
