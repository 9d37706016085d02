package io.millrace.agreement.registers;

import static io.millrace.agreement.registers.RegisterStore.ABSENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.registers.FakeCp.Fate;
import io.millrace.agreement.steward.TestStores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HazelcastRegisterStoreTest {
    private final FakeCp cp = new FakeCp();
    private final FakeJournal journal = new FakeJournal();
    private final RegisterStore store = storeOf("a", journal);
    private final RegisterStore rival = storeOf("b", new FakeJournal());

    private RegisterStore storeOf(String member, RegisterJournal itsJournal) {
        AtomicInteger count = new AtomicInteger();
        Supplier<String> changeIds = () -> member + "-" + count.incrementAndGet();
        return TestStores.active(cp, itsJournal, changeIds);
    }

    @Test
    void versionsBeginAtOneAndGrowByOneAcrossDeletionAndRecreation() {
        assertThat(store.read("k")).isEmpty();
        assertThat(store.compareAndSet("k", ABSENT, "1")).contains(new Register("k", 1, "1"));
        assertThat(store.compareAndSet("k", 1, "2")).contains(new Register("k", 2, "2"));
        assertThat(store.compareAndDelete("k", 2)).isTrue();
        assertThat(store.read("k")).isEmpty();
        assertThat(store.compareAndSet("k", ABSENT, "4")).contains(new Register("k", 4, "4"));
        assertThat(store.read("k")).contains(new Register("k", 4, "4"));
    }

    @Test
    void anotherVersionThanTheExpectedOneChangesNothing() {
        store.compareAndSet("k", ABSENT, "1");

        assertThat(store.compareAndSet("k", ABSENT, "x")).isEmpty();
        assertThat(store.compareAndSet("k", 2, "x")).isEmpty();
        assertThat(store.compareAndSet("other", 1, "x")).isEmpty();
        assertThat(store.compareAndDelete("k", 2)).isFalse();
        assertThat(store.compareAndDelete("k", ABSENT)).isFalse();
        assertThat(store.compareAndDelete("other", ABSENT)).isFalse();
        assertThat(store.read("k")).contains(new Register("k", 1, "1"));
    }

    @Test
    void theVersionOfADeletionCannotBeBuiltUpon() {
        store.compareAndSet("k", ABSENT, "1");
        store.compareAndDelete("k", 1);

        assertThat(store.compareAndSet("k", 2, "x")).isEmpty();
        assertThat(store.compareAndDelete("k", 2)).isFalse();
    }

    @Test
    void keysAreThoseOfExistingRegistersWithThePrefix() {
        List.of("topic/b", "topic/a", "topic/gone", "group/a").forEach(key -> store.compareAndSet(key, ABSENT, "1"));
        store.compareAndDelete("topic/gone", 1);

        assertThat(store.keys("topic/")).containsExactly("topic/a", "topic/b");
        assertThat(store.keys("")).containsExactly("group/a", "topic/a", "topic/b");
        assertThat(store.keys("none/")).isEmpty();
        store.compareAndSet("topic/gone", ABSENT, "3");
        assertThat(rival.keys("topic/")).containsExactly("topic/a", "topic/b", "topic/gone");
    }

    @Test
    void registersThatWereAnnouncedAreListedOnceForAllAndAreKeysOnlyWhenTheyExist() {
        store.announce(List.of("page/1", "page/2", "page/3"));
        String listed = cp.get(RegisterDirectory.NAME);
        assertThat(store.keys("page/")).isEmpty();

        store.compareAndSet("page/1", ABSENT, "1");
        store.compareAndSet("page/2", ABSENT, "1");

        assertThat(cp.get(RegisterDirectory.NAME)).isEqualTo(listed);
        assertThat(store.keys("page/")).containsExactly("page/1", "page/2");
    }

    @Test
    void whatIsReadIsInTheReadersOwnJournalFirst() {
        rival.compareAndSet("k", ABSENT, "1");
        rival.compareAndSet("gone", ABSENT, "1");
        rival.compareAndDelete("gone", 1);
        rival.compareAndSet("topic/t", ABSENT, "1");
        rival.compareAndSet("refused", ABSENT, "1");
        assertThat(journal.states()).isEmpty();

        store.read("k");
        store.read("gone");
        store.keys("topic/");
        store.compareAndSet("refused", ABSENT, "2");

        assertThat(journal.states()).containsOnlyKeys("gone", "k", "refused", "topic/t");
        assertThat(journal.states().get("gone").exists()).isFalse();
    }

    @Test
    void aVersionThatIsNotDurableIsNotToldUntilItIs() {
        store.compareAndSet("k", ABSENT, "1");
        journal.failing(() -> true);

        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> store.compareAndSet("k", 1, "2"));
        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> store.read("k"));
        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> store.keys(""));

        journal.failing(() -> false);
        assertThat(store.read("k")).contains(new Register("k", 2, "2"));
        assertThat(journal.states().get("k").version()).isEqualTo(2);
    }

    @Test
    void aJournalThatIsOfflineStopsChangesAndNotReads() {
        store.compareAndSet("k", ABSENT, "1");
        journal.offline(true);

        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> store.compareAndSet("k", 1, "2"));
        assertThat(store.read("k")).contains(new Register("k", 1, "1"));
    }

    @Test
    void aLostAnswerIsFoundOutWhenTheChangeWasMade() {
        for (Fate fate : List.of(Fate.LOST_AFTER, Fate.REPEATED_AFTER)) {
            cp.weather(name -> fate);
            assertThat(store.compareAndSet(fate.name(), ABSENT, "1")).contains(new Register(fate.name(), 1, "1"));
        }
    }

    @Test
    void aRivalsEqualValueIsNotTakenForOnesOwn() {
        for (Fate fate : List.of(Fate.ANSWERED, Fate.LOST_BEFORE)) {
            String key = fate.name();
            cp.weather(name -> {
                cp.weather(any -> Fate.ANSWERED);
                assertThat(rival.compareAndSet(key, ABSENT, "same")).isPresent();
                return fate;
            });
            assertThat(store.compareAndSet(key, ABSENT, "same")).isEmpty();
        }
    }

    @Test
    void aLostRequestThatMayYetBeCarriedOutIsNotCalledRefused() {
        cp.weather(name -> Fate.LOST_BEFORE);

        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> store.compareAndSet("k", ABSENT, "1")).withMessageContaining("may still be");
    }

    @Test
    void aChangeThatMayHaveBeenOverwrittenIsNotCalledRefused() {
        store.compareAndSet("k", ABSENT, "1");
        cp.weather(name -> {
            cp.weather(any -> Fate.ANSWERED);
            return Fate.LOST_AFTER;
        });
        cp.meanwhile(() -> rival.compareAndSet("k", 2, "3"));

        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> store.compareAndSet("k", 1, "2")).withMessageContaining("a later version stands");
        assertThat(store.read("k")).contains(new Register("k", 3, "3"));
    }

    private static SortedMap<String, RegisterStore.Change> over(long version, String value, String... keys) {
        SortedMap<String, RegisterStore.Change> changes = new TreeMap<>();
        List.of(keys).forEach(key -> changes.put(key, new RegisterStore.Change(version, value)));
        return changes;
    }

    @Test
    void ofSeveralChangesEachIsMadeOrRefusedByItself() {
        store.compareAndSet("a", ABSENT, "1");
        rival.compareAndSet("b", ABSENT, "1");
        rival.compareAndSet("b", 1, "2");

        assertThat(store.compareAndSetAll(over(1, "3", "a", "b", "c")).set()).containsOnly(Map.entry("a", new Register("a", 2, "3")));
        assertThat(store.compareAndSetAll(over(ABSENT, "4", "a", "c", "d")).set()).containsOnlyKeys("c", "d");
        assertThat(store.readAll(List.of("a", "b", "c", "d", "e"))).containsOnlyKeys("a", "b", "c", "d");
        assertThat(store.keys("")).containsExactly("a", "b", "c", "d");
    }

    @Test
    void ofSeveralChangesThoseThatAreCertainAreDurableAndRungThoughOneIsNot() {
        List<String> rung = new ArrayList<>();
        rival.subscribe(rung::add);
        cp.weather(name -> name.equals(RegisterNames.of("b")) ? Fate.LOST_BEFORE : Fate.ANSWERED);

        RegisterStore.Changed changed = store.compareAndSetAll(over(ABSENT, "1", "a", "b", "c"));

        assertThat(changed.set()).containsOnlyKeys("a", "c");
        assertThat(changed.unknown()).hasMessageContaining("register b");
        assertThat(journal.states()).containsOnlyKeys("a", "c");
        assertThat(rung).containsExactly("a", "c");
    }

    @Test
    void ofSeveralChangesALostAnswerIsFoundOutAndARivalsIsNotTakenForOnesOwn() {
        cp.weather(name -> {
            if (name.equals(RegisterNames.of("b"))) {
                cp.weather(any -> Fate.LOST_AFTER);
                assertThat(rival.compareAndSet("b", ABSENT, "1")).isPresent();
            }
            return Fate.LOST_AFTER;
        });

        RegisterStore.Changed changed = store.compareAndSetAll(over(ABSENT, "1", "a", "b", "c"));
        assertThat(changed.set()).containsOnlyKeys("a", "c");
        assertThat(changed.unknown()).isNull();
    }

    @Test
    void restoringBringsBackRegistersDeletionsAndKeys() {
        store.compareAndSet("kept", ABSENT, "1");
        store.compareAndSet("gone", ABSENT, "1");
        store.compareAndDelete("gone", 1);

        RegisterStore restored = TestStores.restored(new FakeCp(), journal, () -> "c-1");

        assertThat(restored.read("kept")).contains(new Register("kept", 1, "1"));
        assertThat(restored.keys("")).containsExactly("kept");
        assertThat(restored.compareAndSet("gone", ABSENT, "3")).map(Register::version).contains(3L);
    }

    @Test
    void anAgreementThatWasLostIsNeverTakenForOneWithoutRegisters() {
        store.compareAndSet("k", ABSENT, "1");
        cp.forget();

        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> store.read("k"));
        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> store.keys(""));
        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> store.compareAndSet("k", ABSENT, "2"));
    }

    @Test
    void aChangeThatWasMadeInAnAgreementThatIsNewByThenIsNotAcknowledgedAndLeavesNoTrace() {
        cp.weather(name -> {
            cp.forget();
            return Fate.ANSWERED;
        });
        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> store.compareAndSet("k", ABSENT, "1"));
        assertThat(journal.states()).isEmpty();

        cp.weather(name -> Fate.ANSWERED);
        cp.compareAndSet(Incarnation.NAME, null, new Incarnation(2, true, "test").encode());
        assertThat(rival.keys("")).isEmpty();
        assertThat(rival.compareAndSet("k", ABSENT, "2")).contains(new Register("k", 1, "2"));
        assertThat(store.read("k")).contains(new Register("k", 1, "2"));
    }

    @Test
    void everyChangeRingsTheDoorbellUntilItIsClosed() throws Exception {
        List<String> rung = new ArrayList<>();
        AutoCloseable subscription = rival.subscribe(rung::add);
        store.compareAndSet("k", ABSENT, "1");
        store.compareAndSet("k", ABSENT, "refused");
        store.compareAndDelete("k", 1);
        subscription.close();
        store.compareAndSet("k", ABSENT, "3");

        assertThat(rung).containsExactly("k", "k");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\nb", "\u0000"})
    void keysThatTheDirectoryCannotListAreRefused(String key) {
        assertThatIllegalArgumentException().isThrownBy(() -> store.compareAndSet(key, ABSENT, "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> store.read(key));
    }

    @Test
    void aMissingValueIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> store.compareAndSet("k", ABSENT, null))
            .withMessageContaining("delete");
        assertThat(store.read("k")).isEqualTo(Optional.empty());
    }
}
