package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A group's one writer. */
class GroupWriterTest {
    private final FakeLedger ledger = new FakeLedger("g");
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private boolean refusing;
    private boolean withoutThreads;
    private final List<GroupState> written = new ArrayList<>();
    private final List<BrokerException> lost = new ArrayList<>();
    private int idles;
    /** What the group does besides each change. */
    private UnaryOperator<GroupState> besides = UnaryOperator.identity();
    private final GroupWriter writer = new GroupWriter("g", ledger, GroupState.empty(0), this::execute, new GroupWriter.Host() {
        @Override
        public GroupState settle(GroupState before, GroupState changed) {
            return besides.apply(changed);
        }

        @Override
        public GroupState unsettled(GroupState before, GroupState changed) {
            return changed;
        }

        @Override
        public void written(GroupState now) {
            written.add(now);
        }

        @Override
        public void undecided() {
            written.add(null);
        }

        @Override
        public void idle() {
            idles++;
        }

        @Override
        public void lost(BrokerException reason) {
            lost.add(reason);
        }
    });

    private static UnaryOperator<GroupState> adding(String name) {
        return state -> state.withMembership(state.membership().withMember(
                GroupMember.created(name, Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 0)));
    }

    private static UnaryOperator<GroupState> refused() {
        return state -> {
            throw new BrokerException(ErrorKind.FENCED, "no");
        };
    }

    private void execute(Runnable task) {
        if (withoutThreads) {
            throw new OutOfMemoryError("unable to create native thread");
        }
        if (refusing) {
            throw new RejectedExecutionException("for the test");
        }
        tasks.add(task);
    }

    private void run() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private CompletableFuture<GroupState> done(UnaryOperator<GroupState> change) {
        CompletableFuture<GroupState> done = writer.submit(change);
        run();
        return done;
    }

    private static ErrorKind failure(CompletableFuture<?> future) {
        return ((BrokerException) assertThat(future).isCompletedExceptionally().failsWithin(Duration.ZERO)
                .withThrowableOfType(ExecutionException.class).actual().getCause()).kind();
    }

    private void assertMembers(String... names) {
        assertThat(ledger.state().membership().members()).containsOnlyKeys(names);
    }

    @Test
    void changesThatWaitAreOneWriteAndOneThatIsRefusedLeavesTheOthersAlone() {
        CompletableFuture<GroupState> a = writer.submit(adding("a"));
        CompletableFuture<GroupState> no = writer.submit(refused());
        CompletableFuture<GroupState> b = writer.submit(adding("b"));
        assertThat(tasks).as("one task writes").hasSize(1);
        run();
        assertThat(a.join().membership().members()).containsOnlyKeys("a", "b");
        assertThat(b.join()).isEqualTo(a.join());
        assertThat(failure(no)).isEqualTo(ErrorKind.FENCED);
        assertThat(ledger.writes).hasSize(1);
        assertThat(idles).isEqualTo(1);
        assertMembers("a", "b");
    }

    @Test
    void onlyWhatChangedIsWritten() {
        done(adding("a"));
        done(adding("b"));
        assertThat(ledger.writes.get(1)).as("the second member, and nothing of the first").hasSize(1);
    }

    @Test
    void aChangeThatChangesNothingIsNotWritten() {
        done(adding("a"));
        assertThat(done(state -> state)).isCompleted();
        assertThat(ledger.writes).hasSize(1);
    }

    @Test
    void whatIsNotCommittedIsNotAnsweredAndWhatComesMeanwhileIsOneWriteBehindIt() {
        ledger.holding = true;
        CompletableFuture<GroupState> a = done(adding("a"));
        CompletableFuture<GroupState> b = done(adding("b"));
        CompletableFuture<GroupState> c = done(adding("c"));
        assertThat(a).isNotDone();
        assertThat(written).isEmpty();
        assertThat(ledger.writes).hasSize(1);
        ledger.commit();
        assertThat(a).isCompleted();
        assertThat(b).isNotDone();
        assertThat(ledger.writes).hasSize(2);
        ledger.commit();
        assertThat(c.join().membership().members()).containsOnlyKeys("a", "b", "c");
    }

    @Test
    void whereTheOutcomeIsNotKnownTheRecordsAreReadBeforeTheNextChange() {
        done(adding("a"));
        ledger.failing = ErrorKind.NOT_COMMITTED;
        ledger.thereAllTheSame = true;
        assertThat(failure(done(adding("b")))).isEqualTo(ErrorKind.NOT_COMMITTED);
        assertThat(written).endsWith((GroupState) null);
        assertThat(failure(done(adding("never")))).as("while they cannot be read").isEqualTo(ErrorKind.NOT_COMMITTED);
        ledger.failing = null;
        assertThat(done(adding("c")).join().membership().members()).containsOnlyKeys("a", "b", "c");
        assertMembers("a", "b", "c");
    }

    @Test
    void whatWasRefusedIsNotPartOfTheNextChange() {
        done(adding("a"));
        ledger.failing = ErrorKind.NOT_ENOUGH_REPLICAS;
        assertThat(failure(done(adding("b")))).isEqualTo(ErrorKind.NOT_ENOUGH_REPLICAS);
        ledger.failing = null;
        done(adding("c"));
        assertMembers("a", "c");
    }

    @Test
    void anotherLeadershipEndsIt() {
        done(adding("a"));
        ledger.failing = ErrorKind.NOT_COORDINATOR;
        assertThat(failure(done(adding("b")))).isEqualTo(ErrorKind.NOT_COORDINATOR);
        assertThat(lost).hasSize(1);
        assertThat(failure(writer.submit(adding("c")))).isEqualTo(ErrorKind.NOT_COORDINATOR);
        assertMembers("a");
    }

    @Test
    void aGroupWithNothingInItHasNoRecords() {
        done(adding("a"));
        done(state -> state.withMembership(state.membership().withoutMember("a")));
        assertThat(ledger.machine.groups()).isEmpty();
        done(adding("again"));
        assertMembers("again");
        assertThat(writer.closeIfIdle(new BrokerException(ErrorKind.NOT_COORDINATOR, "ended"))).isTrue();
        assertThat(failure(writer.submit(adding("b")))).isEqualTo(ErrorKind.NOT_COORDINATOR);
    }

    @Test
    void aChangeThatIsTooLargeForABatchIsRefusedAndThoseBesideItAreNot() {
        ledger.mostRecords = 2; // a member, and what concerns the group
        CompletableFuture<GroupState> a = writer.submit(adding("a"));
        CompletableFuture<GroupState> large = writer.submit(state -> adding("d").apply(adding("c").apply(state)));
        CompletableFuture<GroupState> b = writer.submit(adding("b"));
        run();
        assertThat(a).isCompleted();
        assertThat(b).isCompleted();
        ledger.mostRecords = 1;
        CompletableFuture<GroupState> two = done(state -> adding("f").apply(adding("e").apply(state)));
        assertThat(failure(two)).isEqualTo(ErrorKind.GROUP_TOO_LARGE);
        assertThat(done(adding("g"))).as("the next one").isCompleted();
        assertThat(large).isCompleted();
        assertMembers("a", "b", "c", "d", "g");
    }

    @Test
    void whatAGroupDoesBesidesKeepsNoChangeFromBeingWritten() {
        ledger.mostRecords = 2;
        done(adding("a"));
        besides = adding("x").andThen(adding("y")).andThen(adding("z"))::apply;
        assertThat(done(adding("b"))).isCompleted();
        assertThat(done(UnaryOperator.identity())).isCompleted();
        assertThat(done(state -> state.withMembership(state.membership().withoutMember("a")))).isCompleted();
        assertMembers("b");
        ledger.mostRecords = 9;
        done(UnaryOperator.identity());
        assertMembers("b", "x", "y", "z");
    }

    @Test
    void anErrorFailsWhatWasBeingWrittenAndNothingElse() {
        CompletableFuture<GroupState> broken = done(state -> {
            throw new OutOfMemoryError("for the test");
        });
        assertThat(broken).isCompletedExceptionally();
        assertThat(done(adding("a")).join().membership().members()).containsOnlyKeys("a");
    }

    @Test
    void whereNoThreadCanBeMadeAChangeIsRefusedAndTheNextOneIsTriedAgain() {
        withoutThreads = true;
        CompletableFuture<GroupState> refused = writer.submit(adding("a"));
        assertThat(failure(refused)).isEqualTo(ErrorKind.OVERLOADED);
        withoutThreads = false;
        assertThat(done(adding("b")).join().membership().members()).containsOnlyKeys("b");
    }

    @Test
    void whileNoThreadTakesItAChangeIsRefusedAndTheNextOneIsTriedAgain() {
        refusing = true;
        CompletableFuture<GroupState> refused = writer.submit(adding("a"));
        assertThat(failure(refused)).isEqualTo(ErrorKind.OVERLOADED);
        refusing = false;
        assertThat(done(adding("b")).join().membership().members()).containsOnlyKeys("b");
    }
}
