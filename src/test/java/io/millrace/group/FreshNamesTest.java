package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FreshNamesTest {
    @Test
    void everyIncarnationHas16HexDigitsAndNoneComesTwice() {
        Supplier<String> incarnations = FreshNames.random().incarnations();

        Set<String> tokens = Stream.generate(incarnations).limit(1_000).collect(Collectors.toSet());

        assertThat(tokens).hasSize(1_000).allSatisfy(token -> assertThat(token).matches("[0-9a-f]{16}"));
    }
}
