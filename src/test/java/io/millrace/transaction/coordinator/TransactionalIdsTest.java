package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionalIdsTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "transfer-1", "with blank", "a;b", "%2F", "...", ".a", "a~b+c&d=e?f#g", "Zürich €", "\uD83D\uDE00"})
    void whatAPathCanCarryMayBeOne(String id) {
        assertThatCode(() -> TransactionalIds.check(id)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "..", "a/b", "/", "a\\b", ";a", " ", "\t", "a\nb", "a\u0000", "a\u007f", "a\u0085"})
    void whatNoneCanCarryIsRefusedAndSaysSo(String id) {
        assertThatThrownBy(() -> TransactionalIds.check(id)).isInstanceOf(BrokerException.class)
            .hasMessageContaining("no path could carry it");
    }
}
