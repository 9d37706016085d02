package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordStreamWriterTest {
    private final BodyPieces out = new BodyPieces(16, bytes -> { });

    @Test
    void eventsHaveTheOffsetAsTheirIdAndTheRecordAsTheirData() {
        long next = write(StreamForm.EVENTS, 1 << 20, "1", "\"two\"");
        assertThat(next).isEqualTo(2);
        assertThat(text()).isEqualTo("""
                id: 0
                data: {"topic":"t","key":null,"value":1,"partition":3,"offset":0,"timestamp":1,"headers":[]}

                id: 1
                data: {"topic":"t","key":null,"value":"two","partition":3,"offset":1,"timestamp":1,"headers":[]}

                """);
    }

    @Test
    void ofSeveralPartitionsTheIdSaysWhich() {
        RecordStreamWriter writer = new RecordStreamWriter(StreamForm.EVENTS, RecordFormat.JSON, 1 << 20, out, bytes -> { });
        writer.writePlaced("t", 3, batch("1", "no JSON"), 0, 2);
        writer.writePlaced("u", 0, batch("2"), 0, 1);
        assertThat(text().lines().filter(line -> line.startsWith("id: "))).containsExactly("id: t/3/0", "id: t/3/1", "id: u/0/0");
    }

    @Test
    void lineBreaksBetweenThePartsOfAValueAreSpaces() {
        write(StreamForm.LINES, 1 << 20, "{\r\n \"a\":\n[1,\r2]}");
        assertThat(text()).isEqualTo("{\"topic\":\"t\",\"key\":null,\"value\":{   \"a\": [1, 2]},\"partition\":3,\"offset\":0,"
                + "\"timestamp\":1,\"headers\":[]}\n");
    }

    @Test
    void aRecordThatCannotBeShownIsAnErrorInItsPlace() {
        long next = write(StreamForm.EVENTS, 1 << 20, "1", "no JSON", "3");
        assertThat(next).isEqualTo(3);
        String[] events = text().split("\n\n");
        assertThat(events).hasSize(3);
        assertThat(events[1]).startsWith("event: error\nid: 1\ndata: {\"error_code\":406,").endsWith("\"partition\":3,\"offset\":1}");
        assertThat(events[2]).startsWith("id: 2\n");
    }

    @Test
    void theFirstRecordAlwaysHasRoomAndTheNextOnesAsFarAsItGoes() {
        assertThat(write(StreamForm.LINES, 10, "1", "2", "3")).isEqualTo(1);
        assertThat(text()).hasLineCount(1);
    }

    @Test
    void whereThereIsNoMemoryNoRecordIsToBlame() {
        RecordStreamWriter writer = new RecordStreamWriter(StreamForm.LINES, RecordFormat.JSON, 100, new BodyPieces(16, bytes -> {
            if (bytes > 1000) {
                throw RequestException.overloaded("no memory");
            }
        }), bytes -> { });
        assertThatThrownBy(() -> writer.write("t", 3, batch("\"" + "x".repeat(2_000) + "\""), 0, 1)).hasMessage("no memory");
    }

    @Test
    void errorsAndSignsAreElementsOfTheirOwn() {
        ErrorBody error = new ErrorBody(503, "gone");
        assertThat(new String(StreamForm.EVENTS.error(error), StandardCharsets.UTF_8))
                .isEqualTo("event: error\ndata: {\"error_code\":503,\"message\":\"gone\"}\n\n");
        assertThat(new String(StreamForm.LINES.error(error), StandardCharsets.UTF_8))
                .isEqualTo("{\"error_code\":503,\"message\":\"gone\"}\n");
        for (StreamForm form : StreamForm.values()) {
            assertThat(form.isBetween(form.error(error))).isTrue();
            assertThat(form.isBetween(form.sign())).isTrue();
            assertThat(form.isBetween(new byte[] {'{'})).isFalse();
            assertThat(StreamForm.of(form.mediaType() + ";charset=UTF-8")).isEqualTo(form);
        }
        assertThat(StreamForm.of(MediaTypes.JSON)).isNull();
        assertThat(StreamForm.of(null)).isNull();
    }

    private long write(StreamForm form, long maxBytes, String... values) {
        return new RecordStreamWriter(form, RecordFormat.JSON, maxBytes, out, bytes -> { })
                .write("t", 3, batch(values), 0, values.length);
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        out.pieces().forEach(piece -> text.append(StandardCharsets.UTF_8.decode(piece)));
        return text.toString();
    }

    private static ByteBuffer batch(String... values) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        for (String value : values) {
            batch.append(1, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        }
        return batch.build();
    }
}
