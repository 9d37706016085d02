package io.millrace.rest.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.delivery.HandedOn;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.RecordForm;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.StreamForm;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PollSourceTest {
    private static final TopicPartition ZERO = new TopicPartition("t", 0);
    private static final TopicPartition ONE = new TopicPartition("t", 1);
    private static final PollRequest LIKE =
            new PollRequest(null, 1000, PollRequest.NOT_SAID, new PollRequest.Source(3, 5L, 6L));

    private final List<PollRequest> asked = new ArrayList<>();
    private final Queue<CompletableFuture<Polled>> given = new ArrayDeque<>();
    private final List<Map<TopicPartition, Long>> sought = new ArrayList<>();
    /** What became of answers: the offsets that were delivered, and what was written. */
    private final List<Object> told = new ArrayList<>();
    private boolean forbidden;
    private final MemoryBudget budget = new MemoryBudget(1 << 20);

    private final PollSource.Polling consumer = new PollSource.Polling() {
        @Override
        public CompletableFuture<Polled> poll(PollRequest request) {
            asked.add(request);
            CompletableFuture<Polled> answer = new CompletableFuture<>();
            given.add(answer);
            return answer;
        }

        @Override
        public void heard() {
            told.add("heard");
        }

        @Override
        public CompletableFuture<Void> seek(SortedMap<TopicPartition, Long> offsets) {
            sought.add(offsets);
            return CompletableFuture.completedFuture(null);
        }
    };

    private PollSource source(SortedMap<TopicPartition, Long> from) {
        return new PollSource(consumer, LIKE, from, () -> {
            if (forbidden) {
                throw RequestException.forbidden("not any more");
            }
        });
    }

    private Polled polled(long number, RecordForm form, FetchAllResult.Part... parts) {
        return new Polled(number, form, List.of(parts), 1, 500, told::add, told::add);
    }

    private static FetchAllResult.Part part(TopicPartition of, long from, String... values) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        for (String value : values) {
            batch.append(1, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        }
        ByteBuffer batches = batch.build();
        batches.putLong(0, from);
        return new FetchAllResult.Part(of, new FetchResult(from, from + values.length, from + values.length, 0, 0, batches), null);
    }

    private PollSource.Given next(PollSource source, Polled polled) {
        CompletableFuture<PollSource.Given> next = source.next(10_000, ReadMemory.UNBOUNDED);
        given.remove().complete(polled);
        return next.join();
    }

    private String write(PollSource.Given portion, long maxBytes) {
        try (MemoryBudget.Reservation memory = budget.reserve("a", portion.bytesRead())) {
            StreamedPart part = new StreamedPart(StreamForm.EVENTS, portion.format(), maxBytes, memory);
            portion.writeTo(part);
            StringBuilder text = new StringBuilder();
            part.end().forEach(piece -> text.append(StandardCharsets.UTF_8.decode(piece)));
            return text.toString();
        }
    }

    @Test
    void eachPollGoesOnBehindTheOneBeforeAndSaysNothingOfWhatWasReadBefore() {
        PollSource source = source(new TreeMap<>());
        PollSource.Given first = next(source, polled(7, RecordForm.JSON));
        assertThat(write(first, 1000)).isEmpty();
        first.written(20);
        next(source, polled(9, RecordForm.JSON));
        next(source, polled(12, RecordForm.JSON));
        assertThat(asked).extracting(PollRequest::behind).containsExactly(PollRequest.FIRST, 7L, 9L);
        assertThat(asked).extracting(PollRequest::waitMs).containsExactly(0L, 10_000L, 10_000L);
        assertThat(asked.get(0).source()).isEqualTo(LIKE.source());
        assertThat(asked.get(1).source()).isEqualTo(new PollRequest.Source(3, null, null));
        assertThat(first.head()).containsExactly(Map.entry("Millrace-Stream", "7"));
    }

    @Test
    void whatIsWrittenIsToldWithItsPlaceInTheStream() {
        PollSource source = source(new TreeMap<>());
        write(next(source, polled(7, RecordForm.JSON)), 1000);
        told.clear();
        PollSource.Given portion = next(source, polled(8, RecordForm.JSON, part(ZERO, 3, "1", "2"), part(ONE, 0, "3")));
        assertThat(portion.topics()).containsExactly("t");
        assertThat(write(portion, 1000).lines().filter(line -> line.startsWith("id: ")))
                .containsExactly("id: t/0/3", "id: t/0/4", "id: t/1/0");
        assertThat(told).containsExactly(Map.of(ZERO, 5L, ONE, 1L));
        portion.written(300);
        portion.lost();
        assertThat(told.subList(1, 2)).containsExactly(Optional.of(new HandedOn(7, 300)));
    }

    @Test
    void onlyWhatHasRoomCountsAsDelivered() {
        PollSource.Given portion = next(source(new TreeMap<>()),
                polled(7, RecordForm.JSON, part(ZERO, 0, "1", "2"), part(ONE, 0, "\"" + "x".repeat(50) + "\"")));
        assertThat(write(portion, 10)).contains("id: t/0/0").doesNotContain("t/0/1", "t/1/0");
        assertThat(told).containsExactly(Map.of(ZERO, 1L));
    }

    @Test
    void aRecordThatCannotBeShownIsSteppedOver() {
        PollSource.Given portion = next(source(new TreeMap<>()), polled(7, RecordForm.JSON, part(ZERO, 0, "no JSON", "2")));
        assertThat(write(portion, 1000)).contains("event: error\nid: t/0/0\n", "id: t/0/1\n");
        assertThat(told).containsExactly(Map.of(ZERO, 2L));
    }

    @Test
    void whatComesWhenNobodyWantsItAnyMoreIsGivenBack() {
        CompletableFuture<PollSource.Given> next = source(new TreeMap<>()).next(10_000, ReadMemory.UNBOUNDED);
        next.completeExceptionally(new IllegalStateException("the client is gone"));
        given.remove().complete(polled(7, RecordForm.JSON, part(ZERO, 0, "1")));
        assertThat(told).containsExactly(Map.of(), Optional.empty());
    }

    @Test
    void aStreamThatGoesOnBehindAnEventEndsTheOneBeforeAndSeeksThen() {
        PollSource source = source(new TreeMap<>(Map.of(ONE, 4L)));
        CompletableFuture<PollSource.Given> next = source.next(0, ReadMemory.UNBOUNDED);
        assertThat(sought).isEmpty();
        given.remove().complete(polled(7, RecordForm.JSON, part(ONE, 9, "1")));
        assertThat(told).containsExactly(Map.of(), Optional.empty());
        assertThat(sought).containsExactly(Map.of(ONE, 4L));
        assertThat(asked.get(1)).extracting(PollRequest::behind, PollRequest::waitMs).containsExactly(7L, 0L);
        given.remove().complete(polled(8, RecordForm.JSON, part(ONE, 4, "1")));
        assertThat(next.join().head()).containsEntry("Millrace-Stream", "8");
        next(source, polled(9, RecordForm.JSON));
        assertThat(sought).hasSize(1);
    }

    @Test
    void whileItPausesItsConsumerIsHeardOf() {
        source(new TreeMap<>()).paused();
        assertThat(told).containsExactly("heard");
        assertThat(asked).isEmpty();
    }

    @Test
    void theFormatIsTheConsumersAndRawBatchesAreNoStream() {
        assertThat(next(source(new TreeMap<>()), polled(7, RecordForm.TEXT)).format()).isEqualTo(RecordFormat.TEXT);
        PollSource.Given raw = next(source(new TreeMap<>()), polled(7, RecordForm.RAW));
        assertThatThrownBy(raw::format).isInstanceOfSatisfying(RequestException.class,
                refused -> assertThat(refused.status()).isEqualTo(406));
    }

    @Test
    void whoMayNotTakePartInTheGroupAnyMoreIsGivenNothing() {
        PollSource.Given portion = next(source(new TreeMap<>()), polled(7, RecordForm.JSON, part(ZERO, 0, "1")));
        forbidden = true;
        assertThatThrownBy(() -> write(portion, 1000)).isInstanceOf(RequestException.class);
        portion.lost();
        assertThat(told).containsExactly(Map.of(), Optional.empty());
    }
}
