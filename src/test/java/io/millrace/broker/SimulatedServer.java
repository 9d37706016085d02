package io.millrace.broker;

import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.InMemoryNotes;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.write.PartitionLog;
import io.millrace.log.write.SimulatedDirectory;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.tracing.TraceSpan;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One server of a {@link SimulatedCluster}: a real broker over a simulated disk, network, clock and agreement. One long file,
 * because each of these ends with the same run of the server.
 */
public final class SimulatedServer {
    /** When a simulation begins, since the epoch. */
    static final long BEGIN_MS = 1_000_000_000_000L;
    private static final long RETENTION_INTERVAL_MS = 3_000;
    private static final long SLOW_WRITE_MICROS = 3_000_000;

    /** A batch that was found damaged, by its last offset. */
    record KnownDamage(LogName log, long offset) {
    }

    private long fetches;
    private long asked;
    private long healings;
    private boolean ofTheVersionBefore;
    private final SimulatedCluster cluster;
    private final int id;
    private final SimulatedDisk disk;
    private final InMemoryNotes notes = new InMemoryNotes();
    private final Map<TopicPartition, SimulatedLog> open = new HashMap<>();
    /** Where its logs ended when it went down. */
    private final Map<TopicPartition, Long> lastEnds = new HashMap<>();
    private final List<Runnable> membershipListeners = new ArrayList<>();
    private final List<Consumer<String>> doorbells = new ArrayList<>();
    private final ArrayDeque<Runnable> heldWhilePaused = new ArrayDeque<>();
    private final Set<KnownDamage> damage = new HashSet<>();
    private final List<CorruptLogException> foundByRecovery = new ArrayList<>();
    private List<Member> view = List.of();
    private Member self;
    private SimulatedDirectory directory;
    private int run;
    private int boots;
    private boolean paused;
    private boolean stopping;
    private boolean leaving;
    private boolean slow;
    private long wallClockOffset;
    Broker broker;

    SimulatedServer(SimulatedCluster cluster, int id) {
        this.cluster = cluster;
        this.id = id;
        this.disk = new SimulatedDisk(cluster.random());
        disk.whileForcing(() -> cluster.whileForcing(this));
    }

    public int id() {
        return id;
    }

    public boolean isUp() {
        return broker != null;
    }

    /** Null while it is down. */
    public Broker broker() {
        return broker;
    }

    /** Whether nothing is wrong with it, nor with its disk. */
    public boolean isWell() {
        return isUp() && !paused && !stopping && !disk.isFailing() && !disk.isFull();
    }

    /** As this run of it reaches them. */
    public RegisterStore registers() {
        return new Registers();
    }

    /** Whether it is about to be gone in good order. */
    public boolean isStopping() {
        return stopping;
    }

    /** Whether it knows that, too: one that was paused learns it when it goes on. */
    boolean isLeaving() {
        return leaving;
    }

    public boolean isPaused() {
        return paused;
    }

    Member self() {
        return self;
    }

    /** Null when it has no replica, or is down. */
    public Partition partition(TopicPartition partition, UUID topicId) {
        return broker == null ? null : broker.hosted().find(partition, topicId);
    }

    /** Null when it has none that is open. */
    SimulatedLog log(TopicPartition partition) {
        return open.get(partition);
    }

    /** All that are open. */
    List<SimulatedLog> logs() {
        return List.copyOf(open.values());
    }

    SimulatedDisk disk() {
        return disk;
    }

    SimulatedDirectory directory() {
        return directory;
    }

    /** The last records of each of its logs, for a failure's message. */
    String tails() {
        StringBuilder text = new StringBuilder();
        open.forEach((id, log) -> text.append(id).append(" from ").append(log.startOffset()).append(": ")
                .append(log.values(Math.max(log.startOffset(), log.endOffset() - 8), log.endOffset())));
        return text.toString();
    }

    /** How far its disk reaches, whether it is up or not. */
    long diskEnd(TopicPartition partition) {
        SimulatedLog log = open.get(partition);
        return log == null ? lastEnds.getOrDefault(partition, 0L) : log.endOffset();
    }

    // ---- faults

    void start() {
        run++;
        self = new Member(id, "session-" + id + "-" + run, "http://" + id, null);
        view = List.of(self);
        disk.goOn();
        cluster.memberChanged();
        attemptStart(run);
    }

    /** As a server does: waits for the agreement. */
    private void attemptStart(int attempt) {
        if (attempt != run || broker != null || self == null) {
            return;
        }
        foundByRecovery.clear();
        try {
            directory = SimulatedDirectory.open(disk, "boot-" + boots, new WallClock(), cluster.time()::nanoTime,
                    new Surroundings(), cluster.inhabitants().producers(), cluster.logBug());
            broker = Broker.open(new BrokerOptions(id, 1, 10, cluster.topicDefaults(), 1 << 20, RETENTION_INTERVAL_MS,
                    cluster.options()).withPartitionsPerPage(cluster.partitionsPerPage()), new Registers(), new View(), new Network(),
                    () -> new AgreementStatus(null, 1, Set.of(), 1, 1), List.of(directory), notes, timers(),
                    healingThreads(), new AgreementCalls(timers(), 4, 1_000, 0), timers(), new WallClock(), cluster.time()::nanoTime, new BrokerObserver() { });
            List.copyOf(foundByRecovery).forEach(damage -> cluster.foundDamage(this, damage));
            cluster.inhabitants().opened(this);
            tick(run);
        } catch (BrokerException | RegisterUnavailableException | LogDirectoryOfflineException unavailable) {
            if (directory != null) {
                directory.close();
                directory = null;
            }
            open.clear();
            doorbells.clear();
            membershipListeners.clear();
            cluster.time().after(200, () -> attemptStart(attempt));
        }
    }

    /** The log writer's intervals. */
    private void tick(int of) {
        guarded(of, () -> {
            directory.work();
            cluster.time().after(500, () -> tick(of));
        });
    }

    /** As a killed process: the operating system has what it had written by then, in the middle of its work. */
    void crash() {
        run++;
        if (directory != null && !disk.isStopped()) {
            disk.stopAfter(cluster.random().nextInt(12));
            directory.work();
        }
        gone();
    }

    /** With all of its machine: the operating system goes down, too. */
    void losePower() {
        crash();
        disk.losePower();
        if (!cluster.forgetsBoots()) {
            boots++;
        }
    }

    private void gone() {
        cluster.inhabitants().gone(this);
        broker = null;
        directory = null;
        self = null;
        paused = false;
        stopping = false;
        leaving = false;
        heldWhilePaused.clear();
        membershipListeners.clear();
        doorbells.clear();
        open.forEach((partition, log) -> lastEnds.put(partition, log.endOffset()));
        open.clear();
        damage.clear();
        cluster.memberChanged();
    }

    /** What was told of damage in this run and not taken back since: what an operator is shown. */
    Set<KnownDamage> knownDamage() {
        return Set.copyOf(damage);
    }

    /** As a server does that is told to: from now on nobody reaches it; it hands over for some seconds, and is gone. */
    void stop() {
        if (broker == null) {
            crash();
            return;
        }
        stopping = true;
        cluster.inhabitants().stopping(this);
        leave(run, cluster.time().nanoTime() + TimeUnit.SECONDS.toNanos(7));
    }

    private void leave(int of, long until) {
        guarded(of, () -> {
            leaving = true;
            if (!directory.isWorking() && isHandedOver() || !directory.isWorking() && cluster.time().nanoTime() >= until) {
                run++;
                directory.close();
                gone();
            } else {
                cluster.time().after(50, () -> leave(of, until));
            }
        });
    }

    /** Whether the register has it. */
    boolean hasSaidThatItStops() {
        BrokerRegistry entered = new BrokerRegistry(cluster.registers(), new View());
        entered.refresh();
        return entered.session(id) == null;
    }

    private boolean isHandedOver() {
        try {
            return broker.advanceLeaving();
        } catch (BrokerException unavailable) {
            return false;
        }
    }

    /** Loses its disk too. */
    void wipe() {
        notes.clear();
        disk.wipe();
        lastEnds.clear();
    }

    void pause() {
        paused = true;
        cluster.memberChanged();
    }

    void resume() {
        paused = false;
        cluster.memberChanged();
        while (!heldWhilePaused.isEmpty()) {
            cluster.time().soon(2000, heldWhilePaused.remove());
        }
    }

    /** Whether its disk takes its time. */
    public void setSlow(boolean slow) {
        this.slow = slow;
    }

    void jumpWallClock(long millis) {
        wallClockOffset += millis;
    }

    void see(List<Member> members) {
        if (self != null && !view.equals(members)) {
            view = members;
            membershipListeners.forEach(Runnable::run);
        }
    }

    void ring(String key) {
        int ringing = run;
        cluster.time().soon(3000, () -> {
            if (ringing == run) {
                List.copyOf(doorbells).forEach(bell -> guarded(run, () -> bell.accept(key)));
            }
        });
    }

    /** Runs something on this server unless it has crashed since, later when it is paused. */
    private void guarded(int of, Runnable task) {
        if (of != run) {
            return;
        }
        if (paused) {
            heldWhilePaused.add(() -> guarded(of, task));
        } else {
            task.run();
        }
    }

    /** A message that came in. */
    public void receive(Runnable task) {
        if (broker != null && !stopping) {
            guarded(run, task);
        }
    }

    // ---- what the broker is given

    /** The threads of this run. */
    public ScheduledExecutorService timers() {
        int of = run;
        return new SimulatedTimers(cluster.time(), task -> guarded(of, task), () -> of != run);
    }

    private Executor healingThreads() {
        Executor threads = timers();
        return task -> {
            healings++;
            threads.execute(task);
        };
    }

    /** How many tasks were given to the threads that may wait for the disk. */
    long healings() {
        return healings;
    }

    public Clock clock() {
        return new WallClock();
    }

    private final class WallClock extends Clock {
        @Override
        public java.time.ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(BEGIN_MS + wallClockOffset + cluster.time().nanoTime() / 1_000_000);
        }
    }

    private final class View implements Membership {
        @Override
        public Member self() {
            return self;
        }

        @Override
        public List<Member> live() {
            return view;
        }

        @Override
        public AutoCloseable listen(Runnable changed) {
            membershipListeners.add(changed);
            return () -> membershipListeners.remove(changed);
        }
    }

    private final class Registers implements RegisterStore {
        private final int of = run;

        private void requireAgreement() {
            if (of != run) {
                throw new RegisterUnavailableException("the server is gone", null);
            }
            cluster.requireAgreement(id);
        }

        @Override
        public Optional<Register> read(String key) {
            requireAgreement();
            return cluster.registers().read(key);
        }

        @Override
        public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
            requireAgreement();
            if (cluster.random().nextInt(40) == 0) {
                if (cluster.random().nextBoolean()) {
                    set(key, expectedVersion, value);
                }
                throw new RegisterUnavailableException("the answer was lost", null);
            }
            return set(key, expectedVersion, value);
        }

        private Optional<Register> set(String key, long expectedVersion, String value) {
            Optional<Register> set = cluster.registers().compareAndSet(key, expectedVersion, value);
            if (set.isPresent()) {
                cluster.ring(key, SimulatedServer.this);
            }
            return set;
        }

        @Override
        public boolean compareAndDelete(String key, long expectedVersion) {
            requireAgreement();
            return cluster.registers().compareAndDelete(key, expectedVersion);
        }

        @Override
        public void announce(Collection<String> keys) {
            requireAgreement();
            cluster.registers().announce(keys);
        }

        @Override
        public SortedSet<String> keys(String prefix) {
            requireAgreement();
            return cluster.registers().keys(prefix);
        }

        @Override
        public void confirm() {
            requireAgreement();
        }

        @Override
        public AutoCloseable subscribe(Consumer<String> changedKey) {
            doorbells.add(changedKey);
            return () -> doorbells.remove(changedKey);
        }
    }

    /** How many requests this broker has sent to leaders. */
    long fetches() {
        return fetches;
    }

    /** How many partitions they named. */
    long partitionsAsked() {
        return asked;
    }

    /** From now on it knows no fetch sessions. */
    void beOfTheVersionBefore() {
        ofTheVersionBefore = true;
    }

    private CompletableFuture<ReplicaFetchResponse> answer(Broker target, ReplicaFetchRequest request) {
        if (ofTheVersionBefore && !request.fetchSession().equals(ReplicaFetchRequest.FetchSession.NONE)) {
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.INVALID_REQUEST, "the message has version 3"));
        }
        return target.replicaFetch(request);
    }

    private final class Network implements Transport {
        private final int of = run;

        @Override
        public CompletableFuture<ReplicaFetchResponse> fetch(Member leader, ReplicaFetchRequest request) {
            fetches++;
            asked += request.partitions().size();
            PlantedFetches planted = cluster.fetches();
            return ask(leader, request.maxWaitMs(), target -> cluster.server(leader.brokerId())
                    .answer(target, planted.asked(leader, request))
                    .thenApply(answer -> planted.answered(leader, request, answer)));
        }

        @Override
        public CompletableFuture<FetchAllResult> fetchAll(Member leader, FetchAllRequest request, ReadMemory memory) {
            return ask(leader, request.maxWaitMs(), target -> target.fetchAllLocal(request, ReadMemory.UNBOUNDED));
        }

        @Override
        public CompletableFuture<List<ReplicaEnd>> replicaEnds(Member other, String topic, UUID topicId, List<Integer> partitions) {
            return ask(other, 0, target -> CompletableFuture.completedFuture(target.replicaEnds(topic, topicId, partitions)));
        }

        private <T> CompletableFuture<T> ask(Member leader, long maxWaitMs,
                                             Function<Broker, CompletableFuture<T>> request) {
            CompletableFuture<T> answer = new CompletableFuture<>();
            if (of != run) {
                return answer;
            }
            cluster.time().after(maxWaitMs + 3000, () -> guarded(of, () -> answer.completeExceptionally(
                    new BrokerException(ErrorKind.UNAVAILABLE, "no answer in time"))));
            SimulatedServer target = cluster.server(leader.brokerId());
            cluster.send(id, leader.brokerId(), () -> target.receive(() -> request.apply(target.broker)
                    .whenComplete((response, failure) -> cluster.send(leader.brokerId(), id, () -> guarded(of, () -> {
                        if (failure == null) {
                            answer.complete(response);
                        } else {
                            answer.completeExceptionally(failure);
                        }
                    })))));
            return answer;
        }

        @Override
        public CompletableFuture<AppendResult> append(Member leader, String topic, int partition, ByteBuffer batches,
                                                      Acks acks, String transactionalId, TraceSpan span) {
            throw new UnsupportedOperationException("the simulated clients go to the leaders themselves");
        }
    }

    private final class Surroundings implements SimulatedDirectory.Surroundings {
        private final int of = run;

        @Override
        public void later(Runnable writer) {
            cluster.time().soon(slow ? SLOW_WRITE_MICROS : 4000, () -> guarded(of, writer));
        }

        @Override
        public void opened(PartitionLog log) {
            TopicPartition partition = new TopicPartition(log.topic(), log.partition());
            open.put(partition, new SimulatedLog(log));
            cluster.logOpened(SimulatedServer.this, partition, log);
        }

        @Override
        public void closed(PartitionLog log) {
            if (of == run) {
                open.remove(new TopicPartition(log.topic(), log.partition()), new SimulatedLog(log));
            }
        }

        @Override
        public void betweenCheckAndQueue(PartitionLog log) {
            if (of == run) {
                cluster.betweenCheckAndQueue(SimulatedServer.this, log);
            }
        }

        @Override
        public LogObserver observer() {
            return new LogObserver() {
                @Override
                public void mended(LogName log, long from, long to) {
                    if (of == run) {
                        damage.removeIf(known -> known.log().equals(log) && known.offset() >= from && known.offset() < to);
                    }
                }

                @Override
                public void damaged(CorruptLogException found) {
                    if (of == run) {
                        damage.add(new KnownDamage(new LogName(found.topic(), found.partition()),
                                found.nextReadableOffset() - 1));
                    }
                    if (of == run && broker != null) {
                        cluster.foundDamage(SimulatedServer.this, found);
                    } else if (of == run) {
                        foundByRecovery.add(found);
                    }
                }
            };
        }
    }
}
