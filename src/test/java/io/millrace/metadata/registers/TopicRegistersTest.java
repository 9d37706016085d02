package io.millrace.metadata.registers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import io.millrace.metadata.controller.Elections;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Topics of several registers, with two partitions a page. */
class TopicRegistersTest {
    private static final int PAGE = 2;

    private final CountingRegisters registers = new CountingRegisters();
    private final TopicStore store = new TopicStore(registers, PAGE);
    private final TopicRegisters topics = new TopicRegisters(registers, store);
    /** Of the topic's register: the first one is to find out whether it is in pages. */
    private int readsBefore = 2;

    private static Topic.Assignment led(int leader, int epoch) {
        return new Topic.Assignment(leader, epoch, List.of(1, 2, 3), List.of(1, 2, 3));
    }

    private static Topic topic(int partitions) {
        return new Topic("orders", UUID.randomUUID(), 0, Map.of("flush", "os"), Collections.nCopies(partitions, led(1, 0)));
    }

    private Topic created(int partitions) {
        Topic topic = topic(partitions);
        assertThat(topics.create(topic, true)).isTrue();
        return topic;
    }

    private StoredTopic stored() {
        return store.read("orders").orElseThrow();
    }

    private void elect(UUID id, int partition, int leader) {
        store.change("orders", id, partition, page -> Optional.of(page.with(partition,
                Elections.led(page.assignment(partition), leader, List.of(leader))))).orElseThrow();
    }

    private List<Integer> leaders() {
        return stored().topic().partitions().stream().map(Topic.Assignment::leader).toList();
    }

    /** As an earlier version did. */
    private Topic createdInOneRegister(int partitions) {
        Topic topic = topic(partitions);
        registers.compareAndSet("topic/orders", RegisterStore.ABSENT, new TopicCodec().encode(topic));
        return topic;
    }

    @Test
    void aTopicThatFitsIsOneRegisterAsItAlwaysWas() {
        Topic topic = created(2);

        assertThat(registers.written).containsExactly("topic/orders");
        assertThat(registers.read("topic/orders").map(Register::value)).contains(new TopicCodec().encode(topic));
        assertThat(stored().topic()).isEqualTo(topic);
    }

    @Test
    void aLargerOneIsThereOnlyWhenAllItsPagesAre() {
        List<Boolean> there = new ArrayList<>();
        registers.beforeWrite = key -> there.add(store.read("orders").isPresent());
        Topic topic = created(5);

        assertThat(registers.written).containsExactly("topic/orders", "topic-page/orders/1", "topic-page/orders/2", "topic/orders");
        assertThat(there).containsOnly(false);
        assertThat(stored().topic()).isEqualTo(topic);
        assertThat(stored().pages()).isEqualTo(3);
    }

    @Test
    void aChangeWritesAndReadsItsOwnPageOnly() {
        UUID id = created(100).id();
        elect(id, 50, 2); // from the first one on it is known that the topic is in pages
        registers.forget();

        elect(id, 71, 2);

        assertThat(registers.written).containsExactly("topic-page/orders/35");
        assertThat(registers.read).containsOnly("topic-page/orders/35");
        assertThat(leaders().get(71)).isEqualTo(2);
    }

    @Test
    void aChangeIsMadeAgainOverWhatCameInBetween() {
        UUID id = created(5).id();
        registers.beforeWrite = key -> {
            registers.beforeWrite = any -> { };
            elect(id, 3, 3);
        };

        elect(id, 2, 2);

        assertThat(leaders()).containsExactly(1, 1, 2, 3, 1);
    }

    private static Optional<TopicPage> ledByTwo(TopicPage page) {
        TopicPage next = page.withEach(now -> now.leader() == 2 ? now : Elections.led(now, 2, List.of(2)));
        return next.equals(page) ? Optional.empty() : Optional.of(next);
    }

    @Test
    void pagesThatAreChangedAtOnceAreReadAndWrittenOnceEach() {
        Topic topic = created(7);
        elect(topic.id(), 2, 2);
        elect(topic.id(), 3, 2);
        stored();
        registers.forget();

        List<TopicStore.PageChange> changes = store.changeAll("orders", topic.id(), List.of(6, 1, 0, 2),
                TopicRegistersTest::ledByTwo, some -> { });

        assertThat(registers.written).containsExactly("topic-page/orders/3", "topic/orders");
        assertThat(registers.read).containsExactlyInAnyOrder("topic/orders", "topic-page/orders/1", "topic-page/orders/3");
        assertThat(changes).extracting(change -> change.after().number()).containsExactly(0, 1, 3);
        assertThat(changes).extracting(TopicStore.PageChange::isNone).containsExactly(false, true, false);
        assertThat(leaders()).containsExactly(2, 2, 2, 2, 1, 1, 2);
        assertThat(changes).allMatch(change -> change.after().version() == stored().version(change.after().first()));
    }

    @Test
    void ofPagesThatAreChangedAtOnceTheOneThatChangedInBetweenIsChangedAnew() {
        Topic topic = created(7);
        registers.beforeWrite = key -> {
            if (key.equals("topic-page/orders/1")) {
                registers.beforeWrite = any -> { };
                elect(topic.id(), 2, 3);
            }
        };

        List<TopicStore.PageChange> changes = store.changeAll("orders", topic.id(), List.of(0, 2, 4, 6),
                TopicRegistersTest::ledByTwo, some -> { });

        assertThat(changes).hasSize(4);
        assertThat(changes.get(1).before().assignment(2).leader()).isEqualTo(3);
        assertThat(leaders()).containsOnly(2);
        assertThat(stored().topic().partitions().get(2).leaderEpoch()).isEqualTo(2);
    }

    @Test
    void pagesOfADeletedTopicAreNotChangedWithOthersOfItsName() {
        Topic gone = created(7);
        topics.delete(stored());
        Topic next = created(7);

        assertThat(store.changeAll("orders", gone.id(), List.of(0, 2), TopicRegistersTest::ledByTwo, some -> { })).isEmpty();
        assertThat(store.changeAll("orders", next.id(), List.of(0, 100), TopicRegistersTest::ledByTwo, some -> { })).hasSize(1);
    }

    @Test
    void manyPagesAreChangedInSteps() {
        int pages = 2 * TopicStore.PAGES_AT_ONCE + 3;
        Topic topic = created(PAGE * pages);
        List<Integer> steps = new ArrayList<>();

        store.changeAll("orders", topic.id(), IntStream.range(0, PAGE * pages).boxed().toList(), TopicRegistersTest::ledByTwo,
                some -> steps.add(some.size()));

        assertThat(steps).containsExactly(TopicStore.PAGES_AT_ONCE, TopicStore.PAGES_AT_ONCE, 3);
        assertThat(leaders()).containsOnly(2);
    }

    /** Brings a topic into pages as soon as it was read in one register. */
    private final class Paginating implements TopicStore.PageEdit {
        private final StoredTopic whole;
        private boolean done;

        private Paginating(StoredTopic whole) {
            this.whole = whole;
        }

        @Override
        public void begin(List<TopicPage> pages) {
            done = done || topics.paginate(whole);
        }

        @Override
        public Optional<TopicPage> of(TopicPage page) {
            return ledByTwo(page);
        }
    }

    @Test
    void partitionsOfATopicThatCameIntoPagesAfterItsRegisterWasFoundAreChangedOnTheirPages() {
        Topic topic = createdInOneRegister(7);
        paginatedBeforeItIsReadAgain();

        assertThat(store.changeAll("orders", topic.id(), List.of(5, 6), TopicRegistersTest::ledByTwo, some -> { })).hasSize(2);
        assertThat(leaders()).containsExactly(1, 1, 1, 1, 2, 2, 2);
    }

    private void paginatedBeforeItIsReadAgain() {
        StoredTopic whole = stored();
        registers.beforeRead = key -> {
            if (key.equals("topic/orders") && --readsBefore == 0) {
                registers.beforeRead = any -> { };
                assertThat(topics.paginate(whole)).isTrue();
            }
        };
    }

    @Test
    void aPartitionOfATopicThatComesIntoPagesJustNowIsThereAllTheSame() {
        Topic topic = createdInOneRegister(7);
        paginatedBeforeItIsReadAgain();

        elect(topic.id(), 5, 3);

        assertThat(leaders()).containsExactly(1, 1, 1, 1, 1, 3, 1);
    }

    @Test
    void whatTheJournalsDidNotConfirmInTimeIsLookedAtAgain() {
        Topic topic = created(7);
        registers.unconfirmed = true;

        assertThat(store.changeAll("orders", topic.id(), List.of(0, 2, 4), TopicRegistersTest::ledByTwo, some -> { }))
                .hasSize(3).noneMatch(TopicStore.PageChange::isNone);
        assertThat(leaders()).containsExactly(2, 2, 2, 2, 2, 2, 1);
    }

    @Test
    void aTopicThatComesIntoPagesMeanwhileIsChangedOnAllOfThem() {
        for (int first = 0; first < 7; first++) {
            Topic topic = createdInOneRegister(7);
            List<Integer> partitions = IntStream.range(first, 7).boxed().toList();
            store.changeAll("orders", topic.id(), partitions, new Paginating(stored()), some -> { });

            assertThat(leaders().subList(first, 7)).containsOnly(2);
            topics.delete(stored());
        }
    }

    @Test
    void whatWasSetThoughAnotherOutcomeIsNotKnownIsTold() {
        Topic topic = created(7);
        registers.beforeWrite = key -> {
            if (key.equals("topic-page/orders/1")) {
                throw new RegisterUnavailableException("lost by the test", null);
            }
        };
        List<TopicStore.PageChange> told = new ArrayList<>();

        assertThatThrownBy(() -> store.changeAll("orders", topic.id(), List.of(0, 2, 4, 6), TopicRegistersTest::ledByTwo,
                told::addAll)).isInstanceOf(BrokerException.class);

        assertThat(told).extracting(change -> change.after().number()).containsExactly(0, 2, 3);
        assertThat(told).allMatch(change -> change.after().version() == stored().version(change.after().first()));
        assertThat(leaders()).containsExactly(2, 2, 1, 1, 2, 2, 2);
    }

    @Test
    void versionsGrowWithEveryChangeOfAPageAlsoWhereItComesFromTheTopicsOwnRegister() {
        UUID id = createdInOneRegister(5).id();
        for (int i = 0; i < 20; i++) {
            elect(id, 4, 1 + i % 3);
        }
        long before = stored().version(4);
        assertThat(topics.paginate(stored())).isTrue();

        long after = stored().version(4);
        elect(id, 4, 3);

        assertThat(after).isGreaterThan(before);
        assertThat(stored().version(4)).isGreaterThan(after);
        assertThat(stored().version(0)).isGreaterThan(before);
        assertThat(leaders()).containsExactly(1, 1, 1, 1, 3);
    }

    @Test
    void aTopicOfAnEarlierVersionIsChangedWhereItIsUntilItIsInPages() {
        UUID id = createdInOneRegister(5).id();
        elect(id, 4, 2);
        assertThat(registers.written).containsOnly("topic/orders");
        StoredTopic stale = stored();
        elect(id, 3, 3);

        assertThat(topics.paginate(stale)).as("over an older version").isFalse();
        assertThat(leaders()).containsExactly(1, 1, 1, 3, 2);
        assertThat(topics.paginate(stored())).isTrue();
        assertThat(leaders()).containsExactly(1, 1, 1, 3, 2);
        assertThat(registers.read("topic/orders").orElseThrow().value()).contains("\"pageSize\":2");
    }

    /** Two controllers may be about it: the slower one must not undo what was changed since. */
    @Test
    void whoComesLateWithThePagesOfAnEarlierTimeChangesNothing() {
        UUID id = createdInOneRegister(5).id();
        StoredTopic seen = stored();
        registers.beforeWrite = key -> {
            if (key.equals("topic-page/orders/1")) {
                registers.beforeWrite = any -> { };
                assertThat(topics.paginate(seen)).isTrue();
                elect(id, 2, 3);
            }
        };

        assertThat(topics.paginate(seen)).isFalse();
        assertThat(leaders()).containsExactly(1, 1, 3, 1, 1);
    }

    @Test
    void whileABrokerIsOfAnEarlierVersionATopicStaysInOneRegister() {
        Topic topic = topic(5);
        assertThat(topics.create(topic, false)).isTrue();
        assertThat(topics.enlarge(stored(), List.of(led(2, 0)), false)).isTrue();

        assertThat(registers.written).containsOnly("topic/orders");
        assertThat(leaders()).containsExactly(1, 1, 1, 1, 1, 2);
    }

    @Test
    void partitionsAreAddedToTheLastPageAndInNewOnes() {
        created(3);
        registers.forget();

        assertThat(topics.enlarge(stored(), List.of(led(2, 0), led(3, 0), led(2, 0)), true)).isTrue();

        assertThat(registers.written).containsExactly("topic-page/orders/1", "topic-page/orders/2", "topic/orders");
        assertThat(leaders()).containsExactly(1, 1, 1, 2, 3, 2);
    }

    @Test
    void aTopicThatGrowsBeyondAPageGetsOthers() {
        created(1);
        assertThat(topics.enlarge(stored(), List.of(led(2, 0), led(3, 0)), true)).isTrue();

        assertThat(leaders()).containsExactly(1, 2, 3);
        assertThat(stored().pages()).isEqualTo(2);
    }

    @Test
    void aTopicOfAnEarlierVersionIsBroughtIntoPagesBeforeItGrows() {
        createdInOneRegister(4);
        while (!topics.enlarge(stored(), List.of(led(2, 0)), true)) {
            assertThat(stored().partitionCount()).isEqualTo(4);
        }
        assertThat(leaders()).containsExactly(1, 1, 1, 1, 2);
        assertThat(stored().pages()).isEqualTo(3);
    }

    /** Who was faster may have elected leaders already. */
    @Test
    void ofTwoThatAddPartitionsAtOnceNoneWritesOverTheOthers() {
        UUID id = created(3).id();
        StoredTopic seen = stored();
        registers.beforeWrite = key -> {
            registers.beforeWrite = any -> { };
            assertThat(topics.enlarge(seen, List.of(led(3, 0)), true)).isTrue();
            elect(id, 3, 2);
        };

        assertThat(topics.enlarge(seen, List.of(led(1, 0), led(1, 0)), true)).isFalse();
        assertThat(leaders()).containsExactly(1, 1, 1, 2);
    }

    @Test
    void partitionsThatWereLeftByABrokenAdditionDoNotCountAndAreTakenLater() {
        UUID id = created(3).id();
        registers.changesLeft = 1;
        assertThatThrownBy(() -> topics.enlarge(stored(), List.of(led(2, 0), led(2, 0)), true))
                .isInstanceOf(BrokerException.class);
        registers.changesLeft = Integer.MAX_VALUE;

        assertThat(leaders()).hasSize(3);
        elect(id, 2, 3);
        assertThat(topics.enlarge(stored(), List.of(led(1, 0), led(1, 0)), true)).isTrue();
        assertThat(leaders()).containsExactly(1, 1, 3, 2, 1);
    }

    @Test
    void pagesDoNotCountBeforeTheTopicsOwnRegisterSaysSo() {
        UUID id = createdInOneRegister(5).id();
        registers.changesLeft = 2;
        assertThatThrownBy(() -> topics.paginate(stored())).isInstanceOf(BrokerException.class);
        registers.changesLeft = Integer.MAX_VALUE;
        assertThat(registers.read("topic-page/orders/1")).as("written already").isPresent();

        elect(id, 3, 2);
        assertThat(leaders()).containsExactly(1, 1, 1, 2, 1);
        assertThat(topics.paginate(stored())).isTrue();
        assertThat(leaders()).containsExactly(1, 1, 1, 2, 1);
        elect(id, 4, 3);
        assertThat(leaders()).containsExactly(1, 1, 1, 2, 3);
    }

    @Test
    void aDeletedTopicIsGoneAtOnceAndItsPagesAfterIt() {
        created(5);
        List<Boolean> there = new ArrayList<>();
        assertThat(topics.delete(storedAnd(() -> registers.beforeWrite = key -> there.add(store.read("orders").isPresent()))))
                .isTrue();

        assertThat(there.subList(1, there.size())).containsOnly(false);
        assertThat(registers.keys("")).isEmpty();
    }

    private StoredTopic storedAnd(Runnable then) {
        StoredTopic stored = stored();
        then.run();
        return stored;
    }

    @Test
    void whatABrokenCreationOrDeletionLeftIsNoTopicAndIsInNobodysWay() {
        for (int changes = 1; changes < 4; changes++) {
            registers.changesLeft = changes;
            assertThatThrownBy(() -> topics.create(topic(5), true)).isInstanceOf(BrokerException.class);
            registers.changesLeft = Integer.MAX_VALUE;
            assertThat(store.read("orders")).isEmpty();
            assertThat(topics.claimed("orders")).isPresent();

            Topic next = created(3);
            assertThat(stored().topic()).isEqualTo(next);

            registers.changesLeft = changes;
            assertThat(topics.delete(stored())).isTrue();
            registers.changesLeft = Integer.MAX_VALUE;
            assertThat(store.read("orders")).isEmpty();
            topics.claimed("orders").ifPresent(version -> topics.clear("orders", version));
            assertThat(registers.keys("")).isEmpty();
        }
    }

    /** Whoever was so slow that its claim was taken over must not hurt the topic of who did. */
    @Test
    void aCreationThatWasOvertakenFailsWithoutHarm() {
        Topic late = topic(5);
        Topic[] other = new Topic[1];
        for (String slow : List.of("topic-page/orders/1", "topic-page/orders/2")) {
            registers.beforeWrite = key -> {
                if (key.equals(slow)) {
                    registers.beforeWrite = any -> { };
                    other[0] = created(5);
                }
            };
            assertThatThrownBy(() -> topics.create(late, true)).isInstanceOf(BrokerException.class);

            assertThat(stored().topic()).isEqualTo(other[0]);
            assertThat(topics.create(late, true)).isFalse();
            assertThat(topics.delete(stored())).isTrue();
            assertThat(registers.keys("")).isEmpty();
        }
    }

    @Test
    void aChangeForADeletedTopicDoesNotReachTheOneThatFollowedIt() {
        UUID before = created(5).id();
        assertThat(topics.delete(stored())).isTrue();
        created(5);

        assertThat(store.change("orders", before, 3, Optional::of)).isEmpty();
        assertThat(store.change("orders", before, 0, Optional::of)).isEmpty();
        assertThat(store.page("orders", before, 4)).isEmpty();
    }
}
