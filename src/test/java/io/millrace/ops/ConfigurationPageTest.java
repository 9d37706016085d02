package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The page and the code list the same settings, with the same defaults, ranges and meanings. */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("docs", "configuration.md");

    @Test
    void thePageHasARowForEverySettingAndNoOther() throws IOException {
        List<String> rows = Files.readAllLines(PAGE).stream().filter(line -> line.startsWith("| `millrace.")).toList();
        assertThat(rows).containsExactlyElementsOf(
                Configuration.catalogue().stream().map(ConfigurationPageTest::row).toList());
    }

    private static String row(Setting setting) {
        return "| `%s` | `%s` | `%s` | %s | %s |".formatted(setting.name(), setting.environmentName(),
                setting.defaultValue(), setting.type().allowed(), setting.meaning());
    }
}
