package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.delivery.Polled;
import io.millrace.group.offsets.OffsetTarget;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A group is set to other offsets in the moment in which a consumer comes back to it. */
class ResetBesideReturnTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);

    /** @param steps of the simulation between the one and the other */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30})
    void whoeverComesBackReadsFromThereOrTheResetIsRefused(int steps) {
        GroupHarness harness = new GroupHarness();
        harness.log.create("orders", 1);
        harness.log.append(FIRST, 10);
        harness.create("a", GroupHarness.config(false, 10_000, null), "orders");
        harness.read("a", 10);
        harness.commit("a", Map.of(FIRST, 10L));
        harness.pass(20_000);
        assertThat(harness.state().member("a").takesPart()).isFalse();

        CompletableFuture<?> reset = harness.groups.reset(GroupHarness.GROUP, new OffsetTarget.AtOffset(2), List.of(), List.of(), false);
        for (int i = 0; i < steps; i++) {
            harness.time.step(harness.time.nanoTime() + TimeUnit.SECONDS.toNanos(1));
        }
        CompletableFuture<Polled> poll = harness.asked("a", 1_000);
        boolean isReset = isReset(harness, reset);
        long given = harness.taken(harness.get(poll)).getOrDefault(FIRST, 0L);
        given += harness.poll("a", 1_000).getOrDefault(FIRST, 0L);

        assertThat(harness.state().member("a").takesPart()).isTrue();
        assertThat(given).isEqualTo(isReset ? 8 : 0);
    }

    private static boolean isReset(GroupHarness harness, CompletableFuture<?> reset) {
        try {
            harness.get(reset);
            return true;
        } catch (BrokerException refused) {
            assertThat(refused.kind()).isEqualTo(ErrorKind.GROUP_NOT_EMPTY);
            return false;
        }
    }
}
