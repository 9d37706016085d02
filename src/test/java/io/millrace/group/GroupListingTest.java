package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.Member;
import io.millrace.group.GroupDescription.State;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class GroupListingTest {
    private final Map<Integer, CompletableFuture<List<GroupSummary>>> told = new TreeMap<>();
    private Supplier<List<Member>> coordinators = List::of;
    private final List<Integer> asked = new ArrayList<>();
    private final Deque<Runnable> work = new ArrayDeque<>();
    private final GroupListing listing = new GroupListing(new Cluster(), () -> coordinators.get(), this::asked,
            () -> told.get(1), work::add);

    /** As broker 1 sees it: up are those up to 3 that tell something. */
    private final class Cluster implements Coordination {
        @Override
        public boolean isInUse() {
            return true;
        }

        @Override
        public boolean isBorrowed(int partition) {
            return false;
        }

        @Override
        public void giveBack(int partition) {
            throw new AssertionError("it was not borrowed");
        }

        @Override
        public Member self() {
            return broker(1);
        }

        @Override
        public Collection<Member> others() {
            return told.keySet().stream().filter(id -> id != 1 && id <= 3).map(GroupListingTest::broker).toList();
        }

        @Override
        public Optional<Member> member(int brokerId) {
            throw new UnsupportedOperationException();
        }
    }

    private CompletableFuture<List<GroupSummary>> asked(Member other) {
        asked.add(other.brokerId());
        return told.get(other.brokerId());
    }

    private static Member broker(int id) {
        return new Member(id, "session", "http://" + id, null);
    }

    private static GroupSummary group(String id, int members) {
        return new GroupSummary(id, members == 0 ? State.EMPTY : State.STABLE, members);
    }

    private void tells(int broker, GroupSummary... groups) {
        told.put(broker, CompletableFuture.completedFuture(List.of(groups)));
    }

    private void fails(int broker, Throwable failure) {
        told.put(broker, CompletableFuture.failedFuture(failure));
    }

    private CompletableFuture<List<GroupSummary>> listed() {
        CompletableFuture<List<GroupSummary>> list = listing.list();
        work.forEach(Runnable::run);
        work.clear();
        return list;
    }

    private BrokerException refusal() {
        try {
            throw new AssertionError("there is a list: " + listed().join());
        } catch (CompletionException failure) {
            return (BrokerException) failure.getCause();
        }
    }

    @Test
    void theGroupsOfAllBrokersAreOneListInTheOrderOfTheirNames() {
        tells(1, group("b", 1), group("e", 0));
        tells(2, group("a", 2), group("d", 0));
        tells(3, group("c", 3));

        assertThat(listed().join()).containsExactly(group("a", 2), group("b", 1), group("c", 3), group("d", 0), group("e", 0));
    }

    @Test
    void aBrokerThatIsAboutToStopIsAskedWhileItCoordinatesAndNobodyIsAskedTwice() {
        tells(1);
        tells(2, group("a", 1));
        tells(4, group("b", 1));
        coordinators = () -> List.of(broker(2), broker(4));

        assertThat(listed().join()).containsExactly(group("a", 1), group("b", 1));
        assertThat(asked).containsExactly(2, 4);
    }

    @Test
    void whileNobodyCoordinatesSomeGroupsNobodyIsAsked() {
        BrokerException nobody = new BrokerException(ErrorKind.NOT_COORDINATOR, "partition 3 has no leader now");
        tells(1);
        tells(2);
        coordinators = () -> {
            throw nobody;
        };

        assertThatThrownBy(listing::list).isSameAs(nobody);
        assertThat(asked).isEmpty();
    }

    @Test
    void aBrokerThatIsAloneListsItsOwn() {
        tells(1, group("a", 1));

        assertThat(listed().join()).containsExactly(group("a", 1));
    }

    @Test
    void aGroupThatTwoBrokersNameIsListedOnceAsItIsWhereItHasMembers() {
        tells(1, group("left", 0), group("came", 2), group("empty", 0));
        tells(2, group("left", 2), group("came", 0), group("empty", 0));

        assertThat(listed().join()).containsExactly(group("came", 2), group("empty", 0), group("left", 2));
    }

    @Test
    void whileABrokerDoesNotAnswerThereIsNoListAndItIsSaidWhich() {
        tells(1, group("a", 1));
        tells(2, group("b", 1));
        fails(3, new BrokerException(ErrorKind.UNAVAILABLE, "it did not answer in time"));

        BrokerException refusal = refusal();
        assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(refusal).hasMessageContaining("broker 3 at http://3").hasMessageContaining("it did not answer in time");
    }

    @Test
    void whileABrokerOfAnEarlierVersionDoesNotKnowTheQuestionTheListIsUnavailable() {
        tells(1);
        fails(2, new BrokerException(ErrorKind.UNKNOWN_PARTITION, "status 404"));

        assertThat(refusal().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    }

    @Test
    void whileACoordinatorIsLoadingHereOrElsewhereThereIsNoList() {
        BrokerException loading = new BrokerException(ErrorKind.COORDINATOR_LOADING, "still loading");
        fails(1, loading);
        tells(2, group("b", 1));
        assertThat(refusal()).hasMessageContaining("broker 1 at").hasMessageContaining("still loading")
                .satisfies(refusal -> assertThat(((BrokerException) refusal).kind()).isEqualTo(ErrorKind.UNAVAILABLE));

        tells(1, group("a", 1));
        fails(2, new CompletionException(loading));
        assertThat(refusal()).hasMessageContaining("broker 2 at").hasMessageContaining("still loading");
    }

    @Test
    void aFaultOfOursIsNotTakenForABrokerThatIsAway() {
        IllegalStateException fault = new IllegalStateException("a bug");
        tells(2);
        fails(1, fault);

        assertThatThrownBy(() -> listed().join()).hasCause(fault);
    }

    @Test
    void whatGoesOnWithTheListDoesSoOnAWorker() {
        CompletableFuture<List<GroupSummary>> late = new CompletableFuture<>();
        tells(1);
        told.put(2, late);
        CompletableFuture<List<GroupSummary>> list = listing.list();

        late.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "away"));

        assertThat(list).isNotDone();
        work.remove().run();
        assertThat(list).isCompletedExceptionally();
    }
}
