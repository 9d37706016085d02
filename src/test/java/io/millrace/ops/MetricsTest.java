package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Settings;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.CoordinatorStatus.State;
import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedFile;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import io.millrace.replica.hosting.PartitionStatus;
import io.millrace.rest.TopicsResource;
import io.millrace.transaction.coordinator.TransactionFigures;
import io.millrace.transaction.state.TransactionState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final RecordedMetrics recorded = new RecordedMetrics();

    private static PartitionStatus status(String topic, int partition, long highWatermark) {
        return new PartitionStatus(topic, partition, true, 1, highWatermark, highWatermark, highWatermark - 1, 1000, 2);
    }

    @Test
    void recordsAndBytesAreCountedByTopicWithoutLookingTheCountersUp() {
        TopicMetrics topics = new TopicMetrics(recorded.registry(), 10);
        topics.produced("a", 3, 300);
        int lookUps = recorded.lookUps();
        topics.produced("a", 4, 400);
        topics.fetched("a", 5, 500);
        topics.repeated("a", 2);

        assertThat(recorded.lookUps()).isEqualTo(lookUps);
        assertThat(recorded.all()).containsOnly(
                Map.entry("millrace_records_in{topic=a}", 7L),
                Map.entry("millrace_bytes_in{topic=a}", 700L),
                Map.entry("millrace_records_repeated{topic=a}", 2L),
                Map.entry("millrace_records_out{topic=a}", 5L),
                Map.entry("millrace_bytes_out{topic=a}", 500L));
    }

    @Test
    void theCountersOfADeletedTopicGo() {
        TopicMetrics topics = new TopicMetrics(recorded.registry(), 10);
        topics.produced("a", 1, 1);
        topics.topicDeleted("a");
        assertThat(recorded.all()).isEmpty();

        topics.produced("a", 1, 1);
        topics.retain(Set.of("b"));
        assertThat(recorded.all()).as("an append that outlived its topic").isEmpty();
    }

    @Test
    void topicsBeyondTheBoundAreCountedTogether() {
        TopicMetrics topics = new TopicMetrics(recorded.registry(), 2);
        IntStream.range(0, 5).forEach(i -> topics.produced("topic-" + i, 1, 10));
        topics.retain(Set.of("topic-0", "topic-1", "topic-2", "topic-3", "topic-4"));

        assertThat(recorded.all()).hasSize(3 * 5).containsEntry("millrace_records_in{topic=topic-1}", 1L)
                .containsEntry("millrace_records_in{topic=*}", 3L);
        topics.close();
        assertThat(recorded.all()).isEmpty();
    }

    @Test
    void gaugesFollowThePartitionsThatThereAre() {
        PartitionGauges gauges = new PartitionGauges(recorded.registry(), 10);
        gauges.refresh(List.of(status("a", 0, 5), status("b", 0, 6)));
        gauges.refresh(List.of(status("a", 0, 7), status("a", 1, 8)));

        assertThat(recorded.all()).hasSize(2 * 6)
                .containsEntry("millrace_high_watermark{partition=0,topic=a}", 7L)
                .containsEntry("millrace_high_watermark{partition=1,topic=a}", 8L)
                .containsEntry("millrace_last_stable_offset{partition=0,topic=a}", 6L)
                .containsEntry("millrace_log_start_offset{partition=0,topic=a}", 1L)
                .containsEntry("millrace_log_end_offset{partition=0,topic=a}", 7L)
                .containsEntry("millrace_log_size_bytes{partition=0,topic=a}", 1000L)
                .containsEntry("millrace_log_segments{partition=0,topic=a}", 2L);
        gauges.close();
        assertThat(recorded.all()).isEmpty();
    }

    @Test
    void partitionsBeyondTheBoundHaveNoGaugesUntilOthersGo() {
        PartitionGauges gauges = new PartitionGauges(recorded.registry(), 1);
        gauges.refresh(List.of(status("a", 0, 5), status("b", 0, 6)));
        assertThat(recorded.all().keySet()).allMatch(name -> name.endsWith("{partition=0,topic=a}"));
        gauges.refresh(List.of(status("b", 0, 6)));
        assertThat(recorded.all().keySet()).hasSize(6).allMatch(name -> name.endsWith("{partition=0,topic=b}"));
    }

    @Test
    void partitionsOfTheOffsetsTopicAreCountedByWhatTheBrokerIsToThem() {
        CoordinatorGauges gauges = new CoordinatorGauges(recorded.registry(), "__topic");
        gauges.refresh(List.of(coordinator(0, State.LOADING)));
        gauges.refresh(List.of(coordinator(0, State.ACTIVE), coordinator(3, State.ACTIVE), coordinator(4, State.FAILED)));

        assertThat(recorded.all()).containsOnly(
                Map.entry("millrace_coordinator_partitions{state=loading,topic=__topic}", 0L),
                Map.entry("millrace_coordinator_partitions{state=active,topic=__topic}", 2L),
                Map.entry("millrace_coordinator_partitions{state=failed,topic=__topic}", 1L));
        gauges.close();
        assertThat(recorded.all()).isEmpty();
    }

    @Test
    void transactionalIdsAreCountedByStateAndThoseThatHangTogether() {
        TransactionGauges gauges = new TransactionGauges(recorded.registry());
        gauges.refresh(new TransactionFigures(5_000_000, Map.of(TransactionState.ONGOING, 7L, TransactionState.PREPARED, 2L), 61_500, 3,
                List.of()));

        assertThat(recorded.all()).hasSize(TransactionState.values().length + 2)
                .containsEntry("millrace_transactions{state=ongoing}", 7L)
                .containsEntry("millrace_transactions{state=prepared}", 2L)
                .containsEntry("millrace_transactions{state=complete_commit}", 0L)
                .containsEntry("millrace_hanging_transactions", 3L)
                .containsEntry("millrace_transaction_prepared_seconds", 61L);
        gauges.close();
        assertThat(recorded.all()).isEmpty();
    }

    private static CoordinatorStatus coordinator(int partition, State state) {
        return new CoordinatorStatus(partition, state, 1, null, null);
    }

    @Test
    void whatTheWritersDoIsMeasured() {
        LogMetrics logs = new LogMetrics(recorded.registry());
        int lookUps = recorded.lookUps();
        logs.forced(1_500);
        logs.drained(3, 4_000);

        assertThat(recorded.lookUps()).isEqualTo(lookUps);
        assertThat(recorded.all()).containsEntry("millrace_fsync_seconds", 1_500L)
                .containsEntry("millrace_drain_appends", 3L).containsEntry("millrace_drain_bytes", 4_000L)
                .containsEntry("millrace_damaged_batches", 0L);
    }

    @Test
    void aDamagedBatchIsCountedAndNotedOnceHoweverOftenItIsRead() {
        LogMetrics logs = new LogMetrics(recorded.registry());
        KnownDamage notes = new KnownDamage(logs);
        for (int i = 0; i < 3; i++) {
            notes.damaged(damage(42));
        }
        notes.damaged(damage(43));

        assertThat(recorded.all()).containsEntry("millrace_damaged_batches", 2L);
        assertThat(notes.all()).hasSize(2).allMatch(note -> note.contains("topic a, partition 0"));
    }

    @Test
    void theNotesOfDamageAreBounded() {
        AtomicInteger counted = new AtomicInteger();
        KnownDamage notes = new KnownDamage(new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                counted.incrementAndGet();
            }
        });
        IntStream.range(0, 5_000).forEach(position -> notes.damaged(damage(position)));
        assertThat(counted).hasValue(5_000);
        assertThat(notes.all()).hasSize(KnownDamage.MAX_NOTES);
    }

    @Test
    void whatIsMendedIsNotNotedAnyMoreUntilItIsDamagedAgain() {
        LogMetrics logs = new LogMetrics(recorded.registry());
        KnownDamage notes = new KnownDamage(logs);
        IntStream.range(0, 10).forEach(position -> notes.damaged(damage(position)));
        notes.damagedFile(new DamagedFile("a", 0, Path.of("leader-epoch-checkpoint"), "it was mended at once"));
        LogName log = new LogName("a", 0);
        notes.mended(new LogName("a", 1), 0, Long.MAX_VALUE);
        assertThat(notes.all()).hasSize(11);
        assertThat(notes.batches()).isEqualTo(10);

        notes.mended(log, 0, 3);
        notes.mended(log, 5, 6);
        notes.mended(log, 9, Long.MAX_VALUE);
        assertThat(notes.batches()).isEqualTo(5);
        assertThat(notes.all()).hasSize(6).noneMatch(note -> note.contains("at byte 5:"));
        notes.damaged(damage(5));
        assertThat(notes.batches()).isEqualTo(6);
        assertThat(recorded.all()).containsEntry("millrace_damaged_batches", 11L);

        notes.mended(log, 0, Long.MAX_VALUE);
        assertThat(notes.all()).as("the log is gone, with its files").isEmpty();
    }

    @Test
    void whatWasMendedBeforeThereIsAHealerIsNotHealed() {
        KnownDamage notes = new KnownDamage(LogObserver.NONE);
        notes.damaged(damage(1));
        notes.damaged(damage(2));
        notes.mended(new LogName("a", 0), 1, 2);
        List<Long> told = new ArrayList<>();
        notes.healBy(damage -> told.add(damage.nextReadableOffset()));
        notes.damaged(damage(7));
        assertThat(told).containsExactly(3L, 8L);
    }

    private static CorruptLogException damage(long position) {
        return new CorruptLogException("a", 0, Path.of("00000000000000000000.log"), position, "the CRC is wrong",
                position + 1);
    }

    @Test
    void nothingStaysRegisteredWhenTheServerStops() {
        ServerMetrics metrics = new ServerMetrics(recorded.registry(),
                Settings.read(Settings.CATALOGUE, name -> Optional.empty()));
        metrics.observers().registerFailed().run();
        metrics.observers().broker().produced("a", 1, 1);
        assertThat(recorded.all()).containsEntry("millrace_register_errors", 1L);
        metrics.close();
        metrics.close();
        assertThat(recorded.all()).isEmpty();
    }

    @Test
    void anOperationIsNamedAfterItsResourceAndMethod() {
        assertThat(Arrays.stream(TopicsResource.class.getDeclaredMethods()).map(RequestMetrics::operation))
                .contains("topics.list", "topics.produce");
    }
}
