package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One coordinator in simulated time, without faults, and consumers that wait for each answer. */
final class GroupHarness {
    static final String GROUP = "billing";
    static final PollRequest.Source HERE = new PollRequest.Source(1, null, null);
    private static final long LONGEST_MS = 120_000;

    final SimulatedTime time = new SimulatedTime(new Random(1));
    final SimulatedTopics log = new SimulatedTopics(time, new Random(2));
    final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    final GroupStore store = new GroupStore(registers);
    int writes;
    private int incarnations;
    /** Runs applications' assignors; null: as everything else. */
    Executor assigning;
    /** What the next read of a register fails with, or null. */
    Error nextRead;
    private boolean isHere = true;
    private Runnable coordinatorsChanged = () -> { };
    private int run;
    Groups groups;

    GroupHarness() {
        start(new GroupOptions("sticky", 20, 20_000, 3_600_000, 600_000, 30_000));
    }

    /** Another one is to coordinate. */
    void moveAway() {
        isHere = false;
        coordinatorsChanged.run();
    }

    /** A coordinator that knows what the registers hold, and no more. */
    void restart() {
        start(new GroupOptions("sticky", 20, 20_000, 3_600_000, 600_000, 30_000));
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
        }, () -> mine != run);
        groups = Groups.open(options, new Counting(), log, new Alone(new Member(1, "session-" + run, "http://1", null)),
                (entry, group, consumer, poll) -> CompletableFuture.completedFuture(false), timers, assigning == null ? timers : assigning, timers, new WallClock(),
                time::nanoTime, new FreshNames(() -> "made-up", () -> "i" + ++incarnations));
    }

    GroupState state() {
        return store.read(GROUP).orElseThrow().state();
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
        return new ConsumerConfig(RecordForm.JSON, OffsetReset.EARLIEST, autoCommit, false, 1, 30_000, 500, sessionTimeoutMs,
                instanceId, null);
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
        get(groups.commit(GROUP, ConsumerId.of(name), offsets, Groups.ANY_EPOCH));
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
        public boolean isHere(String group) {
            return isHere;
        }

        @Override
        public Optional<Member> remote(String group) {
            return Optional.empty();
        }

        @Override
        public boolean isLive(int brokerId, String session) {
            return session.equals(self.session());
        }

        @Override
        public Optional<Member> member(int brokerId) {
            return Optional.empty();
        }

        @Override
        public AutoCloseable listen(Runnable changed) {
            coordinatorsChanged = changed;
            return () -> coordinatorsChanged = () -> { };
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

    /** Counts what is written. */
    private final class Counting implements RegisterStore {
        @Override
        public Optional<Register> read(String key) {
            Error fault = nextRead;
            nextRead = null;
            if (fault != null) {
                throw fault;
            }
            return registers.read(key);
        }

        @Override
        public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
            writes++;
            return registers.compareAndSet(key, expectedVersion, value);
        }

        @Override
        public boolean compareAndDelete(String key, long expectedVersion) {
            writes++;
            return registers.compareAndDelete(key, expectedVersion);
        }

        @Override
        public void announce(Collection<String> keys) {
            registers.announce(keys);
        }

        @Override
        public SortedSet<String> keys(String prefix) {
            return registers.keys(prefix);
        }

        @Override
        public void confirm() {
            registers.confirm();
        }

        @Override
        public AutoCloseable subscribe(Consumer<String> changedKey) {
            return registers.subscribe(changedKey);
        }
    }
}
