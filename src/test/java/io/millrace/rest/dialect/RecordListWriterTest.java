package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordListWriterTest {
    private BodyPieces out = new BodyPieces(16, bytes -> { });

    @Test
    void aRecordHasTheDialectsFieldsAndTimestampAndHeaders() {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(1591897790000L, bytes("\"k\""), bytes("{\"v\":1.10}"),
                List.of(new Header("h", bytes("x")), new Header("n\"", null)));

        assertThat(written(RecordFormat.JSON, batch.build())).isEqualTo("[{\"topic\":\"orders\",\"key\":\"k\","
                + "\"value\":{\"v\":1.10},\"partition\":3,\"offset\":0,\"timestamp\":1591897790000,"
                + "\"headers\":[{\"key\":\"h\",\"value\":\"eA==\"},{\"key\":\"n\\\"\",\"value\":null}]}]");
    }

    @Test
    void eachFormatGivesTheSameBytesItsOwnWay() {
        ByteBuffer batch = batch(Codec.NONE, "12");

        assertThat(written(RecordFormat.JSON, batch.duplicate())).contains("\"value\":12,");
        assertThat(written(RecordFormat.TEXT, batch.duplicate())).contains("\"value\":\"12\",");
        assertThat(written(RecordFormat.BINARY, batch.duplicate())).contains("\"value\":\"MTI=\",");
    }

    @ParameterizedTest
    @EnumSource
    void missingKeysAndTombstonesAreNull(RecordFormat format) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(1, null, null, List.of());

        assertThat(written(format, batch.build())).isEqualTo("[{\"topic\":\"orders\",\"key\":null,\"value\":null,"
                + "\"partition\":3,\"offset\":0,\"timestamp\":1,\"headers\":[]}]");
    }

    @ParameterizedTest
    @EnumSource
    void recordsComeOutOfEveryCodec(Codec codec) {
        assertThat(written(RecordFormat.TEXT, batch(codec, "a", "b", "c")))
                .contains("\"value\":\"a\"", "\"value\":\"b\"", "\"value\":\"c\"");
    }

    @Test
    void recordsBeforeTheOffsetAreLeftOut() {
        long next = write("t", 0, RecordFormat.TEXT, 1000, batch(Codec.NONE, "a", "b", "c"), 2, 3);

        assertThat(text()).contains("\"offset\":2").doesNotContain("\"offset\":1");
        assertThat(next).isEqualTo(3);
    }

    @Test
    void theListEndsBeforeMaxBytesArePassedButHoldsOneRecord() {
        long next = write("t", 0, RecordFormat.TEXT, 25, batch(Codec.NONE, "0123456789", "0123456789", "0123456789"), 0, 3);
        assertThat(next).isEqualTo(2);
        assertThat(text()).contains("\"offset\":1").doesNotContain("\"offset\":2");

        out = new BodyPieces(16, bytes -> { });
        assertThat(write("t", 0, RecordFormat.TEXT, 1, batch(Codec.NONE, "0123456789", "x"), 0, 2)).isEqualTo(1);
        assertThat(text()).contains("0123456789");
    }

    @Test
    void noBatchesMakeAnEmptyArray() {
        long next = write("t", 0, RecordFormat.JSON, 10, ByteBuffer.allocate(0), 5, 5);

        assertThat(text()).isEqualTo("[]");
        assertThat(next).isEqualTo(5);
    }

    @Test
    void whatIsNotJsonIsNotAcceptableAndTheMessageSaysWhereAndWhatToDo() {
        RequestException e = catchThrowableOfType(RequestException.class,
                () -> written(RecordFormat.JSON, batch(Codec.NONE, "1", "plain text")));

        assertThat(e.status()).isEqualTo(406);
        assertThat(e).hasMessageContaining("value").hasMessageContaining("offset 1").hasMessageContaining("orders-3")
                .hasMessageContaining(MediaTypes.BINARY_RECORDS);
        assertThat(e.record()).contains(new RecordPlace("orders", 3, 1));
    }

    @Test
    void whatIsNotUtf8IsNotAcceptableAsText() {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(1, null, ByteBuffer.wrap(new byte[] {(byte) 0xff}), List.of());
        ByteBuffer bytes = batch.build();

        assertThat(catchThrowableOfType(RequestException.class, () -> written(RecordFormat.TEXT, bytes.duplicate()))
                .status()).isEqualTo(406);
        assertThat(written(RecordFormat.BINARY, bytes)).contains("\"/w==\"");
    }

    @Test
    void readOnlyBatchesAreWrittenToo() {
        assertThat(written(RecordFormat.TEXT, batch(Codec.NONE, "a").asReadOnlyBuffer())).contains("\"value\":\"a\"");
    }

    private long write(String topic, int partition, RecordFormat format, int maxBytes, ByteBuffer batches, long from, long next) {
        RecordListWriter writer = writer(format, new ListLimits(maxBytes, Long.MAX_VALUE, Integer.MAX_VALUE));
        writer.open();
        long written = writer.write(topic, partition, batches, from, next);
        writer.close();
        return written;
    }

    @Test
    void recordsOfSeveralPartitionsAreOneListWithOneBoundOnBytesAndRecords() {
        RecordListWriter writer = writer(RecordFormat.TEXT, new ListLimits(1000, Long.MAX_VALUE, 3));
        writer.open();
        assertThat(writer.write("a", 0, batch(Codec.NONE, "x", "y"), 0, 2)).isEqualTo(2);
        assertThat(writer.isFull()).isFalse();
        assertThat(writer.write("b", 7, batch(Codec.NONE, "z", "more"), 0, 2)).isEqualTo(1);
        assertThat(writer.isFull()).isTrue();
        writer.close();
        assertThat(writer.written()).isEqualTo(3);
        assertThat(text()).startsWith("[{").endsWith("}]").contains("},{\"topic\":\"b\"").contains("\"partition\":7")
                .doesNotContain("more");
    }

    @Test
    void theListIsBoundedByWhatItTakesToWriteIt() {
        ByteBuffer nothings = nulls(Codec.NONE, 1000);
        RecordListWriter writer = writer(RecordFormat.JSON, new ListLimits(1, 5_000, Integer.MAX_VALUE));
        writer.open();
        long next = writer.write("orders", 3, nothings, 0, 1000);
        writer.close();

        assertThat(writer.isFull()).isTrue();
        assertThat(next).isEqualTo(writer.written()).isBetween(30L, 60L);
        assertThat(out.size()).isEqualTo(text().length()).isBetween(4_800L, 5_000L);
        assertThat(text()).endsWith("\"offset\":" + (next - 1) + ",\"timestamp\":1,\"headers\":[]}]");
    }

    @Test
    void headersCountForTheBoundAndAFirstRecordAlwaysHasRoom() {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        for (int i = 0; i < 3; i++) {
            batch.append(1, null, null, List.of(new Header("h", ByteBuffer.allocate(600_000))));
        }
        RecordListWriter writer = writer(RecordFormat.BINARY, new ListLimits(1, 100_000, Integer.MAX_VALUE));
        writer.open();
        assertThat(writer.write("orders", 3, batch.build(), 0, 3)).isEqualTo(1);
        writer.close();
        assertThat(text()).contains("\"offset\":0").doesNotContain("\"offset\":1");
    }

    @ParameterizedTest
    @EnumSource
    void aReaderThatStopsWithinABatchGetsEachRecordOnce(Codec codec) {
        ByteBuffer batch = nulls(codec, 1000);
        int lists = 0;
        for (long from = 0; from < 1000; lists++) {
            out = new BodyPieces(16, bytes -> { });
            RecordListWriter writer = writer(RecordFormat.TEXT, new ListLimits(1, 20_000, Integer.MAX_VALUE));
            writer.open();
            long next = writer.write("orders", 3, batch.duplicate(), from, 1000);
            writer.close();
            assertThat(text()).startsWith("[{").contains("\"offset\":" + from + ",", "\"offset\":" + (next - 1) + ",");
            assertThat(next - from).isEqualTo(writer.written()).isPositive();
            from = next;
        }
        assertThat(lists).isBetween(4, 10);
    }

    @Test
    void aLongListIsInPiecesAndItsMemoryIsToldBeforeItIsTaken() {
        List<Long> told = new ArrayList<>();
        out = new BodyPieces(16, told::add);
        ByteBuffer batch = nulls(Codec.NONE, 10_000);
        write("orders", 3, RecordFormat.JSON, 1, batch, 0, 10_000);

        assertThat(out.pieces()).hasSizeGreaterThan(3).allMatch(piece -> piece.capacity() <= 2 * BodyPieces.PIECE_BYTES);
        assertThat(text()).hasSize((int) out.size());
        assertThat(told.get(told.size() - 1)).isEqualTo(out.capacity()).isGreaterThan(out.size());
    }

    @Test
    void whatIsInflatedIsTold() {
        List<Long> told = new ArrayList<>();
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.GZIP);
        batch.append(1, null, ByteBuffer.allocate(1 << 20), List.of());
        RecordListWriter writer = new RecordListWriter(RecordFormat.BINARY, new ListLimits(1, 1, 1), out, told::add);
        writer.open();
        writer.write("orders", 3, batch.build(), 0, 1);

        assertThat(told).allMatch(bytes -> bytes > 0).anyMatch(bytes -> bytes >= 1 << 20);
    }

    private static ByteBuffer nulls(Codec codec, int count) {
        RecordBatchBuilder batch = new RecordBatchBuilder(codec);
        for (int i = 0; i < count; i++) {
            batch.append(1, null, null, List.of());
        }
        return batch.build();
    }

    @Test
    void aRecordThatCannotBeGivenLeavesTheListAsItWas() {
        RecordListWriter writer = writer(RecordFormat.JSON, new ListLimits(1000, Long.MAX_VALUE, 10));
        writer.open();
        catchThrowableOfType(RequestException.class, () -> writer.write("a", 0, batch(Codec.NONE, "1", "no json"), 0, 2));
        writer.close();
        assertThat(writer.unwritten()).isEqualTo(1);
        assertThat(text()).contains("\"value\":1,").endsWith("}]").doesNotContain("no json");
    }

    private String written(RecordFormat format, ByteBuffer batches) {
        out = new BodyPieces(16, bytes -> { });
        write("orders", 3, format, 1 << 20, batches, 0, 100);
        return text();
    }

    private RecordListWriter writer(RecordFormat format, ListLimits limits) {
        return new RecordListWriter(format, limits, out, bytes -> { });
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        out.pieces().forEach(piece -> text.append(StandardCharsets.UTF_8.decode(piece)));
        return text.toString();
    }

    private static ByteBuffer batch(Codec codec, String... values) {
        RecordBatchBuilder batch = new RecordBatchBuilder(codec);
        for (String value : values) {
            batch.append(1, null, bytes(value), List.of());
        }
        return batch.build();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
