package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.ErrorKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorBodyTest {
    @Test
    void itHasCodeAndMessage() {
        assertThat(json(new ErrorBody(404, "topic \"a\" is\nunknown")))
                .isEqualTo("{\"error_code\":404,\"message\":\"topic \\\"a\\\" is\\nunknown\"}");
    }

    @Test
    void itListsValidationErrorsWhenThereAreAny() {
        assertThat(json(new ErrorBody(400, "bad", List.of("a", "b"))))
                .isEqualTo("{\"error_code\":400,\"message\":\"bad\",\"validation_errors\":[\"a\",\"b\"]}");
    }

    @ParameterizedTest
    @EnumSource
    void everyKindOfErrorHasAStatus(ErrorKind kind) {
        assertThat(ErrorStatus.of(kind)).isBetween(400, 599);
    }

    @ParameterizedTest
    @CsvSource({"UNKNOWN_TOPIC,404", "UNKNOWN_PARTITION,404", "TOPIC_EXISTS,409", "INVALID_TOPIC_NAME,400",
        "INVALID_REQUEST,400", "INVALID_CONFIG,422", "INVALID_PARTITIONS,422", "INVALID_REPLICATION_FACTOR,422",
        "INVALID_BATCH,422", "INVALID_RECORD,422", "INVALID_TIMESTAMP,422", "POLICY_VIOLATION,422", "RECORD_TOO_LARGE,413", "OFFSET_OUT_OF_RANGE,416", "OVERLOADED,503", "UNAVAILABLE,503",
        "LOG_DIRECTORY_OFFLINE,503", "CORRUPT_LOG,500"})
    void statusesAreThoseOfTheDocumentation(ErrorKind kind, int status) {
        assertThat(ErrorStatus.of(kind)).isEqualTo(status);
    }

    private static String json(ErrorBody body) {
        return new String(body.toJson(), StandardCharsets.UTF_8);
    }

    @Test
    void theRecordThatAnErrorIsAboutIsNamed() {
        ErrorBody body = new ErrorBody(406, "no JSON", List.of(), new RecordPlace("orders", 2, Long.MAX_VALUE));

        assertThat(new String(body.toJson(), StandardCharsets.UTF_8)).isEqualTo(
                "{\"error_code\":406,\"message\":\"no JSON\",\"topic\":\"orders\",\"partition\":2,\"offset\":9223372036854775807}");
    }
}
