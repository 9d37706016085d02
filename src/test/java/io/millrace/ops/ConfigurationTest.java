package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.ClusterOptions;
import io.millrace.config.InvalidSettingsException;
import io.millrace.group.GroupOptions;
import io.millrace.metadata.config.TopicConfigKey;
import io.millrace.metadata.topics.InternalTopic;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
    private static Configuration read(Map<String, String> values) {
        return Configuration.read(name -> Optional.ofNullable(values.get(name)));
    }

    @ParameterizedTest
    @EnumSource(TopicConfigKey.class)
    void everyTopicConfigurationKeyHasAServerDefault(TopicConfigKey key) {
        assertThat(read(Map.of()).broker().topicDefaults()).containsEntry(key.key(), key.defaultValue());
        if (key != TopicConfigKey.PARTITIONER) {
            assertThatThrownBy(() -> read(Map.of("millrace.topic." + key.key(), "no such value")))
                    .isInstanceOf(InvalidSettingsException.class)
                    .hasMessageContainingAll("millrace.topic." + key.key(), "'no such value'", key.allowed());
        }
    }

    @Test
    void defaultsOfTopicsThatContradictEachOtherAreRefused() {
        assertThatThrownBy(() -> read(Map.of("millrace.topic.min.compaction.lag.ms", "2",
                "millrace.topic.max.compaction.lag.ms", "1"))).isInstanceOf(InvalidSettingsException.class)
                .hasMessageContainingAll("millrace.topic.*", "min.compaction.lag.ms is 2", "max.compaction.lag.ms, which is 1");
    }

    @Test
    void aServerIsAloneUnlessOthersAreNamed() {
        ClusterOptions alone = read(Map.of()).cluster();
        assertThat(alone.size()).isOne();
        assertThat(alone.url()).isEqualTo("http://localhost:9080");

        ClusterOptions several = read(Map.of("millrace.cluster.members", "127.0.0.1:5701, b:5701,c:5701",
                "millrace.cluster.secret", "hidden-word", "millrace.broker.rack", "r1", "millrace.http.url", "http://a"))
                .cluster();
        assertThat(several.members()).containsExactly("127.0.0.1:5701", "b:5701", "c:5701");
        assertThat(several.size()).isEqualTo(3);
        assertThat(several.url()).isEqualTo("http://a");
        assertThat(several.rack()).isEqualTo("r1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "LOCALHOST"})
    void aServerOnLoopbackNeedsNoWordOnSecurity(String host) {
        assertThatNoException().isThrownBy(() -> Exposure.requireChoice(read(Map.of("millrace.http.host", host)).settings()));
    }

    @ParameterizedTest
    @CsvSource({"millrace.http.host,*", "millrace.http.host,0.0.0.0", "millrace.http.host,127.example", "millrace.http.host,broker-1",
            "millrace.http.url,http://10.0.0.11:9080", "millrace.http.url,https://a_b:1"})
    void aServerThatIsReachedFromElsewhereStartsOnlyWhenItIsWrittenOutWhetherCallersMustBeKnown(String name, String value) {
        assertThatThrownBy(() -> Exposure.requireChoice(read(Map.of(name, value)).settings()))
                .hasMessageContainingAll("millrace.security", "MILLRACE_SECURITY", "on", "off");
        for (String written : List.of("on", "off")) {
            assertThatNoException().isThrownBy(() -> Exposure.requireChoice(
                    read(Map.of(name, value, "millrace.security", written)).settings()));
        }
        assertThatThrownBy(() -> read(Map.of("millrace.security", "yes"))).isInstanceOf(InvalidSettingsException.class)
                .hasMessageContainingAll("millrace.security", "on, off, or nothing");
    }

    @Test
    void aClusterFoundByDnsMustBeToldItsSize() {
        assertThatThrownBy(() -> read(Map.of("millrace.cluster.kubernetes.dns", "millrace.example")).cluster())
                .hasMessageContaining("millrace.cluster.size");
        assertThat(read(Map.of("millrace.cluster.kubernetes.dns", "millrace.example", "millrace.cluster.size", "5",
                "millrace.cluster.secret", "hidden-word")).cluster().size()).isEqualTo(5);
    }

    /** While the secret is changed, one server after the other, all find each other by the one that they had. */
    @Test
    void serversJoinByTheSecretUnlessTheyHaveOneForThat() {
        Map<String, String> settings = new HashMap<>(Map.of("millrace.cluster.members", "127.0.0.1:5701, b:5701,c:5701",
                "millrace.cluster.secret", "hidden-word"));
        assertThat(read(settings).cluster().secret()).isEqualTo("hidden-word");

        settings.put("millrace.cluster.join.secret", "earlier-word");
        assertThat(read(settings).cluster().secret()).isEqualTo("earlier-word");
        settings.remove("millrace.cluster.secret");
        assertThatThrownBy(() -> read(settings).cluster()).as("requests between them would not be signed").hasMessageContaining("secret");
    }

    @Test
    void eachRunOfAServerIsAnotherOne() {
        assertThat(read(Map.of("millrace.broker.id", "3")).run().brokerId()).isEqualTo(3);
        assertThat(read(Map.of()).run().session()).isNotEqualTo(read(Map.of()).run().session());
    }

    @Test
    void foldersInsideTheUnpackedRunnablePackageAreNotKept() {
        Configuration unpacked = read(Map.of("server.output.dir",
                "/home/me/wlpExtract/millrace_1/wlp/usr/servers/millrace", "millrace.log.dirs", "data,/disk"));
        assertThat(unpacked.notKept()).hasSize(2).allMatch(folder -> folder.startsWith("/home/me/wlpExtract"))
                .doesNotContain(Path.of("/disk"));
        assertThat(read(Map.of("server.output.dir", "/srv/millrace")).notKept()).isEmpty();
    }

    @Test
    void theTopicOfOffsetsHasNoMoreReplicasThanThereAreServers() {
        assertThat(read(Map.of()).offsetsTopic()).isEqualTo(new InternalTopic("__consumer_offsets", 16, 1));
        Map<String, String> cluster = Map.of("millrace.cluster.members", "127.0.0.1:5701,b:1,c:1,d:1,e:1",
                "millrace.cluster.secret", "hidden-word", "millrace.offsets.topic.partitions", "50");
        assertThat(read(cluster).offsetsTopic()).isEqualTo(new InternalTopic("__consumer_offsets", 50, 3));
    }

    @Test
    void coordinatorsWaitForCommitsAsProducersDo() {
        assertThat(read(Map.of("millrace.produce.timeout.ms", "7000")).coordinators().commitNanos())
                .isEqualTo(TimeUnit.SECONDS.toNanos(7));
    }

    @Test
    void groupsAreToldWhatHoldsForThem() {
        assertThat(read(Map.of()).groups())
                .isEqualTo(new GroupOptions("sticky", 1_000, 10_000, 604_800_000, 86_400_000, 60_000, 30_000));
        assertThat(read(Map.of("millrace.group.assignor", "range", "millrace.group.max.size", "7",
                "millrace.group.max.groups", "20000",
                "millrace.group.offsets.retention.ms", "5000", "millrace.group.consumer.idle.ms", "4000",
                "millrace.fetch.max.wait.ms", "3000")).groups())
                .isEqualTo(new GroupOptions("range", 7, 20_000, 5_000, 4_000, 3_000, 30_000));
    }
}
