package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Majority;
import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import io.millrace.agreement.journal.JournalRequest.Kind;
import io.millrace.agreement.journal.MajorityJournal;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.FakeCp;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.RegisterNames;
import io.millrace.agreement.registers.RegisterState;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** More registers than one message should hold. */
class RestorePagesTest {
    private static final int REGISTERS = 4_000;
    private static final int VALUE_CHARACTERS = 1_000;
    /** Of one message, in characters: a page, another one that waited with it, and what a register has at most here. */
    private static final long MOST = 530_000;

    private final FakeCp cp = new FakeCp();
    private final List<FakeJournal> journals = Stream.generate(FakeJournal::new).limit(3).toList();
    private final List<JournalGuard> guards = journals.stream().map(JournalGuard::new).toList();
    private long largest;

    private final JournalPeers peers = new JournalPeers() {
        @Override
        public Set<Integer> reachable() {
            return Set.of(1, 2);
        }

        @Override
        public CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request) {
            JournalReply reply = guards.get(brokerId).handle(JournalRequest.decode(sent(request.encode())));
            return CompletableFuture.completedFuture(JournalReply.decode(sent(reply.encode())));
        }
    };

    private String[] sent(String[] texts) {
        largest = Math.max(largest, Stream.of(texts).mapToLong(String::length).sum());
        return texts;
    }

    private static SortedMap<String, RegisterState> states(long incarnation) {
        SortedMap<String, RegisterState> states = new TreeMap<>();
        String value = "\"" + "x".repeat(VALUE_CHARACTERS) + "\"";
        for (int i = 0; i < REGISTERS; i++) {
            states.put("topic/t" + i, new RegisterState(incarnation, i + 1, "c-" + i, value));
        }
        return states;
    }

    private Restore.Outcome restore() {
        return new Restore(cp, guards.get(0), new JournalPoll(guards.get(0), 0, peers), new Majority(3), "s",
            session -> false, new Recovery()).attempt(true);
    }

    @Test
    void everyRegisterIsRestoredInMessagesOfBoundedSize() {
        assertThat(restore().problem()).isNull();
        states(1).forEach((key, state) -> journals.get(Math.floorMod(key.hashCode(), 3)).ensure(key, state));
        cp.forget();
        largest = 0;

        assertThat(restore().problem()).isNull();

        assertThat(largest).as("characters of the largest message").isPositive().isLessThan(MOST);
        journals.forEach(journal -> assertThat(journal.states()).isEqualTo(states(2)));
        states(2).forEach((key, state) -> assertThat(cp.get(RegisterNames.of(key))).isEqualTo(state.encode()));
    }

    @Test
    void aMajorityIsMadeSureOfInMessagesOfBoundedSize() {
        assertThat(restore().problem()).isNull();

        new MajorityJournal(journals.get(0), guards.get(0), peers, new Majority(3), 5_000).ensureAll(states(1));

        assertThat(largest).as("characters of the largest message").isPositive().isLessThan(MOST);
        assertThat(journals.get(0).states()).isEqualTo(states(1));
    }

    @Test
    void aJournalThatWasAwayReadsTheAgreementInParts() {
        assertThat(restore().problem()).isNull();
        states(1).forEach((key, state) -> journals.get(0).ensure(key, state));
        cp.forget();
        assertThat(restore().problem()).isNull();
        FakeJournal wiped = new FakeJournal();
        JournalGuard guard = new JournalGuard(wiped);
        int[] most = {0};
        CpOperations counting = new Counting(cp, most);

        assertThat(new CatchUp(counting, 3, guard, new JournalPoll(guard, 3, peers), new Majority(3), new Recovery())
            .attempt(Incarnation.decode(cp.get(Incarnation.NAME)))).isNull();

        assertThat(most[0]).isLessThanOrEqualTo(500);
        assertThat(wiped.states()).isEqualTo(states(2));
        assertThat(guard.handle(JournalRequest.of(Kind.INSPECT, 0, "")).standing().active()).isEqualTo(2);
    }

    /** Notes how many texts were asked for at once. */
    private record Counting(CpOperations cp, int[] most) implements CpOperations {
        @Override
        public String get(String name) {
            return cp.get(name);
        }

        @Override
        public Map<String, String> getAll(java.util.Collection<String> names) {
            most[0] = Math.max(most[0], names.size());
            return cp.getAll(names);
        }

        @Override
        public boolean compareAndSet(String name, String expected, String value) {
            return cp.compareAndSet(name, expected, value);
        }

        @Override
        public void ring(String key) {
            cp.ring(key);
        }

        @Override
        public AutoCloseable listen(java.util.function.Consumer<String> listener) {
            return cp.listen(listener);
        }
    }
}
