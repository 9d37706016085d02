package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        return Settings.CATALOGUE.stream().filter(setting -> setting.type() instanceof SettingType.WholeNumber).toList();
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
        for (String wrong : List.of(Long.toString(range.min() - 1), Long.toString(range.max() + 1), "1.5", "many", "")) {
            assertThatThrownBy(() -> read(Map.of(setting.name(), wrong))).isInstanceOf(InvalidSettingsException.class)
                    .hasMessageContaining(setting.name()).hasMessageContaining(setting.environmentName())
                    .hasMessageContaining("'" + wrong + "'").hasMessageContaining(range.allowed());
        }
    }

    @Test
    void everyWrongValueIsNamedAtOnce() {
        assertThatThrownBy(() -> read(Map.of("millrace.http.port", "0", "millrace.broker.id", "me", "millrace.log.dirs", "a,a")))
                .hasMessageContaining("millrace.http.port").hasMessageContaining("millrace.broker.id")
                .hasMessageContaining("millrace.log.dirs").hasMessageContaining("docs/configuration.md");
    }

    @Test
    void aRequestMustFitIntoTheMemoryForRequests() {
        assertThatThrownBy(() -> read(Map.of("millrace.request.max.bytes", "8388608", "millrace.request.memory.bytes", "4194304",
                "millrace.fetch.max.bytes", "1048576")))
                .hasMessageContaining("millrace.request.max.bytes is 8388608, but must be at most millrace.request.memory.bytes");
    }

    @Test
    void aPropertyThatBeginsLikeOursButIsNoneIsFound() {
        assertThat(Settings.unknown(Settings.CATALOGUE, List.of("millrace.broker.id", "millrace.brokr.id", "java.home")))
                .containsExactly("millrace.brokr.id");
    }

    @Test
    void severalFoldersAreSeparatedByCommas() {
        assertThat(read(Map.of("millrace.log.dirs", " /a/b , /c ")).folders(Settings.LOG_DIRS))
                .extracting(Object::toString).containsExactly("/a/b", "/c");
    }
}
