package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyHeaderTest {
    @Test
    void whoSendsNoneHasNone() {
        assertThat(KeyHeader.text(null)).isNull();
        assertThat(KeyHeader.text(List.of())).isNull();
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '\'', value = {"'abc', 'abc'", "'\"abc\"', 'abc'", "' \"abc\" ', 'abc'", "'\"a\\\"b\\\\c\"', 'a\"b\\c'",
            "'a\"b', 'a\"b'", "'\"\"', ''", "' ', ''"})
    void aTextInQuotesIsTheSameKeyAsTheBareText(String header, String key) {
        assertThat(KeyHeader.text(List.of(header))).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "\"abc", "\"abc\\\"", "\"a\"b", "\"abc\";x=1", "\"a\\b\""})
    void whatBeginsInQuotesMustBeOneTextInQuotes(String header) {
        assertThatThrownBy(() -> KeyHeader.text(List.of(header))).isInstanceOf(RequestException.class)
                .satisfies(e -> assertThat(((RequestException) e).status()).isEqualTo(400));
    }

    @Test
    void twoAreRefused() {
        assertThatThrownBy(() -> KeyHeader.text(List.of("a", "b"))).isInstanceOf(RequestException.class)
                .hasMessageContaining("2 times");
    }
}
