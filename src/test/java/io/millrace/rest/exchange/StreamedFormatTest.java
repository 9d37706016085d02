package io.millrace.rest.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.RequestException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamedFormatTest {
    @Test
    void aStreamOfAConsumerGoesOnBehindTheIdsOfItsLastEvents() {
        assertThat(StreamedFormat.behind(null)).isEmpty();
        assertThat(StreamedFormat.behind(List.of("orders/2/7"))).isEqualTo(Map.of(new TopicPartition("orders", 2), 8L));
        assertThat(StreamedFormat.behind(List.of("a/0/7, b/1/0 ,a/0/5")))
                .isEqualTo(Map.of(new TopicPartition("a", 0), 8L, new TopicPartition("b", 1), 1L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "a/0", "a/0/", "a/0/x", "a/-1/0", "a/0/-1", "/0/1", "a/b/0/1", "a/0/1,", "a/2147483648/0",
        "a/0/9223372036854775807"})
    void whatIsNoIdIsRefused(String text) {
        assertThatThrownBy(() -> StreamedFormat.behind(List.of(text))).isInstanceOfSatisfying(RequestException.class, refused -> {
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.getMessage()).contains("Last-Event-ID");
        });
    }
}
