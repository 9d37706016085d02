package io.millrace.rest.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.ListLimits;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordPlace;
import io.millrace.rest.dialect.RequestException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolledRecordsTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private static FetchAllResult.Part part(TopicPartition id, String... values) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        for (String value : values) {
            batch.append(1, null, StandardCharsets.UTF_8.encode(value), List.of());
        }
        ByteBuffer bytes = batch.build();
        return new FetchAllResult.Part(id, new FetchResult(0, values.length, values.length, 0, 0, bytes), null);
    }

    private static PolledRecords list(int maxBytes, boolean exact, int maxRecords, FetchAllResult.Part... parts) {
        RenderedList list = new RenderedList(RecordFormat.JSON, ListLimits.of(maxBytes, 1 << 20, maxRecords),
                new MemoryBudget(1 << 20).reserve(1000));
        return PolledRecords.list(List.of(parts), maxBytes, exact, list);
    }

    private static String text(PolledRecords records) {
        return StandardCharsets.UTF_8.decode(records.pieces().get(0).duplicate()).toString();
    }

    @Test
    void theRecordsOfAllPartitionsAreOneList() {
        PolledRecords records = list(1000, false, 100, part(FIRST, "1", "2"), part(SECOND, "3"));
        assertThat(text(records)).startsWith("[{").endsWith("}]").contains("\"value\":1,", "\"value\":2,", "\"value\":3,");
        assertThat(records.next()).containsEntry(FIRST, 2L).containsEntry(SECOND, 1L);
    }

    @Test
    void whatHasNoRoomIsNotDelivered() {
        assertThat(list(1000, false, 2, part(FIRST, "1", "2"), part(SECOND, "3")).next()).containsOnlyKeys(FIRST);
        PolledRecords cut = list(3, false, 100, part(FIRST, "11", "22"), part(SECOND, "3"));
        assertThat(cut.next()).containsEntry(FIRST, 1L).doesNotContainKey(SECOND);
    }

    @Test
    void aFirstRecordThatIsLargerThanWasAskedForIsAnErrorOnlyWhenThatWasAsked() {
        assertThat(list(1, false, 100, part(FIRST, "12345")).next()).containsEntry(FIRST, 1L);
        RequestException tooLarge = catchThrowableOfType(RequestException.class, () -> list(1, true, 100, part(FIRST, "12345", "6")));
        assertThat(tooLarge.status()).isEqualTo(422);
        assertThat(tooLarge.record()).contains(new RecordPlace("orders", 0, 0));
    }

    @Test
    void aRecordOfAnotherFormatEndsTheListAndIsAnErrorWhenItIsTheFirst() {
        PolledRecords until = list(1000, false, 100, part(FIRST, "1", "no json", "3"), part(SECOND, "also none"));
        assertThat(until.next()).containsOnlyKeys(FIRST).containsEntry(FIRST, 1L);
        assertThat(text(until)).contains("\"value\":1,").doesNotContain("json");
        assertThat(catchThrowableOfType(RequestException.class, () -> list(1000, false, 100, part(FIRST, "no json")))
                .status()).isEqualTo(406);
    }

    @Test
    void whereThereIsNoMemoryForTheRestNothingIsDelivered() {
        String[] values = new String[200];
        Arrays.fill(values, "\"" + "v".repeat(100) + "\"");
        MemoryBudget budget = new MemoryBudget(1 << 20);
        budget.reserve((1 << 20) - 10_000);
        MemoryBudget.Reservation memory = budget.reserve(1000);
        RenderedList list = new RenderedList(RecordFormat.JSON, ListLimits.of(1 << 20, 1 << 20, 1000), memory);

        assertThat(catchThrowableOfType(RequestException.class,
                () -> PolledRecords.list(List.of(part(FIRST, values)), 1 << 20, false, list)).status()).isEqualTo(503);
    }

    @Test
    void rawBatchesAreAllThereAndTheHeaderSaysWhoseTheyAre() {
        PolledRecords raw = PolledRecords.raw(List.of(part(FIRST, "a"), part(SECOND, "b", "c")), 100);
        int first = raw.pieces().get(0).remaining();
        assertThat(raw.partitions()).isEqualTo("orders;0;0;1;" + first + ",orders;1;0;2;" + raw.pieces().get(1).remaining());
        assertThat(raw.next()).containsEntry(FIRST, 1L).containsEntry(SECOND, 2L);
        assertThat(PolledRecords.raw(List.of(), 100).partitions()).isEmpty();
    }

    @Test
    void aRawAnswerEndsWithThePartThatReachesTheMostRecordsAndBeforeTheHeaderGetsTooLong() {
        assertThat(PolledRecords.raw(List.of(part(FIRST, "a", "b"), part(SECOND, "c")), 2).next()).containsOnlyKeys(FIRST);
        List<FetchAllResult.Part> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            many.add(part(new TopicPartition("t".repeat(249), i), "a"));
        }
        PolledRecords raw = PolledRecords.raw(many, 1000);
        assertThat(raw.partitions().length()).isLessThanOrEqualTo(PolledRecords.MAX_HEADER_CHARS);
        assertThat(raw.next()).hasSize(raw.partitions().split(",").length).hasSizeGreaterThan(5);
    }
}
