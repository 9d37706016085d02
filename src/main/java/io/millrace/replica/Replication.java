package io.millrace.replica;

import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.Lease;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.LocalReplicas;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.follower.CatchUpThrottle;
import io.millrace.replica.follower.FollowerFetchers;
import io.millrace.replica.follower.Healing;
import io.millrace.replica.follower.ReplicaTransport;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.HostedTopics;
import io.millrace.replica.hosting.LocalLogs;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.PartitionSlot;
import io.millrace.replica.hosting.ReplicaContext;
import io.millrace.replica.leader.Confirmations;
import io.millrace.replica.leader.IsrChanges;
import io.millrace.replica.leader.ReplicaFetches;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The replicas on this broker: their topics, those that follow, those that lead, those that are given up or healed, and
 * what each partition needs of the broker around it. Thread-safe.
 */
public final class Replication implements ReplicaContext {
    private final HostedPartitions hosted;
    private final HostedTopics hosting;
    private final TopicCatalog catalog;
    private final ReplicationOptions options;
    private final BrokerRegistry brokers;
    private final AgreementCalls calls;
    private final LongSupplier nanoTime;
    private final Lease lease;
    private final FollowerFetchers fetchers;
    private final ReplicaFetches replicaFetches;
    private final IsrChanges isrChanges;
    private final Confirmations confirmations;
    private final Withdrawal withdrawal;
    private final DamagedReplicas damaged;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /** Not a record: one callback may listen twice. */
    private static final class Listener {
        private final Consumer<TopicPartition> changed;

        private Listener(Consumer<TopicPartition> changed) {
            this.changed = changed;
        }
    }

    /**
     * Partitions are told by their topics what they are, and ask this for what changes topics: that circle is closed here,
     * where the hosting gets this as its {@link ReplicaContext}, and only keeps it until the first partition is hosted.
     *
     * @param hosted  empty
     * @param workers open logs
     * @param healing reads and writes whole segments of damaged logs
     * @param topics  makes the catalog of the topics that the replicas belong to
     */
    public Replication(ReplicationOptions options, HostedPartitions hosted, LocalLogs logs, Executor workers,
                       Executor healing, BrokerRegistry brokers, TopicStore store, ReplicaTransport transport, ContinuationExecutor continuations,
                       AgreementCalls calls, ScheduledExecutorService timers, Deadlines deadlines, LongSupplier nanoTime,
                       Lease lease, Function<LocalReplicas, TopicCatalog> topics) {
        this.options = options;
        this.hosted = hosted;
        this.brokers = brokers;
        this.calls = calls;
        this.nanoTime = nanoTime;
        this.lease = lease;
        this.fetchers = new FollowerFetchers(brokers, transport, continuations, timers, nanoTime,
                new CatchUpThrottle(options.throttleBytesPerSecond(), nanoTime), options.aheadBytes());
        this.hosting = new HostedTopics(hosted, logs, workers, continuations, this, fetchers::rolesChanged);
        this.catalog = topics.apply(hosting);
        this.replicaFetches = new ReplicaFetches(hosted, brokers, continuations, deadlines, this);
        this.isrChanges = new IsrChanges(hosted.brokerId(), brokers, store, catalog, calls, options.maxLagNanos());
        this.confirmations = new Confirmations(store, calls);
        this.withdrawal = new Withdrawal(hosted.brokerId(), brokers, store, catalog);
        this.damaged = new DamagedReplicas(withdrawal, new Healing(brokers, transport, healing), calls, timers);
    }

    /** The topics that the replicas belong to. */
    public TopicCatalog topics() {
        return catalog;
    }

    /** How partitions come and go with them. */
    public HostedTopics hosting() {
        return hosting;
    }

    /** @throws BrokerException UNAVAILABLE when the follower is not known in its session */
    public CompletableFuture<ReplicaFetchResponse> fetch(ReplicaFetchRequest request) {
        return replicaFetches.fetch(request);
    }

    /** Regularly. */
    public void tick() {
        Map<String, List<PartitionSlot>> offline = new HashMap<>();
        for (Partition partition : hosted.working()) {
            partition.tick(options.maxLagNanos());
            if (partition.state().isDamaged()) {
                damaged(partition);
            }
            if (!partition.log().isOnline() && (partition.state().isLeading() || partition.state().isInSync())) {
                offline.computeIfAbsent(partition.topic(), topic -> new ArrayList<>()).add(partition);
            }
        }
        hosted.notWorking().forEach(slot -> offline.computeIfAbsent(slot.id().topic(), topic -> new ArrayList<>())
                .add(slot));
        offline.forEach((topic, partitions) -> calls.call("give-up/" + topic, () -> withdrawal.giveUp(topic, partitions)));
    }

    /**
     * Gives up replicas that work, before this broker stops, where another one is in sync on one of these brokers. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    void leave(Collection<Partition> partitions, Set<Integer> others) {
        withdrawal.leave(partitions, others);
    }

    /** Whether this broker leads a partition in the place of its preferred leader, which could lead by now. Never blocks. */
    public boolean isBorrowed(Partition partition) {
        return withdrawal.isBorrowed(partition);
    }

    /**
     * Hands the leadership of a partition on to its preferred leader, where that could lead. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void giveBack(Partition partition) {
        withdrawal.giveBack(partition);
    }

    /**
     * Calls back each time that a leadership of this broker began or ended, on any thread: it must return at once, and look
     * at what is so by then. Close the result to end that.
     */
    public AutoCloseable listen(Consumer<TopicPartition> leadershipChanged) {
        Listener listener = new Listener(leadershipChanged);
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    public void close() {
        fetchers.close();
        replicaFetches.close();
    }

    // ---- what partitions need

    @Override
    public int brokerId() {
        return hosted.brokerId();
    }

    @Override
    public String session(int broker) {
        return brokers.session(broker);
    }

    @Override
    public long nanoTime() {
        return nanoTime.getAsLong();
    }

    @Override
    public void mark(TopicPartition id, Collection<Integer> followers) {
        replicaFetches.mark(id, followers);
    }

    @Override
    public void wake(TopicPartition id, Collection<Integer> followers) {
        replicaFetches.wake(id, followers);
    }

    @Override
    public boolean isLeaving() {
        return brokers.isLeaving();
    }

    @Override
    public void proposeIsr(Partition partition) {
        isrChanges.add(partition);
    }

    @Override
    public void confirm(Partition partition) {
        confirmations.add(partition);
    }

    @Override
    public void refresh(TopicPartition id) {
        catalog.refreshSoon(catalog.part(id));
    }

    @Override
    public void leadershipChanged(TopicPartition id) {
        listeners.forEach(listener -> listener.changed.accept(id));
    }

    @Override
    public void damaged(Partition partition) {
        if (!hosted.isAlone()) {
            damaged.heal(partition);
        }
    }

    @Override
    public void requireLease() {
        if (!hosted.isAlone()) {
            lease.require();
        }
    }

    @Override
    public boolean isAlone() {
        return hosted.isAlone();
    }
}
