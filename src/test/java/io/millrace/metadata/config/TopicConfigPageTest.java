package io.millrace.metadata.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The page and the code list the same configuration of topics, with the same defaults. */
class TopicConfigPageTest {
    private static final Path PAGE = Path.of("docs", "api.md");

    @Test
    void thePageHasARowForEveryKeyAndNoOther() throws IOException {
        List<String> rows = Files.readAllLines(PAGE).stream().dropWhile(line -> !line.equals("Configuration of a topic:"))
                .dropWhile(line -> !line.startsWith("| `")).takeWhile(line -> line.startsWith("| `"))
                .map(TopicConfigPageTest::keyAndDefault).toList();
        assertThat(rows).containsExactlyInAnyOrderElementsOf(
                Arrays.stream(TopicConfigKey.values()).map(key -> key.key() + " " + key.defaultValue()).toList());
    }

    private static String keyAndDefault(String row) {
        String[] cells = row.replace("`", "").split(" *\\| *");
        return cells[1] + " " + cells[2];
    }
}
