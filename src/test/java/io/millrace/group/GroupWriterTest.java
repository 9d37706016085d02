package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.group.GroupState.Claim;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.Subscription;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GroupWriterTest {
    private static final Claim MINE = new Claim(2, 1, "mine", false);

    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private final GroupStore store = new GroupStore(registers);
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private boolean refusing;
    private boolean withoutThreads;
    private final List<GroupState> written = new ArrayList<>();
    private final List<BrokerException> lost = new ArrayList<>();
    private final GroupWriter writer = new GroupWriter("g", store, MINE, GroupState.empty(Claim.NOBODY, 0), RegisterStore.ABSENT,
            this::execute, new GroupWriter.Host() {
                @Override
                public GroupState settle(GroupState before, GroupState changed) {
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
                public void lost(BrokerException reason) {
                    lost.add(reason);
                }
            });

    private static UnaryOperator<GroupState> adding(String name) {
        return state -> state.withMembership(state.membership().withMember(GroupMember.created(name, Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 0)));
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

    private static ErrorKind failure(CompletableFuture<?> future) {
        return ((BrokerException) assertThat(future).isCompletedExceptionally().failsWithin(Duration.ZERO)
                .withThrowableOfType(ExecutionException.class).actual().getCause()).kind();
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
        assertThat(store.read("g").orElseThrow().version()).isEqualTo(1);
        assertThat(store.read("g").orElseThrow().state().claim()).isEqualTo(MINE);
    }

    @Test
    void aChangeThatChangesNothingIsNotWritten() {
        writer.submit(adding("a"));
        run();
        CompletableFuture<GroupState> same = writer.submit(state -> state);
        run();
        assertThat(same).isCompleted();
        assertThat(store.read("g").orElseThrow().version()).isEqualTo(1);
    }

    @Test
    void whereTheOutcomeIsNotKnownTheRegisterIsReadBeforeTheNextChange() {
        writer.submit(adding("a"));
        run();
        registers.setAvailable(false);
        CompletableFuture<GroupState> unknown = writer.submit(adding("b"));
        run();
        assertThat(failure(unknown)).isEqualTo(ErrorKind.UNAVAILABLE);
        registers.setAvailable(true);
        GroupStore.Stored now = store.read("g").orElseThrow();
        store.write("g", adding("b").apply(now.state()), now.version()); // it had been written after all
        CompletableFuture<GroupState> next = writer.submit(adding("c"));
        run();
        assertThat(next.join().membership().members()).containsOnlyKeys("a", "b", "c");
    }

    @Test
    void anotherCoordinatorsClaimEndsIt() {
        writer.submit(adding("a"));
        run();
        GroupStore.Stored now = store.read("g").orElseThrow();
        store.write("g", now.state().withClaim(new Claim(3, 2, "other", false)), now.version());
        CompletableFuture<GroupState> late = writer.submit(adding("b"));
        run();
        assertThat(failure(late)).isEqualTo(ErrorKind.NOT_COORDINATOR);
        assertThat(lost).hasSize(1);
        assertThat(failure(writer.submit(adding("c")))).isEqualTo(ErrorKind.NOT_COORDINATOR);
        assertThat(store.read("g").orElseThrow().state().membership().members()).containsOnlyKeys("a");
    }

    @Test
    void aGroupWithNothingInItHasNoRegister() {
        writer.submit(adding("a"));
        run();
        writer.submit(state -> state.withMembership(state.membership().withoutMember("a")));
        run();
        assertThat(store.read("g")).isEmpty();
        writer.submit(adding("again"));
        run();
        assertThat(store.read("g").orElseThrow().state().membership().members()).containsOnlyKeys("again");
        assertThat(writer.closeIfIdle(new BrokerException(ErrorKind.NOT_COORDINATOR, "ended"))).isTrue();
        assertThat(failure(writer.submit(adding("b")))).isEqualTo(ErrorKind.NOT_COORDINATOR);
    }

    private static UnaryOperator<GroupState> subscribing(String name, int topics) {
        return state -> state.withMembership(state.membership().withMember(state.member(name).withSubscription(new Subscription.Topics(new TreeSet<>(
                IntStream.range(0, topics).mapToObj(i -> "topic-" + i).toList())))));
    }

    @Test
    void aChangeThatMakesTheRegisterTooLargeIsRefusedAndThoseBesideItAreNot() {
        long max = 5_000;
        CompletableFuture<GroupState> a = writer.submit(adding("a"), max);
        CompletableFuture<GroupState> large = writer.submit(before -> subscribing("a", 1_000).apply(before), max);
        CompletableFuture<GroupState> b = writer.submit(adding("b"), max);
        run();
        assertThat(failure(large)).isEqualTo(ErrorKind.GROUP_TOO_LARGE);
        assertThat(a).isCompleted();
        assertThat(b.join().membership().members()).containsOnlyKeys("a", "b");
        assertThat(store.read("g").orElseThrow().state().membership().members()).containsOnlyKeys("a", "b");
    }

    @Test
    void aGroupThatIsTooLargeGoesOnAndMayBecomeSmaller() {
        writer.submit(adding("a"));
        writer.submit(subscribing("a", 1_000));
        run();
        CompletableFuture<GroupState> more = writer.submit(adding("b"), 5_000);
        run();
        assertThat(failure(more)).isEqualTo(ErrorKind.GROUP_TOO_LARGE);
        CompletableFuture<GroupState> less = writer.submit(subscribing("a", 900), 5_000);
        CompletableFuture<GroupState> left = writer.submit(state -> state.withMembership(MembershipChanges.leave(state.membership(), "a", 1)));
        run();
        assertThat(less).isCompleted();
        assertThat(left).isCompleted();
    }

    @Test
    void aRegisterThatCannotBeReadFailsEachChangeAndWhenItCanBeTheNextOneIsWritten() {
        writer.submit(adding("a"));
        run();
        GroupStore.Stored good = store.read("g").orElseThrow();
        registers.compareAndSet("group/g", good.version(), "nonsense"); // behind its back, so that it reads again
        CompletableFuture<GroupState> first = writer.submit(adding("b"));
        run();
        assertThat(first).isCompletedExceptionally();
        CompletableFuture<GroupState> second = writer.submit(adding("c"));
        assertThat(tasks).as("somebody looks after it").hasSize(1);
        run();
        assertThat(second).isCompletedExceptionally();
        store.write("g", good.state(), good.version() + 1);
        CompletableFuture<GroupState> third = writer.submit(adding("d"));
        run();
        assertThat(third.join().membership().members()).containsOnlyKeys("a", "d");
    }

    @Test
    void anErrorFailsWhatWasBeingWrittenAndNothingElse() {
        CompletableFuture<GroupState> broken = writer.submit(state -> {
            throw new OutOfMemoryError("for the test");
        });
        run();
        assertThat(broken).isCompletedExceptionally();
        CompletableFuture<GroupState> next = writer.submit(adding("a"));
        run();
        assertThat(next.join().membership().members()).containsOnlyKeys("a");
    }

    @Test
    void whereNoThreadCanBeMadeAChangeIsRefusedAndTheNextOneIsTriedAgain() {
        withoutThreads = true;
        CompletableFuture<GroupState> refused = writer.submit(adding("a"));
        assertThat(failure(refused)).isEqualTo(ErrorKind.OVERLOADED);
        withoutThreads = false;
        CompletableFuture<GroupState> next = writer.submit(adding("b"));
        run();
        assertThat(next.join().membership().members()).containsOnlyKeys("b");
    }

    @Test
    void whileNoThreadTakesItAChangeIsRefusedAndTheNextOneIsTriedAgain() {
        refusing = true;
        CompletableFuture<GroupState> refused = writer.submit(adding("a"));
        assertThat(failure(refused)).isEqualTo(ErrorKind.OVERLOADED);
        refusing = false;
        CompletableFuture<GroupState> next = writer.submit(adding("b"));
        run();
        assertThat(next.join().membership().members()).containsOnlyKeys("b");
    }
}
