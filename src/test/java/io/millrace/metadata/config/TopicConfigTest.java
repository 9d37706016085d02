package io.millrace.metadata.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.millrace.broker.Failures;
import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.Codec;
import io.millrace.record.TimestampType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TopicConfigTest {
    @Test
    void whatNobodySetsHasTheBuiltInDefault() {
        TopicConfig config = TopicConfig.of(Map.of(), Map.of());

        assertThat(config.batchCodec()).isEqualTo(Codec.NONE);
        assertThat(config.maxMessageBytes()).isEqualTo(1048588);
        assertThat(config.partitioner()).isEqualTo("default");
        assertThat(config.log()).isEqualTo(new LogConfig(1073741824, 604800000, 604800000, -1, 4096,
                TimestampType.CREATE_TIME, FlushPolicy.COMMIT));
    }

    @Test
    void aTopicsOverrideStandsAboveTheServersDefault() {
        Map<String, String> server = Map.of("flush", "os", "segment.ms", "5000");

        TopicConfig config = TopicConfig.of(server,
                Map.of("flush", "interval", "message.timestamp.type", "LogAppendTime"));

        assertThat(config.log().flush()).isEqualTo(FlushPolicy.INTERVAL);
        assertThat(config.log().segmentMillis()).isEqualTo(5000);
        assertThat(config.log().timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
    }

    @Test
    void theCleanupPolicySaysWhetherOldRecordsAreDeletedGiveWayToNewerOnesOrBoth() {
        assertThat(TopicConfig.of(Map.of(), Map.of()).isCompacted()).isFalse();
        TopicConfig compact = TopicConfig.of(Map.of(), Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.25",
                "min.compaction.lag.ms", "1", "max.compaction.lag.ms", "2", "delete.retention.ms", "3"));
        assertThat(compact.isCompacted()).isTrue();
        assertThat(compact.log().cleanup()).isEqualTo(new Cleanup(false, Optional.of(new Compaction(0.25, 1, 2, 3))));
        for (String both : List.of("compact,delete", "delete,compact")) {
            Cleanup cleanup = TopicConfig.of(Map.of(), Map.of("cleanup.policy", both)).log().cleanup();
            assertThat(cleanup.deletes()).isTrue();
            assertThat(cleanup.compaction()).contains(new Compaction(0.5, 0, Long.MAX_VALUE, 86_400_000));
        }
    }

    @ParameterizedTest
    @CsvSource({"producer,NONE", "none,NONE", "gzip,GZIP", "snappy,SNAPPY", "lz4,LZ4", "zstd,ZSTD"})
    void theCodecIsThatOfBatchesBuiltHere(String compressionType, Codec codec) {
        assertThat(TopicConfig.of(Map.of(), Map.of("compression.type", compressionType)).batchCodec()).isEqualTo(codec);
    }

    @ParameterizedTest
    @CsvSource({
        "retention.ms,-1", "retention.ms,0", "retention.ms,9223372036854775807", "retention.bytes,-1",
        "retention.bytes,0",
        "segment.bytes,1024", "segment.bytes,2147483647", "segment.ms,1", "max.message.bytes,128",
        "max.message.bytes,104857600", "cleanup.policy,delete", "cleanup.policy,compact",
        "min.cleanable.dirty.ratio,0", "min.cleanable.dirty.ratio,1", "min.cleanable.dirty.ratio,0.01",
        "delete.retention.ms,0", "min.compaction.lag.ms,0", "max.compaction.lag.ms,1", "partitioner,by-country"})
    void valuesAtTheBoundsAreAllowed(String key, String value) {
        assertThatCode(() -> TopicConfig.of(Map.of(), Map.of(key, value))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "retention.ms,-2,-1 for no limit", "retention.ms,1d,a whole number",
        "retention.ms,9223372036854775808,a whole number",
        "retention.bytes,-2,no limit", "segment.bytes,1023,from 1024 to 2147483647",
        "segment.bytes,2147483648,from 1024",
        "segment.bytes,-1,from 1024", "segment.ms,0,from 1", "max.message.bytes,127,from 128 to 104857600",
        "max.message.bytes,1.5,a whole number",
        "compression.type,brotli,'one of producer, none, gzip, snappy, lz4, zstd'",
        "compression.type,GZIP,one of", "message.timestamp.type,createtime,'one of CreateTime, LogAppendTime'",
        "flush,always,'one of commit, interval, os'",
        "cleanup.policy,compacted,'one of delete, compact'", "min.cleanable.dirty.ratio,1.1,a number from 0 to 1",
        "min.cleanable.dirty.ratio,-0.1,a number from 0 to 1", "min.cleanable.dirty.ratio,half,a number",
        "min.compaction.lag.ms,-1,from 0", "max.compaction.lag.ms,0,from 1", "delete.retention.ms,-1,from 0", "partitioner,'',a name of 1"})
    void otherValuesAreRefusedWithWhatIsAllowed(String key, String value, String allowed) {
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> TopicConfig.of(Map.of(), Map.of(key, value)))
                .hasMessageContaining(key).hasMessageContaining(allowed).hasMessageContaining("'" + value + "'");
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"-,-,2,1", "2,-,-,1", "-,1,2,-", "2,1,-,-"})
    void recordsAreNotToStayForLongerThanTheyMayWhicheverIsAServersDefault(String defaultMin, String defaultMax, String min,
                                                                          String max) {
        Map<String, String> defaults = lags(defaultMin, defaultMax);
        Map<String, String> topic = lags(min, max);

        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> TopicConfig.checked(defaults, topic))
                .hasMessage("min.compaction.lag.ms is 2, but must be at most max.compaction.lag.ms, which is 1");
        assertThatCode(() -> TopicConfig.of(defaults, topic)).as("what is stored stays usable").doesNotThrowAnyException();
        assertThatCode(() -> TopicConfig.checked(lags("2", "1"), lags("1", "1"))).doesNotThrowAnyException();
    }

    private static Map<String, String> lags(String min, String max) {
        Map<String, String> lags = new HashMap<>();
        if (min != null) {
            lags.put("min.compaction.lag.ms", min);
        }
        if (max != null) {
            lags.put("max.compaction.lag.ms", max);
        }
        return lags;
    }

    @ParameterizedTest
    @EnumSource(TopicConfigKey.class)
    void everyDefaultIsAllowedAndNoKeyTakesNull(TopicConfigKey key) {
        assertThatCode(() -> key.check(key.defaultValue())).doesNotThrowAnyException();

        Map<String, String> withNull = new HashMap<>();
        withNull.put(key.key(), null);
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> TopicConfig.of(Map.of(), withNull));
    }

    @Test
    void anUnknownKeyIsToldTheKnownOnes() {
        Failures.assertFails(ErrorKind.INVALID_CONFIG, () -> TopicConfig.of(Map.of(), Map.of("retention.hours", "1")))
                .hasMessage("'retention.hours' is not a topic configuration key: the known ones are cleanup.policy, "
                        + "compression.type, delete.retention.ms, flush, max.compaction.lag.ms, max.message.bytes, message.timestamp.after.max.ms, "
                        + "message.timestamp.before.max.ms, message.timestamp.type, min.cleanable.dirty.ratio, "
                        + "min.compaction.lag.ms, min.insync.replicas, "
                        + "partitioner, retention.bytes, retention.ms, segment.bytes, segment.ms, "
                        + "unclean.leader.election.enable");
    }
}
