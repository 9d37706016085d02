package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.PollRequest;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Positions that the log does not have any more, because retention overtook them or the log was cut back. */
class LostPositionsTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final ConsumerId C = ConsumerId.of("c");

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void topic() {
        harness.log.create("orders", 1);
    }

    private static ConsumerConfig config(OffsetReset reset) {
        return new ConsumerConfig(RecordForm.JSON, reset, false, IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500, 60_000, null, null);
    }

    private void commitPolled() {
        harness.get(harness.groups.commitPolled(GroupHarness.GROUP, C, Groups.ANY_EPOCH, GroupHarness.HERE));
    }

    private void commit(long offset) {
        harness.get(harness.groups.commit(GroupHarness.GROUP, C, GroupHarness.plain(Map.of(FIRST, offset)), Groups.ANY_EPOCH));
    }

    private void assertNothingThere() {
        assertThat(harness.poll("c", 0)).isEmpty();
    }

    @Test
    void whereAConsumerOfTheLatestGoesOnAfterRetentionOvertookItIsCommittedSoThatACrashSkipsNothingMore() {
        harness.create("c", config(OffsetReset.LATEST), "orders");
        assertNothingThere();
        harness.log.append(FIRST, 10);
        harness.read("c", 10);
        commitPolled();
        harness.log.append(FIRST, 10);
        harness.log.removeBefore(FIRST, 15);
        assertNothingThere();
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
        harness.restart();
        harness.log.append(FIRST, 5);
        assertThat(harness.read("c", 5)).isEqualTo(5);
    }

    @Test
    void aPositionBeyondTheEndIsLeftAndWhatIsCommittedStays() {
        harness.log.append(FIRST, 10);
        harness.create("c", config(OffsetReset.EARLIEST), "orders");
        harness.read("c", 10);
        commit(4);
        harness.get(harness.groups.seek(GroupHarness.GROUP, C, Map.of(FIRST, 1_000L)));
        assertThat(harness.read("c", 10)).as("as auto.offset.reset says").isEqualTo(10);
        assertThat(harness.committed()).containsEntry(FIRST, 4L);
    }

    @Test
    void aLogThatWasCutBackIsReadOnFromWhereItWasCutAndNothingIsSkipped() {
        harness.log.append(FIRST, 10);
        harness.create("c", config(OffsetReset.LATEST), "orders");
        harness.get(harness.groups.seek(GroupHarness.GROUP, C, Map.of(FIRST, 0L)));
        harness.read("c", 10);
        commitPolled();
        harness.log.cutBack(FIRST, 6);
        harness.log.append(FIRST, 8);
        assertThat(harness.read("c", 8)).as("records 6 to 13 are others than it read").isEqualTo(8);
        assertThat(harness.committed()).as("where the log was cut").containsEntry(FIRST, 6L);
        commitPolled();
        assertThat(harness.committed()).containsEntry(FIRST, 14L);
    }

    @Test
    void thatIsNoticedByWhoeverGoesOnFromTheCommit() {
        harness.log.append(FIRST, 10);
        harness.create("c", config(OffsetReset.EARLIEST), "orders");
        harness.read("c", 10);
        commit(10);
        harness.restart();
        harness.log.cutBack(FIRST, 6);
        harness.log.append(FIRST, 8);
        assertThat(harness.read("c", 8)).isEqualTo(8);
    }

    @Test
    void anOffsetInTheMiddleOfWhatWasGivenInOneEpochIsCommittedWithThat() {
        harness.log.append(FIRST, 3);
        harness.create("c", config(OffsetReset.EARLIEST), "orders");
        harness.read("c", 3);
        harness.log.append(FIRST, 7);
        harness.read("c", 7);
        commit(8);
        harness.restart();
        harness.log.cutBack(FIRST, 5);
        harness.log.append(FIRST, 9);
        assertThat(harness.read("c", 9)).isEqualTo(9);
    }

    @Test
    void aConsumerThatWantsNoResetIsToldWhereTheLogWasCutAndGoesOnWhereItSeeks() {
        harness.log.append(FIRST, 10);
        harness.create("c", config(OffsetReset.NONE), "orders");
        harness.get(harness.groups.seek(GroupHarness.GROUP, C, Map.of(FIRST, 0L)));
        harness.read("c", 10);
        commitPolled();
        harness.log.cutBack(FIRST, 6);
        harness.log.append(FIRST, 8);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> harness.get(harness.groups.poll(GroupHarness.GROUP, C,
                    new PollRequest(null, 1 << 20, 0, GroupHarness.HERE)))).isInstanceOfSatisfying(BrokerException.class, failure ->
                    assertThat(failure.kind()).isEqualTo(ErrorKind.NO_OFFSET)).hasMessageContaining("cut back to offset 6");
        }
        harness.get(harness.groups.seek(GroupHarness.GROUP, C, Map.of(FIRST, 6L)));
        assertThat(harness.read("c", 8)).isEqualTo(8);
    }
}
