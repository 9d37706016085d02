package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What does not end, or ends with a fault, stops nothing else. */
class CoordinatorFaultsTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void topic() {
        harness.log.create("orders", 2);
    }

    @Test
    void anAnswerOfWhichNobodySaysWhatBecameOfItIsGivenUpAndGivenAgain() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.get(harness.asked("c", 1_000)); // and whoever took it is gone
        assertThat(harness.poll("c", 1_000)).as("one behind it ends with its own time").isEmpty();
        harness.pass(61_000);
        assertThat(harness.state().member("c").status()).as("its session ends as any other").isEqualTo(Status.DORMANT);
        assertThat(harness.read("c", 3)).isEqualTo(3);
    }

    @Test
    void anAssignorThatTakesLongStallsTheRebalanceOfItsGroupAndNothingElse() {
        Deque<Runnable> assigning = new ArrayDeque<>();
        harness.assigning = assigning::add;
        harness.restart();
        ConsumerConfig config = new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, false,
                IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500, 10_000, null, "first-subscriber");
        harness.log.append(FIRST, 3);
        harness.create("a", config, "orders");
        assigning.remove().run();
        harness.pass(10);
        harness.create("b", config, "orders");
        assertThat(assigning).as("it is about to answer").hasSize(1);
        harness.read("a", 3);
        harness.get(harness.groups.commitPolled(GroupHarness.GROUP, ConsumerId.of("a"), Groups.ANY_EPOCH, GroupHarness.HERE));
        assertThat(harness.committed()).containsEntry(FIRST, 3L);
        assertThat(harness.get(harness.groups.create("another", "c", GroupHarness.manual())).name()).isEqualTo("c");
        assertThat(harness.state().member("b").target()).isEmpty();
        harness.get(harness.groups.leave(GroupHarness.GROUP, ConsumerId.of("a"), GroupHarness.HERE));
        while (!assigning.isEmpty()) {
            assigning.remove().run();
            harness.pass(10);
        }
        assertThat(harness.owned("b")).containsExactly(FIRST, SECOND);
    }

    @Test
    void aCoordinatorThatWasReplacedWhileItWasHaltedGivesNothingOfWhatItRemembers() {
        harness.log.append(FIRST, 3);
        harness.create("c", GroupHarness.manual(), "orders");
        harness.poll("c", 1_000);
        harness.log.append(FIRST, 3);
        harness.replaceUnnoticed();
        assertThatThrownBy(() -> harness.poll("c", 1_000)).hasMessageContaining("another one may lead");
        assertThatThrownBy(() -> harness.get(harness.groups.member(GroupHarness.GROUP, ConsumerId.of("c"))))
                .hasMessageContaining("another one may lead");
        assertThatThrownBy(() -> harness.get(harness.groups.describe(GroupHarness.GROUP)))
                .hasMessageContaining("another one may lead");
    }

    @Test
    void aPollThatWaitsWhileItsCoordinatorIsReplacedGivesNothing() {
        harness.create("c", GroupHarness.manual(), "orders");
        CompletableFuture<Polled> poll = harness.asked("c", 5_000);
        harness.pass(1_000);
        assertThat(poll).isNotDone();
        harness.replaceUnnoticed();
        harness.log.append(FIRST, 3);
        assertThatThrownBy(() -> harness.get(poll)).hasMessageContaining("another one may lead");
    }

    @Test
    void aGroupWhoseLoadingMetAnErrorIsLoadedForTheNextWhoAsks() {
        harness.create("another", GroupHarness.manual());
        harness.failNextRead(new OutOfMemoryError("for the test"));
        harness.pass(100);
        assertThatThrownBy(() -> harness.create("c", GroupHarness.manual())).hasRootCauseInstanceOf(OutOfMemoryError.class);
        harness.pass(2_000);
        harness.create("c", GroupHarness.manual(), "orders");
        assertThat(harness.owned("c")).hasSize(2);
    }
}
