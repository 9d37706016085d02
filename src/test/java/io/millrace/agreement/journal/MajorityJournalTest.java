package io.millrace.agreement.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.agreement.Majority;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalRequest.Kind;
import io.millrace.agreement.registers.ActiveIncarnation;
import io.millrace.agreement.registers.FakeCp;
import io.millrace.agreement.registers.HazelcastRegisterStore;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.RegisterState;
import io.millrace.agreement.registers.RegisterStore;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** One of three brokers, and the journals of the two others. */
class MajorityJournalTest {
    private final FakeJournal journal = new FakeJournal();
    private final JournalGuard own = new JournalGuard(journal);
    private final Map<Integer, Function<JournalRequest, JournalReply>> others = new TreeMap<>();
    private final MajorityJournal journals = new MajorityJournal(journal, own, new JournalPeers() {
        @Override
        public Set<Integer> reachable() {
            return others.keySet();
        }

        @Override
        public CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request) {
            return CompletableFuture.completedFuture(others.get(brokerId).apply(request));
        }
    }, new Majority(3), 0);

    private static JournalGuard active(JournalGuard guard, long incarnation) {
        guard.handle(JournalRequest.of(Kind.PREPARE, incarnation, "s"));
        guard.handle(JournalRequest.of(Kind.ACTIVATE, incarnation, "s"));
        return guard;
    }

    private static RegisterState state(long incarnation, long version) {
        return new RegisterState(incarnation, version, "c-" + version, "1");
    }

    @Test
    void whatIsDurableInALaterIncarnationSaysNothingOfAnEarlierOne() {
        active(own, 5);
        others.put(2, active(new JournalGuard(new FakeJournal()), 5)::handle);
        journals.ensure("k", state(5, 10));

        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> journals.ensure("k", state(4, 11))).withMessageContaining("incarnation 4");
    }

    @Test
    void whatIsDurableInAnEarlierIncarnationIsEnsuredAnew() {
        active(own, 4);
        others.put(2, active(new JournalGuard(new FakeJournal()), 4)::handle);
        journals.ensure("k", state(4, 10));
        active(own, 5);

        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> journals.ensure("k", state(5, 10))).withMessageContaining("fewer than 2 of 3");
        assertThat(journal.states()).containsEntry("k", state(5, 10));
    }

    @Test
    void anIncarnationBelowTheOwnPromiseIsRefusedAlsoWhereTheAgreementCallsItActive() {
        FakeCp cp = new FakeCp();
        cp.compareAndSet(Incarnation.NAME, null, new Incarnation(4, true, "s").encode());
        active(own, 4);
        others.put(2, active(new JournalGuard(new FakeJournal()), 4)::handle);
        RegisterStore store = new HazelcastRegisterStore(cp,
            new ActiveIncarnation(cp, () -> true, () -> own.standing().promise()), journals, () -> "a-1");
        assertThat(store.compareAndSet("k", RegisterStore.ABSENT, "1")).isPresent();
        own.handle(JournalRequest.of(Kind.PREPARE, 5, "t"));

        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> store.read("k"))
            .withMessageContaining("promised");
    }

    @Test
    void aMajorityThatPromisesNoLaterIncarnationConfirmsAndAnsweringAgreementDoesNot() {
        FakeCp cp = new FakeCp();
        cp.compareAndSet(Incarnation.NAME, null, new Incarnation(4, true, "s").encode());
        active(own, 4);
        JournalGuard second = active(new JournalGuard(new FakeJournal()), 4);
        others.put(2, second::handle);
        RegisterStore store = new HazelcastRegisterStore(cp,
            new ActiveIncarnation(cp, () -> true, () -> own.standing().promise()), journals, () -> "a-1");
        store.compareAndSet("k", RegisterStore.ABSENT, "1");
        store.confirm();

        second.handle(JournalRequest.of(Kind.PREPARE, 5, "t"));

        assertThat(store.read("k")).as("what the agreement still says").isPresent();
        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(store::confirm)
            .withMessageContaining("incarnation 4");
    }
}
