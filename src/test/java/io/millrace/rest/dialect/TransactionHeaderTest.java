package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionHeaderTest {
    private static Optional<TransactionHeader> parse(String... values) {
        return TransactionHeader.parse(List.of(values));
    }

    @Test
    void itNamesATransactionalIdAndAnEpoch() {
        assertThat(parse("shop-1;epoch=7")).contains(new TransactionHeader("shop-1", OptionalInt.of(7)));
        assertThat(parse(" shop-1 ; epoch=0 ")).contains(new TransactionHeader("shop-1", OptionalInt.of(0)));
        assertThat(parse("shop-1")).contains(TransactionHeader.of("shop-1"));
        assertThat(parse()).isEmpty();
        assertThat(TransactionHeader.parse(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "with blank", "50%;epoch=3", "Zürich €", "\uD83D\uDE00", "tab\tand\nline", "=,\"", "%41"})
    void anyIdIsReadAsItWasWritten(String id) {
        TransactionHeader header = new TransactionHeader(id, OptionalInt.of(32767));
        assertThat(header.text()).matches("[!-~]+");
        assertThat(parse(header.text())).contains(header);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ";epoch=1", "a;epoch=", "a;epoch=-1", "a;epoch=32768", "a;epoch=1x", "a;other=1", "a;", "a%4", "a%zz",
        "a%FF", "a;epoch=1;epoch=2"})
    void whatIsNoneIsRefused(String text) {
        assertThatThrownBy(() -> parse(text)).isInstanceOf(RequestException.class).hasMessageContaining("Millrace-Transaction");
    }

    @Test
    void itIsThereOnce() {
        assertThatThrownBy(() -> parse("a;epoch=1", "a;epoch=1")).isInstanceOf(RequestException.class).hasMessageContaining("2 times");
    }

    @Test
    void anIdIsAtMost255Characters() {
        assertThat(parse("a".repeat(255))).isPresent();
        assertThatThrownBy(() -> parse("a".repeat(256))).isInstanceOf(RequestException.class).hasMessageContaining("256");
    }
}
