package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordFormatTest {
    @ParameterizedTest
    @CsvSource({"application/vnd.kafka.json.v2+json, JSON", "application/vnd.kafka.binary.v2+json, BINARY",
        "application/vnd.kafka.text.v2+json, TEXT", "application/json, JSON", "application/json;charset=utf-8, JSON",
        "Application/VND.kafka.JSON.v2+json ; Charset=\"UTF-8\", JSON", "application/json; profile=x, JSON"})
    void theContentTypeNamesTheFormat(String contentType, RecordFormat format) {
        assertThat(RecordFormat.ofContentType(contentType)).isEqualTo(format);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "text/plain", "application/vnd.kafka.avro.v2+json", "application/x-www-form-urlencoded",
        "application/json; charset=iso-8859-1"})
    void otherTypesAreNotSupportedAndTheMessageListsThoseThatAre(String contentType) {
        RequestException e = catchThrowableOfType(RequestException.class,
                () -> RecordFormat.ofContentType(contentType));

        assertThat(e.status()).isEqualTo(415);
        assertThat(e).hasMessageContaining(MediaTypes.JSON_RECORDS);
    }
}
