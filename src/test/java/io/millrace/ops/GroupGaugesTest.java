package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.offsets.GroupLag;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GroupGaugesTest {
    private static final String OF_G = "millrace_group_lag{group=g,partition=0,topic=a}";
    private static final String OF_H = "millrace_group_lag{group=h,partition=1,topic=a}";

    private final RecordedMetrics recorded = new RecordedMetrics();
    private final List<CompletableFuture<List<GroupLag>>> lookUps = new ArrayList<>();
    /** Any, and soon beyond the largest number. */
    private long now = Long.MAX_VALUE - 10;
    private final GroupGauges gauges = gauges(10);

    private GroupGauges gauges(int max) {
        return new GroupGauges(recorded.registry(), max, () -> now);
    }

    private static GroupLag lag(String group, int partition, long lag) {
        return new GroupLag(group, new TopicPartition("a", partition), lag);
    }

    private CompletableFuture<List<GroupLag>> lookUp() {
        lookUps.add(new CompletableFuture<>());
        return lookUps.get(lookUps.size() - 1);
    }

    private void pass(long ms) {
        now += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    private void found(GroupLag... lags) {
        pass(5_000);
        gauges.refresh(() -> CompletableFuture.completedFuture(List.of(lags)));
    }

    @Test
    void gaugesFollowTheGroupsThatAreCoordinatedHere() {
        found(lag("g", 0, 5), lag("g", 1, 0));
        found(lag("g", 0, 7), lag("h", 1, 8));

        assertThat(recorded.all()).containsOnly(Map.entry(OF_G, 7L), Map.entry(OF_H, 8L),
                Map.entry("millrace_groups", 2L));
        found();
        assertThat(recorded.all()).containsOnly(Map.entry("millrace_groups", 0L));
    }

    @Test
    void partitionsBeyondTheBoundHaveNoGaugesUntilOthersGo() {
        GroupGauges few = gauges(1);
        few.refresh(() -> CompletableFuture.completedFuture(List.of(lag("g", 0, 5), lag("h", 1, 6))));
        assertThat(recorded.all()).containsOnly(Map.entry(OF_G, 5L), Map.entry("millrace_groups", 2L));

        pass(5_000);
        few.refresh(() -> CompletableFuture.completedFuture(List.of(lag("h", 1, 6))));
        assertThat(recorded.all()).containsOnly(Map.entry(OF_H, 6L), Map.entry("millrace_groups", 1L));
    }

    @Test
    void nothingIsLookedUpWhileALookUpIsUnderWayNorSoonerThanAfterFiveSeconds() {
        gauges.refresh(this::lookUp);
        pass(60_000);
        gauges.refresh(this::lookUp);
        assertThat(lookUps).hasSize(1);

        lookUps.get(0).complete(List.of(lag("g", 0, 5)));
        gauges.refresh(this::lookUp);
        assertThat(lookUps).hasSize(2);
        lookUps.get(1).complete(List.of(lag("g", 0, 6)));
        pass(4_999);
        gauges.refresh(this::lookUp);
        assertThat(lookUps).hasSize(2);
        pass(1);
        gauges.refresh(this::lookUp);
        assertThat(lookUps).hasSize(3);
        assertThat(recorded.all()).containsEntry(OF_G, 6L);
    }

    @Test
    void aLookUpThatFailsKeepsWhatWasShownAndIsTriedAgain() {
        found(lag("g", 0, 5));
        BrokerException failure = new BrokerException(ErrorKind.UNAVAILABLE, "no majority");

        pass(5_000);
        gauges.refresh(() -> CompletableFuture.failedFuture(failure));
        pass(5_000);
        gauges.refresh(() -> {
            throw failure;
        });
        assertThat(recorded.all()).containsEntry(OF_G, 5L);

        found(lag("g", 0, 4));
        assertThat(recorded.all()).containsEntry(OF_G, 4L);
    }

    @Test
    void whatIsFoundAfterTheEndIsNotShown() {
        gauges.refresh(this::lookUp);
        gauges.close();
        lookUps.get(0).complete(List.of(lag("g", 0, 5)));
        pass(5_000);
        gauges.refresh(this::lookUp);

        assertThat(lookUps).hasSize(1);
        assertThat(recorded.all()).isEmpty();
    }
}
