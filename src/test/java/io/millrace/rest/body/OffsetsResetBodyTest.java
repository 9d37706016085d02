package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.group.offsets.OffsetTarget;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.RequestException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OffsetsResetBodyTest {
    private final JsonBodies json = new JsonBodies();

    @Test
    void eachOfTheFiveTargetsIsRead() {
        assertThat(target("\"to\":\"earliest\"")).isEqualTo(new OffsetTarget.Earliest());
        assertThat(target("\"to\":\"latest\",\"value\":null")).isEqualTo(new OffsetTarget.Latest());
        assertThat(target("\"to\":\"timestamp\",\"value\":1700000000000"))
                .isEqualTo(new OffsetTarget.AtTimestamp(1_700_000_000_000L));
        assertThat(target("\"to\":\"offset\",\"value\":9223372036854775807"))
                .isEqualTo(new OffsetTarget.AtOffset(Long.MAX_VALUE));
        assertThat(target("\"to\":\"shift\",\"value\":-10")).isEqualTo(new OffsetTarget.By(-10));
    }

    @Test
    void whatIsNotNamedIsEverythingAndForGood() {
        assertThat(read("{\"to\":\"latest\"}"))
                .isEqualTo(new OffsetsResetBody(new OffsetTarget.Latest(), List.of(), List.of(), false));
        assertThat(read("{\"to\":\"latest\",\"topics\":null,\"partitions\":null,\"dry_run\":null}"))
                .isEqualTo(read("{\"to\":\"latest\",\"dry_run\":false}"));
    }

    @Test
    void topicsAndPartitionsAreRead() {
        OffsetsResetBody reset = read("""
                {"to":"earliest","topics":["a","b"],"partitions":[{"topic":"c","partition":7}],"dry_run":true}""");

        assertThat(reset.topics()).containsExactly("a", "b");
        assertThat(reset.partitions()).containsExactly(new TopicPartition("c", 7));
        assertThat(reset.dryRun()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{", "{}", "{\"to\":null}", "{\"to\":1}", "{\"to\":\"latest\",\"to\":\"earliest\"}",
        "{\"to\":\"latest\",\"dryRun\":true}", "{\"to\":\"latest\",\"value\":1}", "{\"to\":\"earliest\",\"value\":0}",
        "{\"to\":\"shift\"}", "{\"to\":\"offset\",\"value\":null}", "{\"to\":\"offset\",\"value\":\"1\"}",
        "{\"to\":\"offset\",\"value\":1.5}", "{\"to\":\"timestamp\",\"value\":9223372036854775808}",
        "{\"to\":\"timestamp\",\"value\":1e999999999}", "{\"to\":\"latest\",\"topics\":\"a\"}",
        "{\"to\":\"latest\",\"topics\":[1]}", "{\"to\":\"latest\",\"topics\":[null]}",
        "{\"to\":\"latest\",\"partitions\":{}}", "{\"to\":\"latest\",\"partitions\":[\"a\"]}",
        "{\"to\":\"latest\",\"partitions\":[{\"topic\":\"a\"}]}",
        "{\"to\":\"latest\",\"partitions\":[{\"partition\":0}]}",
        "{\"to\":\"latest\",\"partitions\":[{\"topic\":1,\"partition\":0}]}",
        "{\"to\":\"latest\",\"partitions\":[{\"topic\":\"a\",\"partition\":\"0\"}]}",
        "{\"to\":\"latest\",\"partitions\":[{\"topic\":\"a\",\"partition\":2147483648}]}",
        "{\"to\":\"latest\",\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"offset\":1}]}",
        "{\"to\":\"latest\",\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"partition\":1}]}",
        "{\"to\":\"latest\",\"dry_run\":\"true\"}", "{\"to\":\"latest\",\"dry_run\":1}"})
    void missingAndUnknownFieldsAndWrongTypesAreBadRequests(String body) {
        RequestException e = catchThrowableOfType(RequestException.class, () -> read(body));

        assertThat(e).as(body).isNotNull();
        assertThat(e.status()).isEqualTo(400);
        assertThat(e.validationErrors()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{\"to\":\"middle\"} | earliest, latest, timestamp, offset or shift",
        "{\"to\":\"offset\",\"value\":-1} | 0 or more", "{\"to\":\"timestamp\",\"value\":-1} | 0 or more",
        "{\"to\":\"latest\",\"partitions\":[{\"topic\":\"a\",\"partition\":-1}]} | 0 or more",
        "{\"to\":\"latest\",\"topics\":[]} | leave it out", "{\"to\":\"latest\",\"partitions\":[]} | leave it out"})
    void valuesThatAreNotAllowedAreRefusedWithThoseThatAre(String body, String allowed) {
        RequestException e = catchThrowableOfType(RequestException.class, () -> read(body));

        assertThat(e).as(body).isNotNull();
        assertThat(e.status()).isEqualTo(422);
        assertThat(e).hasMessageContaining(allowed);
    }

    private OffsetTarget target(String fields) {
        return read("{" + fields + "}").target();
    }

    private OffsetsResetBody read(String body) {
        return OffsetsResetBody.of(json.object(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8))));
    }
}
