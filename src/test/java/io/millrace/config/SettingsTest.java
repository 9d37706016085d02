package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SettingsTest {
    private static Settings read(Map<String, String> values) {
        return Settings.read(Settings.CATALOGUE, name -> Optional.ofNullable(values.get(name)));
    }

    static List<Setting> numbers() {
        return Settings.CATALOGUE.stream()
                .filter(setting -> setting.type() instanceof SettingType.WholeNumber).toList();
    }

    @Test
    void defaultsAreInForceWhenNothingIsSet() {
        Settings settings = read(Map.of());
        for (Setting setting : Settings.CATALOGUE) {
            assertThat(settings.text(setting)).isEqualTo(setting.defaultValue());
        }
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void aNumberMayLieOnTheEdgesOfItsRangeAndNotBeyond(Setting setting) {
        SettingType.WholeNumber range = (SettingType.WholeNumber) setting.type();
        assertThat(range.accepts(Long.toString(range.min()))).isTrue();
        assertThat(range.accepts(Long.toString(range.max()))).isTrue();
        for (String wrong : List.of(Long.toString(range.min() - 1), Long.toString(range.max() + 1), "1.5", "many",
                "")) {
            assertThatThrownBy(() -> read(Map.of(setting.name(), wrong))).isInstanceOf(InvalidSettingsException.class)
                    .hasMessageContaining(setting.name()).hasMessageContaining(setting.environmentName())
                    .hasMessageContaining("'" + wrong + "'").hasMessageContaining(range.allowed());
        }
    }

    @Test
    void everyWrongValueIsNamedAtOnce() {
        assertThatThrownBy(() -> read(Map.of("millrace.http.port", "0", "millrace.broker.id", "me",
                "millrace.log.dirs", "a,a", "millrace.topic.partitions.default", "2001")))
                .hasMessageContainingAll("millrace.http.port", "millrace.broker.id", "millrace.log.dirs",
                        "millrace.topic.partitions.default", "docs/configuration.md");
    }

    @Test
    void partitionsMustKnowAProducerForAnHourLongerThanTheKeysOfRequestsThatAreCarriedOutWithIt() {
        assertThatThrownBy(() -> read(Map.of("millrace.idempotency.expiration.ms", "60001",
                "millrace.producer.id.expiration.ms", "3660000")))
                .hasMessageContaining("millrace.producer.id.expiration.ms (MILLRACE_PRODUCER_ID_EXPIRATION_MS) is 3660000, but must"
                        + " be at least 3660001, an hour more than millrace.idempotency.expiration.ms");
        read(Map.of("millrace.idempotency.expiration.ms", "60000", "millrace.producer.id.expiration.ms", "3660000"));
    }

    @Test
    void theProducersOfUnfinishedRequestsAreFewAmongThoseThatAPartitionKnows() {
        assertThatThrownBy(() -> read(Map.of("millrace.idempotency.max.unfinished", "157")))
                .hasMessageContaining("millrace.log.max.producers (MILLRACE_LOG_MAX_PRODUCERS) is 10000, but must be at least 10048,"
                        + " which is 4 times millrace.idempotency.max.unfinished");
        read(Map.of("millrace.idempotency.max.unfinished", "157", "millrace.log.max.producers", "10048"));
    }

    @Test
    void aRequestMustFitIntoTheMemoryForRequests() {
        assertThatThrownBy(() -> read(Map.of("millrace.request.max.bytes", "8388608",
                "millrace.request.memory.bytes", "4194304", "millrace.fetch.max.bytes", "1048576")))
                .hasMessageContaining("millrace.request.max.bytes (MILLRACE_REQUEST_MAX_BYTES) is 8388608, but must be"
                        + " at most millrace.request.memory.bytes, which is 4194304");
    }

    @Test
    void theJournalIsNotAmongTheLogs() {
        assertThatThrownBy(() -> read(Map.of("millrace.log.dirs", "/a,/b", "millrace.cluster.journal.dir", "/x/../b")))
                .hasMessageContaining("millrace.cluster.journal.dir").hasMessageContaining("a folder of its own");
    }

    @Test
    void aFolderIsAPathOfThisMachine() {
        for (String wrong : List.of("", " ", "a\0b")) {
            assertThatThrownBy(() -> read(Map.of("millrace.cluster.journal.dir", wrong, "millrace.log.dirs", wrong)))
                    .hasMessageContaining("millrace.cluster.journal.dir").hasMessageContaining("millrace.log.dirs");
        }
    }

    @Test
    void textsAreNotBlank() {
        assertThatThrownBy(() -> read(Map.of("millrace.cluster.name", " ")))
                .hasMessageContaining("millrace.cluster.name (MILLRACE_CLUSTER_NAME) must be a name; it is ''");
    }

    @Test
    void theValueOfASecretIsNotShown() {
        Setting secret = new Setting("millrace.some.secret", new SettingType.Folders(), "a", "None.", true);
        assertThatThrownBy(() -> Settings.read(List.of(secret), name -> Optional.of("hush,hush")))
                .hasMessageContaining("millrace.some.secret").message().doesNotContain("hush");
    }

    @Test
    void aPropertyThatBeginsLikeOursButIsNoneIsFound() {
        assertThat(Settings.unknown(Settings.CATALOGUE, List.of("millrace.broker.id", "millrace.brokr.id", "java.home",
                "MILLRACE_BROKER_ID", "millrace.local.port"))).containsExactly("millrace.brokr.id");
    }

    @Test
    void severalFoldersAreSeparatedByCommas() {
        assertThat(read(Map.of("millrace.log.dirs", " /a/b , /c ")).folders(Settings.LOG_DIRS))
                .containsExactly(Path.of("/a/b"), Path.of("/c"));
    }

    @Test
    void aRelativeFolderBeginsWhereTheServerWritesOrElseAtTheWorkingDirectory() {
        Settings onServer = read(Map.of("server.output.dir", "/servers/one/", "millrace.log.dirs", "data,/disk"));
        assertThat(onServer.folders(Settings.LOG_DIRS)).containsExactly(Path.of("/servers/one/data"), Path.of("/disk"));
        assertThat(onServer.folder(Settings.CLUSTER_JOURNAL_DIR)).isEqualTo(Path.of("/servers/one/journal"));
        assertThat(read(Map.of()).folder(Settings.CLUSTER_JOURNAL_DIR)).isEqualTo(Path.of("journal").toAbsolutePath());
    }

    @Test
    void aSettingThatWasNotReadIsAnErrorOfTheProgram() {
        Settings settings = Settings.read(List.of(Settings.BROKER_ID), name -> Optional.empty());
        assertThatThrownBy(() -> settings.text(Settings.HTTP_PORT)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("millrace.http.port");
    }
}
