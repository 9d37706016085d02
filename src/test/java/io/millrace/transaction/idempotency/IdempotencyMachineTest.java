package io.millrace.transaction.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.Decision;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class IdempotencyMachineTest {
    private static final UUID TOPIC_ID = new UUID(1, 1);
    private static final Fingerprint BODY = new Fingerprint(1, 2, 3, 4);
    private static final Layout LAYOUT = Layout.of(3, record -> record);
    private static final long[] OFFSETS = {7, 8, 9};
    private static final Predicate<IdempotencyKey> NOBODY = key -> false;
    private static final long HOUR_MS = 3_600_000;

    private IdempotencyMachine machine = machine(100);
    private long nowMs = 1_000;

    private static IdempotencyMachine machine(int maxKeys) {
        return machine(maxKeys, 50);
    }

    private static IdempotencyMachine machine(int maxKeys, int maxUnfinished) {
        return new IdempotencyMachine(new IdempotencyOptions(HOUR_MS, maxKeys, maxUnfinished, 10, 10));
    }

    private static IdempotencyKey key(String text) {
        return new IdempotencyKey("orders", -1, text);
    }

    private <T> T done(Decision<StoredKey, StoredValue, T> decision) {
        decision.changes().forEach(change -> machine.replay(change.key(), change.value()));
        return decision.answer();
    }

    private Begun begin(String key, Long producerId) {
        return done(machine.begin(key(key), BODY, TOPIC_ID, LAYOUT, NOBODY, producerId, nowMs));
    }

    private StoredValue.Prepared prepared(String key, Long producerId) {
        return ((Begun.Execute) begin(key, producerId)).prepared();
    }

    private void complete(String key, StoredValue.Prepared prepared) {
        done(machine.complete(key(key), prepared, OFFSETS, nowMs));
    }

    @Test
    void aNewRequestIsPreparedInTheNameOfAProducerThatIsFree() {
        assertThat(begin("a", null)).isInstanceOf(Begun.ProducerNeeded.class);
        assertThat(machine.size()).isZero();

        StoredValue.Prepared first = prepared("a", 40L);
        assertThat(first).isEqualTo(new StoredValue.Prepared(BODY, TOPIC_ID, LAYOUT, nowMs, 40, (short) 0));
        assertThat(begin("b", null)).as("its producer is in use").isInstanceOf(Begun.ProducerNeeded.class);

        complete("a", first);
        StoredValue.Prepared second = prepared("b", null);
        assertThat(second.producerId()).isEqualTo(40);
        assertThat(second.producerEpoch()).as("of its own").isEqualTo((short) 1);
    }

    @Test
    void aRequestThatMayHaveBeenCarriedOutIsCarriedOutAgainAsItWasBegun() {
        StoredValue.Prepared first = prepared("a", 40L);
        nowMs += 5;

        assertThat(done(machine.begin(key("a"), BODY, TOPIC_ID, Layout.of(3, record -> 2), NOBODY, 41L, nowMs)))
                .isEqualTo(new Begun.Execute(first));
        assertThat(machine.producers()).isEqualTo(1);
    }

    @Test
    void aRequestThatWasCarriedOutIsAnsweredTheSame() {
        complete("a", prepared("a", 40L));

        assertThat(begin("a", null)).isInstanceOfSatisfying(Begun.Answered.class, answered -> {
            assertThat(answered.completed().baseOffsets()).containsExactly(7, 8, 9);
            assertThat(answered.completed().layout()).isEqualTo(LAYOUT);
        });
    }

    @Test
    void aKeyOfAnotherRequestIsRefusedBeforeAndAfterThatWasCarriedOut() {
        Fingerprint other = new Fingerprint(1, 2, 3, 5);
        StoredValue.Prepared first = prepared("a", 40L);
        refused(ErrorKind.IDEMPOTENCY_KEY_REUSED, () -> machine.begin(key("a"), other, TOPIC_ID, LAYOUT, NOBODY, 41L, nowMs));
        complete("a", first);
        refused(ErrorKind.IDEMPOTENCY_KEY_REUSED, () -> machine.begin(key("a"), other, TOPIC_ID, LAYOUT, NOBODY, 41L, nowMs));

        assertThat(machine.begin(key("b"), other, TOPIC_ID, LAYOUT, NOBODY, 41L, nowMs).answer()).isInstanceOf(Begun.Execute.class);
        IdempotencyKey inPartition = new IdempotencyKey("orders", 0, "a");
        assertThat(machine.begin(inPartition, other, TOPIC_ID, LAYOUT, NOBODY, 41L, nowMs).answer()).isInstanceOf(Begun.Execute.class);
    }

    @Test
    void inATopicThatWasCreatedAnewItIsAnotherRequest() {
        complete("a", prepared("a", 40L));
        Begun begun = done(machine.begin(key("a"), BODY, new UUID(2, 2), LAYOUT, NOBODY, null, nowMs));
        assertThat(((Begun.Execute) begun).prepared().producerEpoch()).isEqualTo((short) 1);
    }

    @Test
    void anAnswerThatComesTooLateChangesNothing() {
        StoredValue.Prepared first = prepared("a", 40L);
        nowMs += HOUR_MS;
        prepared("a", 41L); // the first one has expired

        assertThat(machine.complete(key("a"), first, OFFSETS, nowMs).changes()).isEmpty();
        assertThat(machine.complete(key("b"), first, OFFSETS, nowMs).changes()).isEmpty();
    }

    @Test
    void keysExpireAndThoseUnderWayDoNot() {
        StoredValue.Prepared done = prepared("done", 40L);
        prepared("given up", 41L);
        prepared("under way", 42L);
        complete("done", done);
        nowMs += HOUR_MS - 1;
        assertThat(machine.expire(key -> false, nowMs).changes()).isEmpty();
        nowMs++;

        assertThat(done(machine.expire(key -> key.text().equals("under way"), nowMs))).isFalse();
        assertThat(machine.size()).isEqualTo(1);
        assertThat(machine.producers()).as("of what was never completed none is used again").isEqualTo(2);
        assertThat(prepared("new", null).producerId()).isEqualTo(40);
    }

    @Test
    void manyExpireInParts() {
        machine = machine(10_000);
        for (int key = 0; key < 2_500; key++) {
            complete("k" + key, prepared("k" + key, key == 0 ? 40L : null));
        }
        nowMs += HOUR_MS;
        List<Integer> left = new ArrayList<>();
        boolean more = true;
        while (more) {
            more = done(machine.expire(key -> false, nowMs));
            left.add(machine.size());
        }
        assertThat(left).containsExactly(1_500, 500, 0);
    }

    @Test
    void beyondTheMostKeysNewOnesAreRefusedAndKnownOnesAnswered() {
        machine = machine(3);
        complete("a", prepared("a", 40L));
        complete("b", prepared("b", null));
        complete("c", prepared("c", null));

        refused(ErrorKind.OVERLOADED, () -> machine.begin(key("d"), BODY, TOPIC_ID, LAYOUT, NOBODY, 41L, nowMs));
        assertThat(begin("a", null)).isInstanceOf(Begun.Answered.class);
        nowMs += HOUR_MS;
        done(machine.expire(key -> false, nowMs));
        assertThat(begin("d", null)).isInstanceOf(Begun.Execute.class);
    }

    @Test
    void aFullSetOfKeysHasRoomForWhatTakesTheirPlace() {
        machine = machine(2, 3);
        prepared("a", 40L);
        prepared("b", 41L);
        assertThat(done(machine.begin(key("a"), BODY, new UUID(2, 2), LAYOUT, NOBODY, 42L, nowMs)))
                .as("in a topic that was created anew").isInstanceOf(Begun.Execute.class);
        assertThat(machine.size()).isEqualTo(2);
        nowMs += HOUR_MS;
        assertThat(done(machine.begin(key("b"), BODY, TOPIC_ID, LAYOUT, key -> true, 43L, nowMs)))
                .as("after it has expired").isInstanceOf(Begun.Execute.class);
        assertThat(machine.size()).isEqualTo(2);
        assertThat(machine.producers()).as("whose requests were not completed are given up").isEqualTo(2);
    }

    @Test
    void whatHasExpiredTakesNoRoomThoughItIsNotForgottenYet() {
        machine = machine(3, 3);
        complete("a", prepared("a", 40L));
        prepared("b", null);
        nowMs += HOUR_MS / 2;
        prepared("c", 41L);
        nowMs += HOUR_MS / 2;

        refused(ErrorKind.OVERLOADED, () -> machine.begin(key("d"), BODY, TOPIC_ID, LAYOUT, key -> true, 42L, nowMs));
        assertThat(begin("d", 42L)).isInstanceOf(Begun.Execute.class);
        assertThat(machine.size()).as("c and d").isEqualTo(2);
        assertThat(machine.find(key("c"), BODY, TOPIC_ID, nowMs)).isInstanceOf(Begun.Execute.class);
        refused(ErrorKind.OVERLOADED, () -> machine.begin(key("e"), BODY, TOPIC_ID, LAYOUT, NOBODY, 43L, nowMs));
    }

    @Test
    void aLargeAnswerCountsAsSeveralKeys() {
        machine = machine(3);
        Layout scattered = Layout.of(1_400, record -> record % 2);
        assertThat(done(machine.begin(key("a"), BODY, TOPIC_ID, scattered, NOBODY, 40L, nowMs))).isInstanceOf(Begun.Execute.class);
        refused(ErrorKind.OVERLOADED, () -> machine.begin(key("b"), BODY, TOPIC_ID, LAYOUT, NOBODY, 41L, nowMs));
    }

    @Test
    void aProducerWhoseEpochsAreUsedUpIsGivenUp() {
        machine.replay(new StoredKey.Producer(40), new StoredValue.LastEpoch((short) (Short.MAX_VALUE - 1)));
        StoredValue.Prepared last = prepared("a", null);
        assertThat(last.producerEpoch()).isEqualTo(Short.MAX_VALUE);
        complete("a", last);

        assertThat(machine.producers()).isZero();
        assertThat(begin("b", null)).isInstanceOf(Begun.ProducerNeeded.class);
    }

    @Test
    void beyondTheMostUnfinishedNewOnesAreRefusedUntilOneIsCompleted() {
        machine = machine(100, 3);
        StoredValue.Prepared first = prepared("a", 40L);
        StoredValue.Prepared second = prepared("b", 41L);
        refused(ErrorKind.OVERLOADED, () -> machine.begin(key("c"), BODY, TOPIC_ID, LAYOUT, NOBODY, 42L, nowMs));
        assertThat(begin("a", null)).as("known ones are carried out").isEqualTo(new Begun.Execute(first));

        complete("b", second);
        assertThat(begin("c", null)).isInstanceOf(Begun.Execute.class);
        refused(ErrorKind.OVERLOADED, () -> machine.begin(key("d"), BODY, TOPIC_ID, LAYOUT, NOBODY, 42L, nowMs));
    }

    @Test
    void aTopicThatCannotBeWrittenToLeavesAsManyPlacesFreeAsItHas() {
        machine = machine(100, 8);
        StoredValue.Prepared first = prepared("k0", 100L);
        for (int key = 1; key < 4; key++) {
            prepared("k" + key, 100L + key);
        }
        refused(ErrorKind.OVERLOADED, () -> begin("k4", 104L));
        for (int key = 0; key < 2; key++) {
            assertThat(beginOther(key)).isInstanceOf(Begun.Execute.class);
        }
        refused(ErrorKind.OVERLOADED, () -> beginOther(2));

        complete("k0", first);
        assertThat(beginOther(2)).as("a place that has become free").isInstanceOf(Begun.Execute.class);
        refused(ErrorKind.OVERLOADED, () -> begin("k4", null));
    }

    private Begun beginOther(int key) {
        return done(machine.begin(new IdempotencyKey("bills", -1, "k" + key), BODY, TOPIC_ID, LAYOUT, NOBODY, 200L + key, nowMs));
    }

    @Test
    void thereAreNoMoreProducersThanMayBeUnfinished() {
        machine = machine(10_000, 10);
        List<StoredValue.Prepared> all = new ArrayList<>();
        for (int key = 0; key < 5; key++) {
            all.add(prepared("k" + key, 100L + key));
        }
        for (int key = 0; key < 5; key++) {
            complete("k" + key, all.get(key));
        }
        assertThat(prepared("k5", 200L).producerId()).as("one that has become free meanwhile").isEqualTo(100);
        assertThat(machine.producers()).isEqualTo(5);
    }

    @Test
    void whereFewerMayBeUnfinishedThanBeforeTheProducersGetFewer() {
        for (long id = 0; id < 20; id++) {
            machine.replay(new StoredKey.Producer(id), new StoredValue.LastEpoch((short) 0));
        }
        IdempotencyMachine before = machine;
        machine = machine(100, 5);
        for (long id = 0; id < before.producers(); id++) {
            machine.replay(new StoredKey.Producer(id), new StoredValue.LastEpoch((short) 0));
        }
        for (int key = 0; key < 40; key++) {
            complete("k" + key, prepared("k" + key, null));
        }
        assertThat(machine.producers()).isEqualTo(5);
    }

    /** Decisions are undone in the log's order backwards, and read again in another: no producer's epoch is ever used twice. */
    @Test
    void noEpochIsUsedTwiceWhateverIsUndoneOrReadAgain() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            machine = machine(1_000);
            List<Change<StoredKey, StoredValue>> log = new ArrayList<>();
            Set<String> used = new HashSet<>();
            long fresh = 0;
            for (int step = 0; step < 60; step++) {
                nowMs += random.nextInt((int) HOUR_MS / 10);
                String key = "k" + random.nextInt(8);
                Decision<StoredKey, StoredValue, ?> decision;
                Begun begun = null;
                if (random.nextInt(10) == 0) {
                    decision = machine.expire(any -> false, nowMs);
                } else {
                    Decision<StoredKey, StoredValue, Begun> begin = machine.begin(key(key), BODY, TOPIC_ID, LAYOUT, NOBODY, null, nowMs);
                    if (begin.answer() instanceof Begun.ProducerNeeded) {
                        begin = machine.begin(key(key), BODY, TOPIC_ID, LAYOUT, NOBODY, fresh++, nowMs);
                    }
                    begun = begin.answer();
                    decision = begin;
                    if (begin.changes().isEmpty() && begun instanceof Begun.Execute execute) {
                        decision = machine.complete(key(key), execute.prepared(), OFFSETS, nowMs);
                    }
                }
                List<Change<StoredKey, StoredValue>> before = new ArrayList<>();
                decision.changes().forEach(change -> before.add(0,
                        new Change<>(change.key(), machine.replay(change.key(), change.value()))));
                if (random.nextInt(4) == 0) {
                    before.forEach(change -> machine.replay(change.key(), change.value()));
                } else {
                    log.addAll(decision.changes());
                    if (begun instanceof Begun.Execute execute && !decision.changes().isEmpty()
                            && decision.changes().get(0).value() instanceof StoredValue.Prepared) {
                        assertThat(used.add(execute.prepared().producerId() + "/" + execute.prepared().producerEpoch()))
                                .as("round %d: %s", round, execute.prepared()).isTrue();
                    }
                }
                if (random.nextInt(10) == 0) {
                    machine = machine(1_000);
                    log.forEach(change -> machine.replay(change.key(), change.value()));
                }
            }
            assertThat(used).hasSizeGreaterThan(3);
        }
    }

    private static void refused(ErrorKind kind, Runnable request) {
        assertThatThrownBy(request::run).isInstanceOf(BrokerException.class)
                .satisfies(e -> assertThat(((BrokerException) e).kind()).isEqualTo(kind));
    }
}
