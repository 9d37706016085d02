package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.InMemoryNotes;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.log.AppendResult;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.Topic;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.ReplicationOptions;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker among others whose agreement never answers, while its lease holds. */
@Timeout(60)
class SilentAgreementTest {
    private static final int WORKERS = 4;
    private static final int TOPICS = 5 * WORKERS;
    private static final int CALLS = 3;
    private static final String OTHER = "elsewhere";
    private static final String LEADERLESS = "leaderless";

    private final HangingRegisters registers = new HangingRegisters(new InMemoryRegisterStore());
    private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    private final ExecutorService writers = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(1);
    /** As many as there is use for, which shows how many are used. */
    private final ThreadPoolExecutor calls = new ThreadPoolExecutor(0, 1000, 60, TimeUnit.SECONDS, new SynchronousQueue<>());
    private LogDirectory directory;
    private Broker broker;

    /** Others are configured, but only this one is up: it confirms each leadership by its register. */
    private static final class Alone implements Membership {
        private final Member self = new Member(1, "session", "http://1", null);

        @Override
        public Member self() {
            return self;
        }

        @Override
        public List<Member> live() {
            return List.of(self);
        }

        @Override
        public AutoCloseable listen(Runnable changed) {
            return () -> { };
        }
    }

    @BeforeEach
    void open(@TempDir Path root) {
        directory = LogDirectory.open(root, new LogDirectory.Options(1 << 24, 1000, 1000), Clock.systemUTC(),
                LogObserver.NONE);
        writers.execute(directory);
        ReplicationOptions options = new ReplicationOptions(TimeUnit.SECONDS.toNanos(10), TimeUnit.HOURS.toNanos(1),
                TimeUnit.HOURS.toNanos(1), TimeUnit.HOURS.toNanos(1), 0, ReplicationOptions.AHEAD_BYTES);
        broker = Broker.open(new BrokerOptions(1, 1, 10, Map.of(), 1 << 20, 3_600_000, options), registers, new Alone(),
                null, () -> new AgreementStatus(null, 1, Set.of(), 1, 3), List.of(directory), new InMemoryNotes(),
                workers, workers, new AgreementCalls(calls, CALLS, 1_000, 300), timers, Clock.systemUTC(), new BrokerObserver() { });
        for (int i = 0; i < TOPICS; i++) {
            broker.topics().create("topic-" + i, 1, 1, Map.of());
        }
        broker.topics().create(OTHER, 1, 1, Map.of());
        broker.topics().create(LEADERLESS, 2, 1, Map.of());
        TopicStore store = new TopicStore(registers, TopicStore.PARTITIONS_PER_PAGE);
        UUID id = broker.topics().get(LEADERLESS).id();
        store.change(LEADERLESS, id, 1, page -> Optional.of(page.with(1, new Topic.Assignment(-1,
                page.assignment(1).leaderEpoch(), List.of(2), List.of(2)))));
        broker.topics().refresh(LEADERLESS);
        assertThat(BrokerHarness.get(append(OTHER, Acks.ALL)).baseOffset()).isZero();
        assertThat(BrokerHarness.get(append(LEADERLESS, Acks.ALL)).baseOffset()).isZero();
    }

    @AfterEach
    void close() {
        registers.letGo();
        broker.close();
        directory.close();
        writers.shutdownNow();
        workers.shutdownNow();
        calls.shutdownNow();
        timers.shutdownNow();
    }

    @Test
    void appendsAndReadsGoOnWhileMoreConfirmationsWaitThanThereAreThreads() {
        registers.hang();
        List<CompletableFuture<AppendResult>> unconfirmed = new ArrayList<>();
        for (int i = 0; i < TOPICS; i++) {
            unconfirmed.add(append("topic-" + i, Acks.ALL));
        }
        Awaiting.until(() -> broker.partitions().stream()
                .filter(status -> status.topic().startsWith("topic-")).allMatch(status -> status.logEndOffset() == 1));

        for (int i = 1; i <= 20; i++) {
            assertThat(BrokerHarness.get(append(OTHER, Acks.LEADER)).baseOffset()).isEqualTo(i);
            assertThat(BrokerHarness.values(BrokerHarness.get(fetch(OTHER, 0)))).containsExactly(OTHER);
        }
        assertThat(unconfirmed).noneMatch(CompletableFuture::isDone);
        assertThat(calls.getLargestPoolSize()).isLessThanOrEqualTo(CALLS + 2); // one is the controller's, one the house's
    }

    @Test
    void readsOfAPartitionWithoutALeaderHoldUpNobody() {
        registers.hang();
        List<CompletableFuture<?>> leaderless = new ArrayList<>();
        for (int i = 0; i < 5 * WORKERS; i++) {
            leaderless.add(CompletableFuture.runAsync(() -> assertThatThrownBy(() ->
                    BrokerHarness.get(fetch(LEADERLESS, 1))).isInstanceOf(BrokerException.class), workers));
        }
        assertThat(BrokerHarness.get(append(LEADERLESS, Acks.LEADER)).baseOffset()).isEqualTo(1);
        assertThat(BrokerHarness.values(BrokerHarness.get(fetch(LEADERLESS, 0)))).containsExactly(LEADERLESS);
        leaderless.forEach(BrokerHarness::get);
    }

    private CompletableFuture<AppendResult> append(String topic, Acks acks) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(1, null, BrokerHarness.bytes(topic), List.of());
        return broker.append(topic, 0, batch.build(), acks);
    }

    private CompletableFuture<FetchResult> fetch(String topic, int partition) {
        return broker.fetch(new FetchRequest(topic, partition, new FetchPosition.AtOffset(0), 0, 1 << 20, 0));
    }
}
