package io.millrace.rest.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.rest.dialect.RequestException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenStreamsTest {
    private final OpenStreams open = new OpenStreams(4, "millrace.streams.max");

    @Test
    void oneCallerHasHalfOfThemAndAllTogetherNoMoreThanThereAre() {
        OpenStreams.Place first = open.open("a", why -> { });
        open.open("a", why -> { });
        assertThatThrownBy(() -> open.open("a", why -> { })).isInstanceOf(RequestException.class)
                .hasMessageContaining("your address").extracting(e -> ((RequestException) e).status()).isEqualTo(503);
        open.open("b", why -> { });
        open.open("c", why -> { });
        assertThatThrownBy(() -> open.open("d", why -> { })).hasMessageContaining("millrace.streams.max");
        first.close();
        first.close();
        assertThat(open.open()).isEqualTo(3);
        open.open("a", why -> { });
        assertThat(open.open()).isEqualTo(4);
    }

    @Test
    void callersWithoutStreamsAreForgotten() {
        open.open("a", why -> { }).close();
        assertThat(open.callers()).isZero();
    }

    @Test
    void atTheEndAllAreEndedAndNoneBegins() {
        List<BrokerException> told = new ArrayList<>();
        open.open("a", told::add);
        open.end();
        assertThat(told).hasSize(1);
        assertThatThrownBy(() -> open.open("b", why -> { })).isInstanceOf(BrokerException.class).hasMessageContaining("another server");
    }
}
