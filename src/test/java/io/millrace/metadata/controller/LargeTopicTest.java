package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.Lease;
import io.millrace.metadata.Topic;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.brokers.PageReaders;
import io.millrace.metadata.registers.CountingRegisters;
import io.millrace.metadata.registers.DeletedTopics;
import io.millrace.metadata.registers.TopicRegisters;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.LocalReplicas;
import io.millrace.metadata.topics.TopicCatalog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What a topic of 10,000 partitions with three replicas costs its registers: in pages, and in one register, as it was
 * before there were pages. Times are printed, and not judged.
 */
class LargeTopicTest {
    private static final int PARTITIONS = 10_000;
    private static final int ONE_REGISTER = PARTITIONS;
    private static final int RUNS = 6;

    /** What came of one way to store it; written bytes are those of the values, of which the agreement logs two a change. */
    private record Cost(Duration reading, Duration failover, long failoverBytes, int failoverWrites, long isrBytes,
                        int isrReads) {
    }

    /** Brokers 1 to 3; the third one may be gone. */
    private static final class View implements Membership {
        private final List<Member> members = new ArrayList<>(List.of(member(1), member(2), member(3)));
        private final Member self;

        View(int self) {
            this.self = member(self);
        }

        private static Member member(int id) {
            return new Member(id, "session-" + id, "http://" + id, null);
        }

        @Override
        public Member self() {
            return self;
        }

        @Override
        public List<Member> live() {
            return List.copyOf(members);
        }

        @Override
        public AutoCloseable listen(Runnable changed) {
            return () -> { };
        }
    }

    private Cost cost(int pageSize) {
        CountingRegisters registers = new CountingRegisters();
        TopicStore store = new TopicStore(registers, pageSize);
        for (int id = 1; id <= 3; id++) {
            new BrokerRegistry(registers, new View(id)).enter();
        }
        View view = new View(1);
        BrokerRegistry brokers = new BrokerRegistry(registers, view);
        AgreementCalls calls = new AgreementCalls(Runnable::run, 1, 10, 0);
        TopicCatalog catalog = new TopicCatalog(store, new DeletedTopics(registers, 1), new NoReplicas(), calls,
                Map.of(), BrokerObserver.NONE);
        Controller controller = controller(registers, brokers, store, catalog, new Lease(1, System::nanoTime),
                System::nanoTime);
        Topic topic = topic(registers, store);
        long begun = System.nanoTime();
        catalog.refreshWhole("large");
        Duration reading = Duration.ofNanos(System.nanoTime() - begun);
        controller.run();
        registers.forget();
        view.members.remove(2);
        begun = System.nanoTime();
        controller.run();
        Duration failover = Duration.ofNanos(System.nanoTime() - begun);
        long failoverBytes = registers.bytesWritten;
        int failoverWrites = (int) registers.written.stream().filter(key -> key.startsWith("topic")).count();
        assertThat(store.read("large").orElseThrow().topic().partitions())
                .allMatch(now -> now.leader() != 3 && now.isr().equals(now.replicas().stream().filter(id -> id != 3).toList()))
                .isEqualTo(catalog.get("large").topic().partitions());

        registers.forget();
        store.change("large", topic.id(), PARTITIONS / 2, page -> Optional.of(page.with(PARTITIONS / 2,
                Elections.withIsr(page.assignment(PARTITIONS / 2), List.of(1)))));
        return new Cost(reading, failover, failoverBytes, failoverWrites, registers.bytesWritten, registers.read.size());
    }

    private static Controller controller(RegisterStore registers, BrokerRegistry brokers, TopicStore store,
                                         TopicCatalog catalog, Lease lease, LongSupplier nanoTime) {
        return new Controller(registers, brokers, store, new PageReaders(registers, brokers),
                (broker, name, id, partitions) -> CompletableFuture.completedFuture(List.of()), catalog, lease, nanoTime,
                Long.MAX_VALUE);
    }

    private static Topic topic(RegisterStore registers, TopicStore store) {
        List<Topic.Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            List<Integer> replicas = List.of(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3);
            assignments.add(new Topic.Assignment(replicas.get(0), 0, replicas, replicas));
        }
        Topic topic = new Topic("large", new UUID(1, 2), 0, Map.of(), assignments);
        assertThat(new TopicRegisters(registers, store).create(topic, true)).isTrue();
        return topic;
    }

    private Cost fastest(int pageSize) {
        return Stream.generate(() -> cost(pageSize)).limit(RUNS).min(Comparator.comparing(Cost::failover)).orElseThrow();
    }

    @Test
    void aChangeCostsAPageAndTheElectionOfAllLeadersOneWriteAPage() {
        Cost before = fastest(ONE_REGISTER);
        Cost paged = fastest(TopicStore.PARTITIONS_PER_PAGE);
        System.out.println("in one register: " + before);
        System.out.println("in pages:        " + paged);

        assertThat(paged.isrReads()).isEqualTo(1);
        assertThat(paged.isrBytes()).isLessThan(8_000).isLessThan(before.isrBytes() / 100);
        assertThat(paged.failoverWrites()).isEqualTo(157);
        assertThat(paged.failoverBytes()).isLessThan(before.failoverBytes() * 11 / 10);
    }

    /** What the controller leads itself must be served all the while: its lease is shorter than the pass. */
    @Test
    void aPassThatTakesLongerThanTheLeaseRenewsItInBetween() {
        AtomicLong now = new AtomicLong();
        Lease lease = new Lease(TimeUnit.SECONDS.toNanos(4), now::get);
        Elected elected = new Elected(lease, now::get);
        List<String> without = new ArrayList<>();
        elected.registers.beforeWrite = key -> {
            now.addAndGet(TimeUnit.MILLISECONDS.toNanos(50));
            if (!lease.holds()) {
                without.add(key);
            }
        };

        elected.controller.run();

        assertThat(now.get()).isGreaterThan(TimeUnit.SECONDS.toNanos(7));
        assertThat(without).isEmpty();
    }

    /** A controller that is about to see broker 3 go. */
    private static final class Elected {
        private static final int NEWER = 99;

        private final CountingRegisters registers = new CountingRegisters();
        private final TopicStore store = new TopicStore(registers, TopicStore.PARTITIONS_PER_PAGE);
        private final Controller controller;
        private final Topic topic;

        private Elected() {
            this(new Lease(1, System::nanoTime), System::nanoTime);
        }

        private Elected(Lease lease, LongSupplier nanoTime) {
            for (int id = 1; id <= 3; id++) {
                new BrokerRegistry(registers, new View(id)).enter();
            }
            View view = new View(1);
            BrokerRegistry brokers = new BrokerRegistry(registers, view);
            AgreementCalls calls = new AgreementCalls(Runnable::run, 1, 10, 0);
            TopicCatalog catalog = new TopicCatalog(store, new DeletedTopics(registers, 1), new NoReplicas(), calls,
                    Map.of(), BrokerObserver.NONE);
            controller = controller(registers, brokers, store, catalog, lease, nanoTime);
            topic = topic(registers, store);
            controller.run();
            view.members.remove(2);
            registers.forget();
        }

        /** As a newer controller does, which sees all brokers. */
        private void takenOver(int page) {
            store.change("large", topic.id(), page * TopicStore.PARTITIONS_PER_PAGE, now -> Optional.of(now.by(NEWER)));
        }

        private List<String> writtenPages() {
            return registers.written.stream().filter(key -> key.startsWith("topic")).toList();
        }
    }

    @Test
    void aControllerThatLearnsOfANewerOneByOnePageWritesNoOtherOne() {
        for (int page : List.of(0, 1, 9, TopicStore.PAGES_AT_ONCE - 1)) {
            Elected elected = new Elected();
            elected.takenOver(page);
            elected.registers.forget();

            elected.controller.run();

            assertThat(elected.writtenPages()).isEmpty();
            assertThat(elected.store.read("large").orElseThrow().topic().partitions()).isEqualTo(elected.topic.partitions());
        }
    }

    @Test
    void aControllerThatIsOvertakenBeforeItWritesTakesNothingBack() {
        Elected elected = new Elected();
        int pages = TopicStore.PAGES_AT_ONCE;
        elected.registers.beforeWrite = key -> {
            if (key.startsWith("topic")) {
                elected.registers.beforeWrite = any -> { };
                IntStream.range(0, PARTITIONS / TopicStore.PARTITIONS_PER_PAGE).forEach(elected::takenOver);
                elected.registers.forget();
            }
        };

        elected.controller.run();

        assertThat(elected.writtenPages()).as("compare-and-sets over what was read before").hasSizeLessThanOrEqualTo(pages);
        assertThat(elected.store.read("large").orElseThrow().topic().partitions()).isEqualTo(elected.topic.partitions());
    }

    private static final class NoReplicas implements LocalReplicas {
        @Override
        public void host(CachedTopic topic) {
        }

        @Override
        public void reconfigure(CachedTopic topic) {
        }

        @Override
        public void assign(CachedTopic topic) {
        }

        @Override
        public void assign(CachedTopic topic, int from, int to) {
        }

        @Override
        public boolean drop(CachedTopic topic, boolean deleteLogs) {
            return true;
        }

        @Override
        public Set<String> undeleted() {
            return Set.of();
        }

        @Override
        public Set<UUID> finishDeletions(String topic) {
            return Set.of();
        }

        @Override
        public Set<String> mendable() {
            return Set.of();
        }

        @Override
        public void mend(CachedTopic topic) {
        }

        @Override
        public void checkAvailable(Topic topic, int firstPartition) {
        }

        @Override
        public void checkRoom() {
        }
    }
}
