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
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.Stray;
import io.millrace.log.write.LogDirectory.Found;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.BrokerRegistry;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.replica.hosting.ReplicaDirectory;
import io.millrace.replica.hosting.ReplicaLog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** One server of a {@link SimulatedCluster}: a real broker over a simulated disk, network, clock and agreement. */
final class SimulatedServer {
    private long fetches;
    private final SimulatedCluster cluster;
    private final int id;
    private final Map<TopicPartition, SimulatedLog.Disk> disks = new HashMap<>();
    private final Map<TopicPartition, UUID> owners = new HashMap<>();
    private final InMemoryNotes notes = new InMemoryNotes();
    private final Map<TopicPartition, SimulatedLog> open = new HashMap<>();
    private final List<Runnable> membershipListeners = new ArrayList<>();
    private final List<Consumer<String>> doorbells = new ArrayList<>();
    private final ArrayDeque<Runnable> heldWhilePaused = new ArrayDeque<>();
    private List<Member> view = List.of();
    private Member self;
    private int run;
    private boolean paused;
    private boolean stopping;
    private boolean leaving;
    private long wallClockOffset;
    Broker broker;

    SimulatedServer(SimulatedCluster cluster, int id) {
        this.cluster = cluster;
        this.id = id;
    }

    int id() {
        return id;
    }

    boolean isUp() {
        return broker != null;
    }

    /** Whether it is about to be gone in good order. */
    boolean isStopping() {
        return stopping;
    }

    /** Whether it knows that, too: one that was paused learns it when it goes on. */
    boolean isLeaving() {
        return leaving;
    }

    boolean isPaused() {
        return paused;
    }

    Member self() {
        return self;
    }

    /** Null when it has no replica, or is down. */
    Partition partition(TopicPartition partition, UUID topicId) {
        return broker == null ? null : broker.hosted().find(partition, topicId);
    }

    SimulatedLog log(TopicPartition partition) {
        return open.get(partition);
    }

    /** The last records of each of its logs, for a failure's message. */
    String tails() {
        StringBuilder text = new StringBuilder();
        disks.forEach((id, disk) -> {
            text.append(id).append(':');
            disk.batches.subList(Math.max(0, disk.batches.size() - 8), disk.batches.size()).forEach(batch ->
                    text.append(' ').append(batch.baseOffset()).append('=')
                            .append(BrokerHarness.text(batch.records().next().value())).append("@epoch")
                            .append(batch.leaderEpoch()));
        });
        return text.toString();
    }

    /** How far its disk reaches, whether it is up or not. */
    long diskEnd(TopicPartition partition) {
        SimulatedLog.Disk disk = disks.get(partition);
        return disk == null ? 0 : disk.endOffset();
    }

    // ---- faults

    void start() {
        run++;
        self = new Member(id, "session-" + id + "-" + run, "http://" + id, null);
        view = List.of(self);
        cluster.memberChanged();
        attemptStart(run);
    }

    /** As a server does: waits for the agreement. */
    private void attemptStart(int attempt) {
        if (attempt != run || broker != null || self == null) {
            return;
        }
        try {
            broker = Broker.open(new BrokerOptions(id, 1, 10, cluster.topicDefaults(), 1 << 20, 3_600_000,
                    cluster.options()).withPartitionsPerPage(cluster.partitionsPerPage()), new Registers(), new View(), new Network(),
                    () -> new AgreementStatus(null, 1, Set.of(), 1, 1), List.of(new Directory()), notes, timers(),
                    new AgreementCalls(timers(), 4, 1_000, 0), timers(), new WallClock(), cluster.time()::nanoTime, new BrokerObserver() { });
        } catch (BrokerException | RegisterUnavailableException unavailable) {
            open.clear();
            doorbells.clear();
            membershipListeners.clear();
            cluster.time().after(200, () -> attemptStart(attempt));
        }
    }

    void crash() {
        run++;
        broker = null;
        self = null;
        paused = false;
        stopping = false;
        leaving = false;
        heldWhilePaused.clear();
        membershipListeners.clear();
        doorbells.clear();
        open.values().forEach(log -> log.crash(cluster.random()));
        open.clear();
        cluster.memberChanged();
    }

    /** As a server does that is told to: from now on nobody reaches it; it hands over for some seconds, and is gone. */
    void stop() {
        if (broker == null) {
            crash();
            return;
        }
        stopping = true;
        leave(run, cluster.time().nanoTime() + TimeUnit.SECONDS.toNanos(7));
    }

    private void leave(int of, long until) {
        guarded(of, () -> {
            leaving = true;
            if (isHandedOver() || cluster.time().nanoTime() >= until) {
                crash();
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
        disks.clear();
        owners.clear();
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
    void receive(Runnable task) {
        if (broker != null && !stopping) {
            guarded(run, task);
        }
    }

    // ---- what the broker is given

    private ScheduledExecutorService timers() {
        int of = run;
        return new SimulatedTimers(cluster.time(), task -> guarded(of, task), () -> of != run);
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
            return Instant.ofEpochMilli(1_000_000_000_000L + wallClockOffset + cluster.time().nanoTime() / 1_000_000);
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
        @Override
        public Optional<Register> read(String key) {
            cluster.requireAgreement(id);
            return cluster.registers().read(key);
        }

        @Override
        public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
            cluster.requireAgreement(id);
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
            cluster.requireAgreement(id);
            return cluster.registers().compareAndDelete(key, expectedVersion);
        }

        @Override
        public void announce(Collection<String> keys) {
            cluster.requireAgreement(id);
            cluster.registers().announce(keys);
        }

        @Override
        public SortedSet<String> keys(String prefix) {
            cluster.requireAgreement(id);
            return cluster.registers().keys(prefix);
        }

        @Override
        public void confirm() {
            cluster.requireAgreement(id);
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

    private final class Network implements Transport {
        @Override
        public CompletableFuture<ReplicaFetchResponse> fetch(Member leader, ReplicaFetchRequest request) {
            fetches++;
            return ask(leader, request.maxWaitMs(), target -> target.replicaFetch(request));
        }

        @Override
        public CompletableFuture<FetchAllResult> fetchAll(Member leader, FetchAllRequest request, ReadMemory memory) {
            return ask(leader, request.maxWaitMs(), target -> target.fetchAllHere(request, ReadMemory.UNBOUNDED));
        }

        @Override
        public CompletableFuture<List<ReplicaEnd>> replicaEnds(Member other, String topic, UUID topicId, List<Integer> partitions) {
            return ask(other, 0, target -> CompletableFuture.completedFuture(target.replicaEnds(topic, topicId, partitions)));
        }

        private <T> CompletableFuture<T> ask(Member leader, long maxWaitMs,
                                             Function<Broker, CompletableFuture<T>> request) {
            CompletableFuture<T> answer = new CompletableFuture<>();
            int of = run;
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
                                                      Acks acks) {
            throw new UnsupportedOperationException("the simulated clients go to the leaders themselves");
        }
    }

    private final class Directory implements ReplicaDirectory {
        @Override
        public Path root() {
            return Path.of("/simulated/" + id);
        }

        @Override
        public LogDirectoryOfflineException failure() {
            return null;
        }

        @Override
        public List<Found> found() {
            List<Found> found = new ArrayList<>();
            owners.forEach((log, owner) -> found.add(new Found(log.topic(), log.partition(), owner)));
            return found;
        }

        @Override
        public ReplicaLog openLog(String topic, int partition, UUID topicId, LogConfig config, int maxEpoch) {
            TopicPartition log = new TopicPartition(topic, partition);
            int of = run;
            owners.put(log, topicId);
            SimulatedLog.Disk disk = disks.computeIfAbsent(log, made -> new SimulatedLog.Disk());
            cluster.logOpened(SimulatedServer.this, log, disk);
            SimulatedLog opened = new SimulatedLog(disk, task ->
                    cluster.time().soon(4000, () -> guarded(of, task)), maxEpoch);
            open.put(log, opened);
            return opened;
        }

        @Override
        public void identify(TopicPartition log, UUID topicId) {
            owners.put(log, topicId);
        }

        @Override
        public Path setAside(TopicPartition log) {
            throw new IllegalStateException("a simulated disk has no log of nobody's: " + log);
        }

        @Override
        public void delete(TopicPartition log, UUID topicId) {
            if (owners.remove(log, topicId)) {
                disks.remove(log);
            }
        }

        @Override
        public boolean hasSegments(TopicPartition log) {
            return disks.containsKey(log);
        }

        @Override
        public List<Stray> strays() {
            return List.of();
        }

        @Override
        public boolean takeBack(Stray stray) {
            return false;
        }

        @Override
        public boolean mayHaveLost(TopicPartition log) {
            return false;
        }

        @Override
        public int newestEpoch(TopicPartition log) {
            return disks.get(log).batches.stream().mapToInt(RecordBatch::leaderEpoch).max().orElse(-1);
        }

        @Override
        public CompletableFuture<Void> applyRetention() {
            return CompletableFuture.completedFuture(null);
        }
    }
}
