package io.millrace.group;

import static io.millrace.group.GroupHarness.GROUP;
import static io.millrace.group.GroupHarness.config;
import static io.millrace.group.GroupHarness.manual;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.group.offsets.OffsetTarget;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.EndTransactionMarker.Type;
import io.millrace.record.EndTransactionMarker;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Offsets that groups commit in transactions, and who waits for what becomes of them. */
class GroupTransactionsTest {
    /** Held, or the setting would be forgotten. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace");
    private static final long PRODUCER = 7;
    private static final TopicPartition ZERO = new TopicPartition("orders", 0);
    private static final TopicPartition ONE = new TopicPartition("orders", 1);

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void aTopic() {
        LOGGER.setLevel(Level.OFF);
        harness.log.create("orders", 2);
        harness.log.append(ZERO, 10);
        harness.log.append(ONE, 10);
    }

    @AfterEach
    void speakAgain() {
        LOGGER.setLevel(null);
    }

    // ---- what is committed

    @Test
    void offsetsOfATransactionAreCommittedWithItAndNotBefore() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 4L, ONE, 6L));
        assertThat(harness.committed()).containsOnly(Map.entry(ZERO, 0L), Map.entry(ONE, 0L));
        assertThat(described()).containsEntry(ZERO, 0L);

        end(1, Type.COMMIT);
        assertThat(harness.committed()).containsOnly(Map.entry(ZERO, 4L), Map.entry(ONE, 6L));
        assertThat(described()).containsEntry(ZERO, 4L).containsEntry(ONE, 6L);
    }

    @Test
    void thoseOfOneThatIsAbortedNeverAre() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 4L));
        end(1, Type.ABORT);
        assertThat(harness.committed()).containsEntry(ZERO, 0L);
        assertThat(described()).containsEntry(ZERO, 0L);
        assertThat(harness.state().pending()).isEmpty();
    }

    @Test
    void theNextCoordinatorKnowsWhatIsPendingAndWhatBecomesOfIt() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 4L));
        harness.restart();
        assertThat(described()).containsEntry(ZERO, 0L);
        end(1, Type.COMMIT);
        assertThat(described()).containsEntry(ZERO, 4L);
        harness.restart();
        assertThat(described()).containsEntry(ZERO, 4L);
    }

    @Test
    void whatIsCommittedBehindThemInTheLogIsNotOverridden() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 4L, ONE, 4L));
        harness.commit("a", Map.of(ZERO, 7L));
        end(1, Type.COMMIT);
        assertThat(harness.committed()).containsOnly(Map.entry(ZERO, 7L), Map.entry(ONE, 4L));
        assertThat(described()).containsEntry(ZERO, 7L).containsEntry(ONE, 4L);
        harness.restart();
        assertThat(described()).containsEntry(ZERO, 7L);
    }

    @Test
    void theTextOfWhoeverCommitsIsKept() {
        reader("a");
        harness.get(harness.groups.commitInTransaction(GROUP, ConsumerId.of("a"), Groups.ANY_EPOCH, producer(0),
                Map.of(ZERO, new OffsetAndMetadata(4, "mine"))));
        end(1, Type.COMMIT);
        assertThat(harness.state().offsets().byTopic().get("orders").byPartition().get(0).metadata()).isEqualTo("mine");
        assertFails(ErrorKind.INVALID_REQUEST, harness.groups.commitInTransaction(GROUP, ConsumerId.of("a"), Groups.ANY_EPOCH,
                producer(1), Map.of(ZERO, new OffsetAndMetadata(5, "x".repeat(5_000)))));
    }

    // ---- who may

    @Test
    void onlyWhoOwnsAPartitionCommitsInIt() {
        reader("a");
        harness.create("b", manual(), "orders");
        assertFails(ErrorKind.FENCED, commitLater("b", 0, Map.of(ZERO, 4L)));
        assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, commitLater("a", 0, Map.of(ZERO, 11L)));
        assertFails(ErrorKind.FENCED, harness.groups.commitInTransaction(GROUP, ConsumerId.of("a"), 0, producer(0),
                Map.of(ZERO, new OffsetAndMetadata(4, ""))));
        assertThat(harness.state().pending()).isEmpty();
    }

    @Test
    void aConsumerWhoseOffsetsAreCommittedAutomaticallyCommitsNoneInATransaction() {
        harness.create("a", GroupHarness.automatic(), "orders");
        harness.read("a", 20);
        BrokerException refused = catchThrowableOfType(BrokerException.class,
                () -> harness.get(commitLater("a", 0, Map.of(ZERO, 4L))));
        assertThat(refused.kind()).isEqualTo(ErrorKind.INVALID_CONSUMER);
        assertThat(refused).hasMessageContaining("enable.auto.commit=false");
        assertThat(harness.state().pending()).isEmpty();
    }

    @Test
    void whoIsNoConsumerCommitsInAGroupInWhichNoneTakesPart() {
        harness.get(commitLater(null, 0, Map.of(ZERO, 4L)));
        end(1, Type.COMMIT);
        assertThat(described()).containsOnly(Map.entry(ZERO, 4L));
        assertFails(ErrorKind.UNKNOWN_TOPIC, commitLater(null, 1, Map.of(new TopicPartition("nothing", 0), 4L)));
        assertFails(ErrorKind.UNKNOWN_PARTITION, commitLater(null, 1, Map.of(new TopicPartition("orders", 2), 4L)));
        assertFails(ErrorKind.OFFSET_OUT_OF_RANGE, commitLater(null, 1, Map.of(ZERO, 11L)));

        reader("a");
        assertFails(ErrorKind.GROUP_NOT_EMPTY, commitLater(null, 1, Map.of(ZERO, 5L)));
    }

    @Test
    void aGroupOfWhichNothingIsCommittedEndsWithTheAbortOfItsTransaction() {
        harness.get(commitLater(null, 0, Map.of(ZERO, 4L)));
        assertThat(harness.isKept()).isTrue();
        end(1, Type.ABORT);
        assertThat(harness.isKept()).isFalse();
        assertThat(catchThrowableOfType(this::described, BrokerException.class).kind()).isEqualTo(ErrorKind.UNKNOWN_GROUP);
    }

    @Test
    void whatCannotBeVerifiedIsNotWritten() {
        reader("a");
        harness.verification = () -> CompletableFuture.failedFuture(new BrokerException(ErrorKind.PRODUCER_FENCED, "for the test"));
        assertFails(ErrorKind.PRODUCER_FENCED, commitLater("a", 0, Map.of(ZERO, 4L)));
        assertThat(harness.state().pending()).isEmpty();
    }

    @Test
    void whatIsVerifiedWhileItsTransactionIsEndedIsNotWritten() {
        reader("a");
        CompletableFuture<Void> verified = new CompletableFuture<>();
        harness.verification = () -> verified;
        CompletableFuture<Void> late = commitLater("a", 0, Map.of(ZERO, 4L));
        harness.pass(100);
        end(1, Type.ABORT);
        verified.complete(null);
        assertFails(ErrorKind.PRODUCER_FENCED, late);
        harness.verification = () -> CompletableFuture.completedFuture(null);
        commit("a", 1, Map.of(ZERO, 5L));
        end(2, Type.COMMIT);
        assertThat(described()).containsEntry(ZERO, 5L);
    }

    // ---- who waits

    @Test
    void whoGetsAPartitionIsGivenNothingOfItUntilItIsDecidedWhereTheGroupGoesOn() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 4L, ONE, 4L));
        harness.get(harness.groups.remove(GROUP, "a"));
        harness.create("b", manual(), "orders");
        assertThat(harness.poll("b", 5_000)).as("both are pending").isEmpty();

        CompletableFuture<Polled> waiting = harness.asked("b", 60_000);
        harness.pass(1_000);
        assertThat(waiting).isNotDone();
        long before = harness.millis();
        end(1, Type.COMMIT);
        Polled polled = harness.get(waiting);
        assertThat(harness.millis() - before).as("at once, and not when the poll's time is over").isLessThan(1_000);
        assertThat(polled.parts()).isNotEmpty().allMatch(part -> part.result().offset() == 4);
    }

    @Test
    void anAbortLetsItGoOnFromWhatWasCommittedBefore() {
        reader("a");
        harness.commit("a", Map.of(ZERO, 2L, ONE, 2L));
        commit("a", 0, Map.of(ZERO, 4L, ONE, 4L));
        harness.get(harness.groups.remove(GROUP, "a"));
        harness.create("b", manual(), "orders");
        CompletableFuture<Polled> waiting = harness.asked("b", 60_000);
        harness.pass(1_000);
        end(1, Type.ABORT);
        assertThat(harness.get(waiting).parts()).isNotEmpty().allMatch(part -> part.result().offset() == 2);
    }

    @Test
    void meanwhileItIsGivenWhatIsNotPending() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 4L));
        harness.get(harness.groups.remove(GROUP, "a"));
        harness.create("b", manual(), "orders");
        assertThat(harness.poll("b", 5_000)).containsOnlyKeys(ONE);
        harness.restart();
        assertThat(harness.poll("b", 5_000)).as("by another coordinator as well").containsOnlyKeys(ONE);
        end(1, Type.COMMIT);
        assertThat(harness.poll("b", 5_000)).containsKey(ZERO);
    }

    @Test
    void whoReadsAPartitionAlreadyReadsOn() {
        harness.create("a", config(false, 600_000, null), "orders");
        harness.read("a", 20);
        commit("a", 0, Map.of(ZERO, 10L, ONE, 10L));
        harness.log.append(ZERO, 3);
        assertThat(harness.poll("a", 5_000)).containsOnly(Map.entry(ZERO, 3L));
    }

    @Test
    void whatItHasCommittedItIsNotGivenAgainAlthoughItsAnswerCountsAsLost() {
        harness.create("a", config(false, 60_000, null), "orders");
        Polled polled = harness.get(harness.asked("a", 5_000));
        Map<TopicPartition, Long> next = SimulatedConsumer.next(polled);
        polled.delivered(next);
        polled.written(false);
        commit("a", 0, next);
        next.keySet().forEach(each -> harness.log.append(each, 3));
        assertThat(harness.get(harness.asked("a", 5_000)).parts()).isNotEmpty().allMatch(part ->
                part.result().offset() >= next.getOrDefault(part.id(), 0L));
    }

    @Test
    void aPartitionGoesToItsNextOwnerWhenTheTransactionThatCommitsAllThatWasReadHasEnded() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 10L, ONE, 10L));
        harness.create("b", manual(), "orders");
        CompletableFuture<Polled> ofB = harness.asked("b", 9_000);
        harness.pass(2_000);
        assertThat(harness.state().member("b").owned()).isEmpty();
        end(1, Type.COMMIT);
        harness.pass(500);
        assertThat(harness.state().member("b").owned()).hasSize(1);
        assertThat(harness.get(ofB).parts()).isEmpty();
    }

    // ---- administration

    @Test
    void whatIsPendingIsNeitherResetNorDeleted() {
        harness.get(commitLater(null, 0, Map.of(ZERO, 4L)));
        assertFails(ErrorKind.GROUP_NOT_EMPTY, harness.groups.reset(GROUP, new OffsetTarget.Latest(), List.of("orders"),
                List.of(), false));
        assertFails(ErrorKind.GROUP_NOT_EMPTY, harness.groups.delete(GROUP));
        assertThat(harness.get(harness.groups.reset(GROUP, new OffsetTarget.Latest(), List.of(), List.of(ONE), false)))
                .as("another partition").hasSize(1);
        end(1, Type.COMMIT);
        harness.get(harness.groups.reset(GROUP, new OffsetTarget.Latest(), List.of("orders"), List.of(), false));
        assertThat(harness.committed()).containsOnly(Map.entry(ZERO, 10L), Map.entry(ONE, 10L));
        harness.get(harness.groups.delete(GROUP));
        assertThat(harness.isKept()).isFalse();
    }

    @Test
    void whatIsPendingInATopicThatIsDeletedIsNothingToWaitFor() {
        reader("a");
        commit("a", 0, Map.of(ZERO, 4L));
        harness.log.recreate("orders", 2);
        harness.log.append(ZERO, 5);
        assertThat(harness.read("a", 5)).isEqualTo(5);
        assertThat(harness.state().pending()).isEmpty();
        end(1, Type.COMMIT);
        assertThat(harness.committed()).as("of the new topic").containsEntry(ZERO, 0L);
        harness.restart();
        assertThat(described()).containsEntry(ZERO, 0L);
    }

    @Test
    void whatIsPendingDoesNotExpireNorWhatIsCommittedThereMeanwhile() {
        harness.restart(new GroupOptions("sticky", 20, 20_000, 3_600_000, 600_000, 30_000, 30_000));
        harness.get(commitLater(null, 0, Map.of(ZERO, 4L)));
        end(1, Type.COMMIT);
        harness.get(commitLater(null, 1, Map.of(ZERO, 6L)));
        harness.pass(5 * 3_600_000L);
        assertThat(harness.committed()).containsEntry(ZERO, 4L);
        end(2, Type.COMMIT);
        assertThat(harness.committed()).containsEntry(ZERO, 6L);
        harness.pass(5 * 3_600_000L);
        assertThat(harness.committed()).isEmpty();
    }

    @Test
    void moreThanMayBePendingIsRefused() {
        harness.log.create("wide", 10_001);
        TreeMap<TopicPartition, Long> all = new TreeMap<>();
        for (int i = 0; i < 10_000; i++) {
            all.put(new TopicPartition("wide", i), 0L);
        }
        harness.get(commitLater(null, 0, all));
        assertFails(ErrorKind.GROUP_TOO_LARGE, commitLater(null, 0, Map.of(new TopicPartition("wide", 10_000), 0L)));
        end(1, Type.COMMIT);
        harness.get(commitLater(null, 1, Map.of(new TopicPartition("wide", 10_000), 0L)));
    }

    // ---- how

    /** It has read everything. */
    private void reader(String name) {
        harness.create(name, config(false, 60_000, null), "orders");
        harness.read(name, 20 - harness.committed().values().stream().mapToLong(Long::longValue).sum());
    }

    private static TransactionalProducer producer(int epoch) {
        return new TransactionalProducer("mover", PRODUCER, (short) epoch);
    }

    private CompletableFuture<Void> commitLater(String member, int epoch, Map<TopicPartition, Long> offsets) {
        TreeMap<TopicPartition, OffsetAndMetadata> said = new TreeMap<>();
        offsets.forEach((partition, offset) -> said.put(partition, new OffsetAndMetadata(offset, "")));
        return harness.groups.commitInTransaction(GROUP, member == null ? null : ConsumerId.of(member), Groups.ANY_EPOCH,
                producer(epoch), said);
    }

    private void commit(String member, int epoch, Map<TopicPartition, Long> offsets) {
        harness.get(commitLater(member, epoch, offsets));
        assertThat(harness.state().pending()).isNotEmpty();
    }

    /** @param epoch of the marker */
    private void end(int epoch, Type type) {
        harness.get(harness.groups.endTransaction(0, PRODUCER, (short) epoch, new EndTransactionMarker(type, 0)));
        harness.pass(50);
    }

    /** What is told to be committed. */
    private Map<TopicPartition, Long> described() {
        Map<TopicPartition, Long> committed = new TreeMap<>();
        harness.get(harness.groups.describe(GROUP)).partitions().stream().filter(each -> each.committed() != null)
                .forEach(each -> committed.put(each.id(), each.committed()));
        return committed;
    }

    private void assertFails(ErrorKind kind, CompletableFuture<?> answer) {
        BrokerException failure = catchThrowableOfType(() -> harness.get(answer), BrokerException.class);
        assertThat(failure).isNotNull();
        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
    }
}
