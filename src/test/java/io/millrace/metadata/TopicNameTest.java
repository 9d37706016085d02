package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.millrace.broker.Failures;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "orders", "Orders-2.v_1", "...", "-", "_private", ".hidden"})
    void legalNamesPass(String name) {
        assertThatCode(() -> TopicName.check(name)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", ".", "..", "../etc", "a/b", "a\\b", "a b", "a\0", "ä", "a\n", "%2e%2e", "a:b", "*"})
    void namesThatMeanSomethingToAFileSystemAreRefused(String name) {
        Failures.assertFails(ErrorKind.INVALID_TOPIC_NAME, () -> TopicName.check(name))
                .hasMessageContaining("1 to 249");
    }

    @Test
    void aNameHasAtMost249Characters() {
        assertThatCode(() -> TopicName.check("a".repeat(249))).doesNotThrowAnyException();
        Failures.assertFails(ErrorKind.INVALID_TOPIC_NAME, () -> TopicName.check("a".repeat(250)))
                .hasMessageMatching("'a{60}\\.\\.\\.'.*");
    }

    @Test
    void namesThatBeginWithTwoUnderscoresAreReserved() {
        Failures.assertFails(ErrorKind.INVALID_TOPIC_NAME, () -> TopicName.check("__offsets"))
                .hasMessageContaining("reserved");
    }
}
