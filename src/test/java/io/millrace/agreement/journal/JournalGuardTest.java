package io.millrace.agreement.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.journal.JournalRequest.Kind;
import io.millrace.agreement.registers.RegisterState;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalGuardTest {
    @TempDir
    private Path temp;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final FakeJournal journal = new FakeJournal();
    private final JournalGuard guard = new JournalGuard(journal);

    @AfterEach
    void stop() {
        executor.shutdownNow();
    }

    private static SortedMap<String, RegisterState> state(long incarnation, long version) {
        return new TreeMap<>(Map.of("k", new RegisterState(incarnation, version, "t-1", "1")));
    }

    private boolean ask(Kind kind, long incarnation, String owner) {
        return guard.handle(JournalRequest.of(kind, incarnation, owner)).accepted();
    }

    private boolean take(Kind kind, long incarnation, String owner) {
        return guard.handle(new JournalRequest(kind, incarnation, owner, state(incarnation, incarnation))).accepted();
    }

    private void activate(long incarnation) {
        assertThat(ask(Kind.PREPARE, incarnation, "a")).isTrue();
        assertThat(ask(Kind.ACTIVATE, incarnation, "a")).isTrue();
    }

    private JournalReply read(String owner, String after) {
        return guard.handle(JournalRequest.read(2, owner, after));
    }

    private boolean catchUp(JournalGuard behind, long incarnation, SortedMap<String, RegisterState> states) {
        return behind.follow(incarnation, "a")
            && behind.handle(new JournalRequest(Kind.RESTORE, incarnation, "a", states)).accepted()
            && behind.handle(JournalRequest.of(Kind.ACTIVATE, incarnation, "a")).accepted();
    }

    @Test
    void aPromiseStopsTheWritersOfThePast() {
        activate(1);
        assertThat(take(Kind.STORE, 1, "")).isTrue();
        JournalReply promised = guard.handle(JournalRequest.of(Kind.PREPARE, 2, "b"));

        assertThat(promised.accepted()).isTrue();
        assertThat(read("b", "").states()).isEqualTo(state(1, 1));
        assertThat(read("b", "k").states()).isEmpty();
        assertThat(read("a", "").accepted()).isFalse();
        assertThat(take(Kind.STORE, 1, "")).isFalse();
        assertThat(take(Kind.RESTORE, 1, "a")).isFalse();
        assertThat(ask(Kind.ACTIVATE, 1, "a")).isFalse();
        assertThat(journal.states()).isEqualTo(state(1, 1));
    }

    @Test
    void anIncarnationIsPromisedToOneOwnerOnly() {
        assertThat(ask(Kind.PREPARE, 1, "a")).isTrue();
        assertThat(ask(Kind.PREPARE, 1, "a")).isTrue();
        assertThat(ask(Kind.PREPARE, 1, "b")).isFalse();
        assertThat(take(Kind.RESTORE, 1, "b")).isFalse();
        assertThat(take(Kind.RESTORE, 1, "a")).isTrue();
    }

    @Test
    void aJournalThatLacksRestoredStatesTakesNoChanges() {
        assertThat(take(Kind.STORE, 1, "")).isFalse();
        ask(Kind.PREPARE, 1, "a");
        assertThat(take(Kind.STORE, 1, "")).isFalse();
        ask(Kind.ACTIVATE, 1, "a");
        assertThat(take(Kind.STORE, 1, "")).isTrue();
    }

    @Test
    void aJournalThatWasAwayCatchesUpUnlessItHasPromisedMore() {
        assertThat(catchUp(guard, 3, state(3, 5))).isTrue();
        assertThat(guard.standing()).isEqualTo(new Standing(3, "a", 3));
        assertThat(journal.states()).isEqualTo(state(3, 5));

        ask(Kind.PREPARE, 4, "b");
        assertThat(catchUp(guard, 3, state(3, 6))).isFalse();
        assertThat(journal.states()).isEqualTo(state(3, 5));
    }

    @Test
    void promisesAndStatesOutliveTheProcess() {
        try (Journal real = Journal.open(temp, Journal.Options.DEFAULT, Clock.systemUTC(), executor)) {
            assertThat(real.standing()).isEqualTo(Standing.NONE);
            JournalGuard durable = new JournalGuard(real);
            catchUp(durable, 3, state(3, 5));
            durable.handle(JournalRequest.of(Kind.PREPARE, 4, "b"));
        }
        try (Journal real = Journal.open(temp, Journal.Options.DEFAULT, Clock.systemUTC(), executor)) {
            assertThat(real.standing()).isEqualTo(new Standing(4, "b", 3));
            assertThat(JournalStates.of(real)).isEqualTo(state(3, 5));
        }
    }

    @Test
    void requestsAndRepliesTravelAsTexts() {
        JournalRequest request = new JournalRequest(Kind.RESTORE, 7, "s-1", state(7, 2));
        assertThat(JournalRequest.decode(request.encode())).isEqualTo(request);
        JournalRequest prepare = JournalRequest.prepare(7, "s-1", new TreeSet<>(Set.of("j-1", "j-2")));
        assertThat(JournalRequest.decode(prepare.encode())).isEqualTo(prepare);
        JournalRequest read = JournalRequest.read(7, "s-1", "k");
        assertThat(JournalRequest.decode(read.encode())).isEqualTo(read);
        JournalReply reply = new JournalReply(true, new Standing(7, "s-1", 6),
            new JournalOrigin("j-1", new TreeSet<>(Set.of("j-1", "j-2"))), state(6, 1));
        JournalReply refusal = new JournalReply(false, new Standing(7, "s-1", 6));
        assertThat(refusal.encode()).as("what a server of the version before understands").hasSize(2);
        assertThat(JournalReply.decode(refusal.encode())).isEqualTo(refusal);
        assertThat(JournalReply.decode(reply.encode())).isEqualTo(reply);
    }
}
