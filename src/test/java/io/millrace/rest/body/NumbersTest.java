package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    @Test
    void aHeaderMaySayAnyNumberFrom0AndNeedNotBeThere() {
        assertThat(Numbers.inHeader("Millrace-Poll", null)).isNull();
        assertThat(Numbers.inHeader("Millrace-Poll", "0")).isZero();
        assertThat(Numbers.inHeader("Millrace-Poll", " 41 ")).isEqualTo(41);
        assertThat(Numbers.inHeader("Millrace-Poll", "9223372036854775807")).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "-0", "+1", "1.5", "1,2", "one", "", "0x1", "\u0661", "9223372036854775808"})
    void whatElseItSaysIsRefused(String text) {
        RequestException refused = catchThrowableOfType(RequestException.class, () -> Numbers.inHeader("Millrace-Poll", text));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused).hasMessage("the header Millrace-Poll must be a number from 0 to 9223372036854775807, not \"%s\"", text);
    }
}
