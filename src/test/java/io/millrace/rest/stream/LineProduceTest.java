package io.millrace.rest.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.produce.PartitionSelector;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.StoredTopic;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What becomes of lines of which some cannot be written. */
class LineProduceTest {
    private static final BrokerException FULL = new BrokerException(ErrorKind.UNAVAILABLE, "there is no room");
    private static final Topic.Assignment HERE = new Topic.Assignment(1, 0, List.of(1), List.of(1));

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final CachedTopic topic = new CachedTopic(StoredTopic.whole(new Topic("orders", new UUID(1, 2), 0, Map.of(),
            Collections.nCopies(2, HERE)), 1), TopicConfig.of(Map.of(), Map.of()), null, null);

    /** How long the sender is over its quota yet, each time that it is asked; none: it is not. */
    private final Queue<Long> pausesMs = new ArrayDeque<>();

    private record Result(RecordAccumulator records, IntFunction<BrokerException> failures) implements ProduceResult {
        @Override
        public int recordCount() {
            return records.recordCount();
        }

        @Override
        public int partition(int record) {
            return record % 2;
        }

        @Override
        public long offset(int record) {
            return error(record) == null ? record / 2 : -1;
        }

        @Override
        public BrokerException error(int record) {
            return failures.apply(partition(record));
        }
    }

    private LineTarget target(IntFunction<BrokerException> failures, BrokerException whole) {
        return new LineTarget() {
            @Override
            public RecordAccumulator accumulator() {
                return new RecordAccumulator(topic, new PartitionSelector(topic, Optional.empty(), partition -> true), Clock.systemUTC());
            }

            @Override
            public CompletableFuture<ProduceResult> produce(RecordAccumulator records) {
                return whole == null ? CompletableFuture.completedFuture(new Result(records, failures))
                        : CompletableFuture.failedFuture(whole);
            }
        };
    }

    @Test
    void nothingIsReadWhileTheSenderIsOverItsQuota() {
        pausesMs.addAll(List.of(2L, 1L));
        AtomicInteger left = new AtomicInteger(-1);
        assertThat(ended(lines(3), target(partition -> {
            left.set(pausesMs.size());
            return null;
        }, null))).isNull();
        assertThat(left).hasValue(0);
    }

    /** Of lines that go to two partitions in turn. */
    private RuntimeException ended(String body, LineTarget target) {
        try (MemoryBudget.Reservation memory = budget.reserve(0);
                LineProduce produce = new LineProduce(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), RecordFormat.JSON,
                        RecordAccumulator.ANY_PARTITION, target, 1 << 16, memory, () -> pausesMs.isEmpty() ? 0 : pausesMs.remove())) {
            while (!produce.isDone()) {
                produce.next();
            }
            return produce.wrong();
        } finally {
            assertThat(budget.bytesInUse()).isZero();
        }
    }

    private static String lines(int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append("{\"value\":").append(i).append(",\"partition\":").append(i % 2).append("}\n");
        }
        return lines.toString();
    }

    @Test
    void whatIsNoRecordIsNamedAfterWhatCameBeforeItWasWritten() {
        assertThat(ended(lines(5) + "nonsense\n" + lines(5), target(partition -> null, null)))
                .isInstanceOf(RequestException.class).hasMessageContaining("line 6").hasMessageContaining("5 records of this body");
    }

    @Test
    void anAppendThatFailsIsToldAndNotTheLineBehindItThatIsNoRecord() {
        RuntimeException ended = ended(lines(5) + "nonsense\n", target(partition -> partition == 0 ? FULL : null, null));

        assertThat(ended).isInstanceOfSatisfying(BrokerException.class, failed -> assertThat(failed.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        assertThat(ended).hasMessageContaining("line 1: there is no room").hasMessageContaining("2 records of this body were written");
    }

    @Test
    void whatFailsAsAWholeIsToldWithItsLines() {
        RuntimeException ended = ended(lines(4), target(partition -> null, FULL));

        assertThat(ended).isInstanceOfSatisfying(BrokerException.class, failed -> assertThat(failed.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        assertThat(ended).hasMessageContaining("lines 1 to 4: there is no room").hasMessageContaining("0 records");
    }
}
