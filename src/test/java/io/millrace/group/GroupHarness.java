package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One coordinator in simulated time, without faults, and consumers that wait for each answer. */
final class GroupHarness {
    static final String GROUP = "billing";
    static final PollRequest.Source HERE = new PollRequest.Source(1, null, null);
    private static final long LONGEST_MS = 120_000;

    final SimulatedTime time = new SimulatedTime(new Random(1));
    final SimulatedTopics log = new SimulatedTopics(time, new Random(2));
    /** Where earlier versions kept groups. */
    final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    final SimulatedOffsetsTopic offsets;
    /** Whether another one is to coordinate, as soon as this one lets it. */
    boolean borrowed;
    /** What becomes of the leadership when it is given back. */
    Runnable givingBack = this::leadElsewhere;
    /** Whether the offsets topic takes nothing. */
    boolean offsetsRefuse;
    /** Whether nothing can be put off till later. */
    boolean timersRefuse;
    private int incarnations;
    /** What becomes of verifications of transactions. */
    Supplier<CompletableFuture<?>> verification = () -> CompletableFuture.completedFuture(null);
    /** Runs applications' assignors; null: as everything else. */
    Executor assigning;
    private SimulatedOffsetsTopic.View view;
    private int run;
    Groups groups;

    GroupHarness() {
        offsets = new SimulatedOffsetsTopic(time, new Random(3), new SimulatedOffsetsTopic.Faults() {
            @Override
            public boolean refuses(int server) {
                return offsetsRefuse;
            }
        }, () -> { });
        start(new GroupOptions("sticky", 20, 20_000, 3_600_000, 600_000, 30_000, 30_000));
    }

    /** Another one is to coordinate. */
    void moveAway() {
        groups.handOver().thenRun(this::leadElsewhere);
    }

    /** It coordinates again what it did before. */
    void comeBack() {
        offsets.elect(1);
        view.learn();
    }

    private void leadElsewhere() {
        offsets.elect(2);
        view.learn();
    }

    /** Another one coordinates, and this one, which was halted meanwhile, has not heard of it. */
    void replaceUnnoticed() {
        offsets.elect(2);
    }

    /** What the next read of the offsets topic fails with. */
    void failNextRead(Error fault) {
        offsets.elect(1);
        view.nextRead = fault;
        view.learn();
    }

    /** A coordinator that knows what the log holds, and no more. */
    void restart() {
        start(new GroupOptions("sticky", 20, 20_000, 3_600_000, 600_000, 30_000, 30_000));
    }

    /** As above, with other settings. */
    void restart(GroupOptions options) {
        start(options);
    }

    private void start(GroupOptions options) {
        int mine = ++run;
        SimulatedTimers timers = new SimulatedTimers(time, task -> {
            if (mine == run) {
                task.run();
            }
        }, () -> mine != run) {
            @Override
            public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
                if (timersRefuse) {
                    throw new RejectedExecutionException("for the test");
                }
                return super.schedule(task, delay, unit);
            }
        };
        offsets.elect(1);
        view = offsets.new View(1);
        view.learn();
        groups = Groups.open(options, new GroupParts(view, new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(30)), registers,
                log, new Alone(new Member(1, "session-" + run, "http://1", null)),
                (entry, group, consumer, poll) -> CompletableFuture.completedFuture(false),
                other -> CompletableFuture.completedFuture(List.of()), timers, timers,
                assigning == null ? timers : assigning, timers, new WallClock(), time::nanoTime,
                new FreshNames(() -> "made-up", () -> "i" + ++incarnations)));
        groups.verifyTransactionsWith((id, producer, epoch, partition) -> verification.get());
    }

    /** As it is committed. */
    GroupState state() {
        return offsets.state().state(GROUP, 0);
    }

    /** Whether anything is kept of the group. */
    boolean isKept() {
        return offsets.state().groups().contains(GROUP);
    }

    long millis() {
        return TimeUnit.NANOSECONDS.toMillis(time.nanoTime());
    }

    void pass(long millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (time.step(until)) {
            // on
        }
    }

    /** The answer, however long that takes. @throws BrokerException what it failed with */
    <T> T get(CompletableFuture<T> answer) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_MS);
        while (!answer.isDone()) {
            if (!time.step(until)) {
                throw new AssertionError("no answer");
            }
        }
        try {
            return answer.join();
        } catch (CompletionException failure) {
            throw failure.getCause() instanceof BrokerException known ? known : failure;
        }
    }

    static ConsumerConfig manual() {
        return config(false, 10_000, null);
    }

    static ConsumerConfig automatic() {
        return config(true, 10_000, null);
    }

    static ConsumerConfig config(boolean autoCommit, long sessionTimeoutMs, String instanceId) {
        return new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, autoCommit, IsolationLevel.READ_UNCOMMITTED, 1, 30_000, 500,
                sessionTimeoutMs, instanceId, null);
    }

    void create(String name, ConsumerConfig config, String... topics) {
        get(groups.create(GROUP, name, config));
        if (topics.length > 0) {
            subscribe(name, topics);
        }
    }

    void subscribe(String name, String... topics) {
        get(groups.subscribe(GROUP, ConsumerId.of(name), new Subscription.Topics(new TreeSet<>(java.util.List.of(topics))), HERE));
    }

    CompletableFuture<Polled> asked(String name, long waitMs) {
        return groups.poll(GROUP, ConsumerId.of(name), new PollRequest(null, 1 << 20, waitMs, HERE));
    }

    /** Commits offsets, whatever the consumer's epoch. */
    void commit(String name, Map<TopicPartition, Long> offsets) {
        get(groups.commit(GROUP, ConsumerId.of(name), plain(offsets), Groups.ANY_EPOCH));
    }

    /** Offsets as they are committed without metadata. */
    static Map<TopicPartition, OffsetAndMetadata> plain(Map<TopicPartition, Long> offsets) {
        TreeMap<TopicPartition, OffsetAndMetadata> plain = new TreeMap<>();
        offsets.forEach((partition, offset) -> plain.put(partition, new OffsetAndMetadata(offset, "")));
        return plain;
    }

    /** What a poll gives, delivered and written: by partition, how many records. */
    Map<TopicPartition, Long> poll(String name, long waitMs) {
        return taken(get(asked(name, waitMs)));
    }

    Map<TopicPartition, Long> taken(Polled polled) {
        Map<TopicPartition, Long> records = new TreeMap<>();
        for (FetchAllResult.Part part : polled.parts()) {
            records.put(part.id(), part.result().nextOffset() - part.result().offset());
        }
        polled.delivered(SimulatedConsumer.next(polled));
        polled.written(true);
        return records;
    }

    /** Polls until that many records came. */
    long read(String name, long records) {
        long read = 0;
        while (read < records) {
            Map<TopicPartition, Long> next = poll(name, 5_000);
            if (next.isEmpty()) {
                throw new AssertionError(read + " records came, not " + records);
            }
            read += next.values().stream().mapToLong(Long::longValue).sum();
        }
        return read;
    }

    Map<TopicPartition, Long> committed() {
        Map<TopicPartition, Long> committed = new TreeMap<>();
        state().offsets().byTopic().forEach((topic, offsets) -> offsets.byPartition().forEach((partition, offset) ->
                committed.put(new TopicPartition(topic, partition), offset.offset())));
        return committed;
    }

    /** Where a member goes on although nothing is committed there. */
    Map<TopicPartition, Long> kept(String name) {
        Map<TopicPartition, Long> kept = new TreeMap<>();
        state().kept().of(name).positions().forEach((partition, position) -> kept.put(partition.partition(), position.offset()));
        return kept;
    }

    SortedSet<TopicPartition> owned(String name) {
        return new TreeSet<>(state().member(name).owned().keySet());
    }

    private final class Alone implements Coordination {
        private final Member self;

        private Alone(Member self) {
            this.self = self;
        }

        @Override
        public Member self() {
            return self;
        }

        @Override
        public boolean isInUse() {
            return true;
        }

        @Override
        public boolean isBorrowed(int partition) {
            return borrowed;
        }

        @Override
        public void giveBack(int partition) {
            givingBack.run();
        }

        @Override
        public Collection<Member> others() {
            return List.of();
        }

        @Override
        public Optional<Member> member(int brokerId) {
            return Optional.empty();
        }
    }

    private final class WallClock extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(1_000_000_000_000L + GroupHarness.this.millis());
        }
    }
}
