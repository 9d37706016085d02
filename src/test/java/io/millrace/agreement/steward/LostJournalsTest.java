package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.millrace.agreement.Majority;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import io.millrace.agreement.journal.JournalRequest.Kind;
import io.millrace.agreement.registers.FakeCp;
import io.millrace.agreement.registers.Incarnation;
import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three brokers that form a cluster, are restored, and lose disks. */
class LostJournalsTest {
    private static final RegisterState STATE = new RegisterState(1, 1, "c-1", "1");

    private final FakeCp cp = new FakeCp();
    private final List<FakeJournal> journals = new ArrayList<>();
    private final List<JournalGuard> guards = new ArrayList<>();
    private final Set<Integer> live = new TreeSet<>(Set.of(0, 1, 2));
    private final Recovery recovery = new Recovery();
    /** Whether a request to a broker arrives. */
    private BiPredicate<Integer, Kind> arrives = (broker, kind) -> true;

    @BeforeEach
    void begin() {
        live.forEach(id -> {
            journals.add(new FakeJournal());
            guards.add(new JournalGuard(journals.get(id)));
        });
    }

    private void wipe(int id) {
        journals.set(id, new FakeJournal());
        guards.set(id, new JournalGuard(journals.get(id)));
    }

    private JournalPoll poll(int self) {
        return new JournalPoll(guards.get(self), self, new JournalPeers() {
            @Override
            public Set<Integer> reachable() {
                Set<Integer> others = new TreeSet<>(live);
                others.remove(self);
                return others;
            }

            @Override
            public CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request) {
                if (!live.contains(brokerId) || !arrives.test(brokerId, request.kind())) {
                    return CompletableFuture.failedFuture(new RegisterUnavailableException("out of reach", null));
                }
                JournalReply reply = guards.get(brokerId).handle(JournalRequest.decode(request.encode()));
                return CompletableFuture.completedFuture(JournalReply.decode(reply.encode()));
            }
        });
    }

    private String restore(int broker) {
        return new Restore(cp, guards.get(broker), poll(broker), new Majority(3), "s" + broker,
            session -> live.contains(Integer.parseInt(session.substring(1))), recovery).attempt(true).problem();
    }

    private String catchUp(int broker) {
        return new CatchUp(cp, broker, guards.get(broker), poll(broker), new Majority(3), recovery)
            .attempt(Incarnation.decode(cp.get(Incarnation.NAME)));
    }

    private void form() {
        assertThat(restore(0)).isNull();
        journals.forEach(journal -> journal.ensure("k", STATE));
        cp.forget();
    }

    @Test
    void aFirstFormationWaitsForAllAndGoesByItself() {
        live.remove(2);
        assertThat(restore(0)).contains("new", "[0, 1]", "3 brokers");
        live.add(2);
        assertThat(restore(1)).isNull();
    }

    @Test
    void aRestorerThatDiesWithOnlyItsOwnJournalActiveIsNotWaitedFor() {
        arrives = (broker, kind) -> kind != Kind.ACTIVATE;
        assertThat(restore(0)).isNotNull();
        assertThat(guards.get(0).standing().active()).isEqualTo(1);
        arrives = (broker, kind) -> true;
        live.remove(0);

        assertThat(restore(1)).isNull();
    }

    @Test
    void oneLostDiskIsReplacedWithoutAWord() {
        form();
        wipe(1);
        live.remove(2);
        assertThat(restore(0)).contains("[0]", "[1]");
        live.add(2);
        live.remove(1);
        assertThat(restore(0)).isNull();
        live.add(1);
        assertThat(catchUp(1)).isNull();
        assertThat(journals.get(1).states()).containsKey("k");
    }

    @Test
    void twoLostDisksWaitForTheOperator() {
        form();
        wipe(1);
        wipe(2);

        String question = restore(1);
        assertThat(question).contains("[0]", "[1, 2]", "new", "POST /admin/cluster/recover with {\"kept\":[0],\"replaced\":[1,2]}");
        assertThat(restore(0)).isEqualTo(question);
        assertThat(cp.get(Incarnation.NAME)).as("nothing was begun").isNull();

        recovery.grant(new Loss(Set.of(0), Set.of(1, 2)));
        assertThat(restore(2)).isNull();
        assertThat(journals.get(1).states()).containsKey("k");
        recovery.settle();
        cp.forget();
        live.remove(0);
        assertThat(restore(1)).as("what was decided is done").isNull();
    }

    @Test
    void whatWasDecidedCountsForThatLossOnly() {
        form();
        wipe(1);
        live.remove(2);
        assertThat(restore(0)).isNotNull();
        recovery.grant(new Loss(Set.of(0), Set.of(1)));
        live.add(2);
        wipe(0);

        assertThat(restore(0)).contains("[2]", "[0, 1]");
    }

    @Test
    void whatIsAskedByNowCannotBeGrantedBySayingWhatWasAskedBefore() {
        form();
        wipe(1);
        live.remove(2);
        assertThat(restore(0)).isNotNull();
        Loss seen = new Loss(Set.of(0), Set.of(1));
        live.add(2);
        wipe(2);
        assertThat(restore(0)).isNotNull();

        assertThatIllegalStateException().isThrownBy(() -> recovery.grant(seen))
            .withMessageContaining("{\"kept\":[0],\"replaced\":[1,2]}");
        assertThat(restore(0)).isNotNull();
    }

    @Test
    void whatIsNotAskedAnyMoreCannotBeGranted() {
        form();
        wipe(1);
        live.remove(2);
        assertThat(restore(0)).isNotNull();
        recovery.roundOver();
        live.add(2);
        assertThat(restore(1)).isNull();
        recovery.roundOver();

        assertThatIllegalStateException().isThrownBy(() -> recovery.grant(new Loss(Set.of(0), Set.of(1))))
            .withMessageContaining("nothing waits");
    }

    @Test
    void threeLostDisksAreACluster() {
        form();
        live.forEach(this::wipe);
        assertThat(restore(0)).isNull();
    }

    @Test
    void aFounderThatWasNeverActiveTellsThatOthersLostTheirDisks() {
        arrives = (broker, kind) -> broker != 0 || kind != Kind.ACTIVATE;
        assertThat(restore(1)).isNull();
        assertThat(guards.get(0).standing().active()).isZero();
        arrives = (broker, kind) -> true;
        cp.forget();
        wipe(1);
        wipe(2);

        assertThat(restore(0)).contains("[0]", "[1, 2]");
    }

    @Test
    void aNewJournalDoesNotJoinAnIncarnationThatTheOthersMayHaveLeft() {
        form();
        assertThat(restore(0)).isNull();
        String old = cp.get(Incarnation.NAME);
        guards.get(2).handle(JournalRequest.prepare(9, "s2", new TreeSet<>()));
        wipe(1);

        assertThat(catchUp(1)).contains("[0]", "2 of 3");
        assertThat(guards.get(1).standing().promise()).isZero();
        assertThat(cp.get(Incarnation.NAME)).isEqualTo(old);
    }
}
