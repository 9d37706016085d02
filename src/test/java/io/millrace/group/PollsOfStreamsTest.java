package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.HandedOn;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Polls that go on behind each other, as those of a stream do. */
class PollsOfStreamsTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void topic() {
        harness.log.create("orders", 1);
    }

    private CompletableFuture<Polled> behind(Polled last, long waitMs) {
        return harness.groups.poll(GroupHarness.GROUP, ConsumerId.of("c"),
                new PollRequest(null, 1 << 20, 0, GroupHarness.HERE).behind(last.number(), waitMs));
    }

    private Polled begin() {
        return harness.get(harness.asked("c", 1_000));
    }

    private void isEnded(CompletableFuture<Polled> next) {
        assertThatThrownBy(() -> harness.get(next)).isInstanceOfSatisfying(BrokerException.class,
                failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.FENCED));
    }

    private static void write(Polled polled) {
        polled.delivered(SimulatedConsumer.next(polled));
        polled.written(new HandedOn(1, 100));
    }

    @Test
    void theyGoOnAsLongAsNoOtherPollComes() {
        harness.create("c", GroupHarness.manual(), "orders");
        Polled last = begin();
        for (int n = 0; n < 3; n++) {
            harness.log.append(FIRST, 1);
            last = harness.get(behind(last, 1_000));
            assertThat(last.parts()).hasSize(1);
            write(last);
            last = harness.get(behind(last, 100));
            assertThat(last.parts()).isEmpty();
        }
    }

    @Test
    void aPartThatIsWrittenForMinutesIsNotGivenAgain() {
        harness.create("c", new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, false, IsolationLevel.READ_UNCOMMITTED, 1,
                30_000, 500, 600_000, null, null), "orders");
        harness.log.append(FIRST, 1);
        Polled part = harness.get(harness.groups.poll(GroupHarness.GROUP, ConsumerId.of("c"),
                new PollRequest(null, 1 << 20, 0, GroupHarness.HERE).first()));
        assertThat(part.parts()).hasSize(1);
        part.delivered(SimulatedConsumer.next(part));
        harness.pass(181_000);
        part.written(new HandedOn(1, 100));
        assertThat(harness.get(behind(part, 100)).parts()).isEmpty();
    }

    @Test
    void anotherPollEndsThemWhetherTheyWaitOrWrite() {
        harness.create("c", GroupHarness.manual(), "orders");
        CompletableFuture<Polled> waiting = behind(begin(), 4_000);
        harness.pass(100);
        CompletableFuture<Polled> other = harness.asked("c", 4_000);
        isEnded(behind(harness.get(waiting), 4_000));
        harness.log.append(FIRST, 1);
        Polled written = harness.get(other);
        CompletableFuture<Polled> third = harness.asked("c", 0);
        harness.pass(100);
        write(written);
        isEnded(behind(written, 1_000));
        assertThat(harness.get(third).parts()).isEmpty();
        isEnded(behind(written, 1_000));
    }

    @Test
    void theyWaitForAsLongAsTheSessionAllowsWhateverARequestMayTake() {
        harness.create("c", new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, false, IsolationLevel.READ_UNCOMMITTED, 1, 10, 500,
                10_000, null, null), "orders");
        Polled first = begin();
        long before = harness.millis();
        harness.get(behind(first, 3_000));
        assertThat(harness.millis() - before).isBetween(2_900L, 3_400L);
    }

    @Test
    void theSessionGoesOnWhileTheyComeAndNoLonger() {
        harness.create("c", GroupHarness.manual(), "orders");
        Polled last = begin();
        for (int n = 0; n < 10; n++) {
            last = harness.get(behind(last, 4_000));
        }
        assertThat(harness.owned("c")).containsExactly(FIRST);
        harness.pass(11_000);
        assertThat(harness.owned("c")).isEmpty();
    }

    @Test
    void whatWasNotWrittenIsGivenAgainAndNotCommitted() {
        harness.log.append(FIRST, 2);
        harness.create("c", GroupHarness.automatic(), "orders");
        Polled first = begin();
        write(first);
        harness.log.append(FIRST, 3);
        Polled second = harness.get(behind(first, 1_000));
        second.delivered(SimulatedConsumer.next(second));
        second.written(false);
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("c"), GroupHarness.HERE));
        assertThat(harness.committed()).isEqualTo(Map.of(FIRST, 2L));
    }
}
