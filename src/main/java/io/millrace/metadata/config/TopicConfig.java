package io.millrace.metadata.config;

import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.TimestampBounds;
import io.millrace.record.TimestampType;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The configuration in force for one topic, typed.
 *
 * @param batchCodec      codec of the batches that this server builds
 * @param maxMessageBytes largest record batch, in bytes
 * @param minInSyncReplicas acks=all needs this many, and so does the high watermark to move
 * @param uncleanElection whether a replica that was not in sync may lead, and records be lost
 * @param partitioner     name of the partitioner
 * @param timestamps      of records that bring their own
 * @param log             what each partition's log is told
 */
public record TopicConfig(Codec batchCodec, int maxMessageBytes, int minInSyncReplicas, boolean uncleanElection,
                   String partitioner, TimestampBounds timestamps, LogConfig log) {
    private static final int INDEX_INTERVAL_BYTES = 4096;

    /**
     * @param values overrides on top of the server's defaults
     * @throws BrokerException INVALID_CONFIG
     */
    public static TopicConfig of(Map<String, String> defaults, Map<String, String> values) {
        Map<String, String> effective = effective(defaults, values);
        effective.forEach((key, value) -> TopicConfigKey.of(key).check(value));
        return new TopicConfig(codec(effective.get(TopicConfigKey.COMPRESSION_TYPE.key())),
                Integer.parseInt(effective.get(TopicConfigKey.MAX_MESSAGE_BYTES.key())),
                Integer.parseInt(effective.get(TopicConfigKey.MIN_INSYNC_REPLICAS.key())),
                Boolean.parseBoolean(effective.get(TopicConfigKey.UNCLEAN_LEADER_ELECTION_ENABLE.key())),
                effective.get(TopicConfigKey.PARTITIONER.key()), timestampBounds(effective), logConfig(effective));
    }

    /**
     * As {@link #of}, for what is to be in force from now on: what is stored already stays usable even where its values
     * contradict each other, because an earlier version took it or the server's defaults have changed since.
     *
     * @throws BrokerException INVALID_CONFIG, also when min.compaction.lag.ms is larger than max.compaction.lag.ms, whatever the
     *                         cleanup policy, as the field has it
     */
    public static TopicConfig checked(Map<String, String> defaults, Map<String, String> values) {
        TopicConfig config = of(defaults, values);
        contradiction(effective(defaults, values)).ifPresent(found -> {
            throw new BrokerException(ErrorKind.INVALID_CONFIG, found);
        });
        return config;
    }

    /** What is wrong with these values together, each of which is allowed; every key has one. */
    public static Optional<String> contradiction(Map<String, String> effective) {
        long min = number(effective, TopicConfigKey.MIN_COMPACTION_LAG_MS);
        long max = number(effective, TopicConfigKey.MAX_COMPACTION_LAG_MS);
        return min <= max ? Optional.empty() : Optional.of("%s is %d, but must be at most %s, which is %d".formatted(
                TopicConfigKey.MIN_COMPACTION_LAG_MS.key(), min, TopicConfigKey.MAX_COMPACTION_LAG_MS.key(), max));
    }

    /** Whether only the newest record of each key stays, so that each must have one. */
    public boolean isCompacted() {
        return log.cleanup().compaction().isPresent();
    }

    /** Every key with its value, sorted by key; unchecked. */
    public static Map<String, String> effective(Map<String, String> defaults, Map<String, String> overrides) {
        Map<String, String> effective = new TreeMap<>();
        for (TopicConfigKey key : TopicConfigKey.values()) {
            effective.put(key.key(), key.defaultValue());
        }
        effective.putAll(defaults);
        effective.putAll(overrides);
        return effective;
    }

    private static Codec codec(String compressionType) {
        return compressionType.equals("producer")
                ? Codec.NONE : Codec.valueOf(compressionType.toUpperCase(Locale.ROOT));
    }

    /** Timestamps that the log sets itself need no bounds. */
    private static TimestampBounds timestampBounds(Map<String, String> values) {
        return isCreateTime(values) ? new TimestampBounds(
                number(values, TopicConfigKey.MESSAGE_TIMESTAMP_BEFORE_MAX_MS),
                number(values, TopicConfigKey.MESSAGE_TIMESTAMP_AFTER_MAX_MS)) : TimestampBounds.NONE;
    }

    private static boolean isCreateTime(Map<String, String> values) {
        return values.get(TopicConfigKey.MESSAGE_TIMESTAMP_TYPE.key()).equals("CreateTime");
    }

    private static LogConfig logConfig(Map<String, String> values) {
        return new LogConfig(
                number(values, TopicConfigKey.SEGMENT_BYTES),
                number(values, TopicConfigKey.SEGMENT_MS),
                number(values, TopicConfigKey.RETENTION_MS),
                number(values, TopicConfigKey.RETENTION_BYTES),
                INDEX_INTERVAL_BYTES,
                isCreateTime(values) ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME,
                FlushPolicy.valueOf(values.get(TopicConfigKey.FLUSH.key()).toUpperCase(Locale.ROOT)), cleanup(values));
    }

    private static Cleanup cleanup(Map<String, String> values) {
        List<String> policies = List.of(values.get(TopicConfigKey.CLEANUP_POLICY.key()).split(","));
        return new Cleanup(policies.contains("delete"), policies.contains("compact") ? Optional.of(new Compaction(
                Double.parseDouble(values.get(TopicConfigKey.MIN_CLEANABLE_DIRTY_RATIO.key())),
                number(values, TopicConfigKey.MIN_COMPACTION_LAG_MS),
                number(values, TopicConfigKey.MAX_COMPACTION_LAG_MS),
                number(values, TopicConfigKey.DELETE_RETENTION_MS))) : Optional.empty());
    }

    private static long number(Map<String, String> values, TopicConfigKey key) {
        return Long.parseLong(values.get(key.key()));
    }
}
