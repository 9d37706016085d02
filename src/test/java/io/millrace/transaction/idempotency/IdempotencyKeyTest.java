package io.millrace.transaction.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdempotencyKeyTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "order 17 / \"x\" ~"})
    void visibleAsciiIsAKey(String text) {
        assertThat(IdempotencyKey.checked("orders", 3, text)).isEqualTo(new IdempotencyKey("orders", 3, text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tab\there", "gr\u00fcn", "\u0000", "del\u007f"})
    void nothingElseIs(String text) {
        refused(ErrorKind.INVALID_REQUEST, "orders", text);
    }

    @Test
    void itHas255CharactersAtMost() {
        assertThat(IdempotencyKey.checked("orders", -1, "k".repeat(255)).text()).hasSize(255);
        refused(ErrorKind.INVALID_REQUEST, "orders", "k".repeat(256));
    }

    @Test
    void itIsOfATopicThatUsersMayWriteTo() {
        refused(ErrorKind.INTERNAL_TOPIC, "__idempotency_keys", "k");
        refused(ErrorKind.UNKNOWN_TOPIC, "no topic", "k");
    }

    private static void refused(ErrorKind kind, String topic, String text) {
        assertThatThrownBy(() -> IdempotencyKey.checked(topic, 0, text)).isInstanceOf(BrokerException.class)
                .satisfies(e -> assertThat(((BrokerException) e).kind()).isEqualTo(kind));
    }
}
