package io.millrace.replica;

import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerRegistry;
import io.millrace.metadata.Elections;
import io.millrace.metadata.Handoff;
import io.millrace.metadata.Lease;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicCatalog;
import io.millrace.metadata.TopicPage;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.TopicStore;
import io.millrace.metadata.TopicStore.PageChange;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.follower.CatchUpThrottle;
import io.millrace.replica.follower.FollowerFetcher;
import io.millrace.replica.follower.Healing;
import io.millrace.replica.follower.ReplicaTransport;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.HostedTopics;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.PartitionSlot;
import io.millrace.replica.hosting.ReplicaContext;
import io.millrace.replica.leader.Confirmations;
import io.millrace.replica.leader.IsrChanges;
import io.millrace.replica.leader.ReplicaFetches;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * Keeps the hosted partitions in their roles: fetches for those that follow, answers those that follow this broker,
 * writes ISRs, and gives up replicas whose disk or bytes are bad. Thread-safe.
 */
public final class Replication implements ReplicaContext {
    private static final System.Logger LOG = System.getLogger(Replication.class.getName());

    private final int brokerId;
    private final boolean alone;
    private final ReplicationOptions options;
    private final BrokerRegistry brokers;
    private final TopicStore store;
    private final ReplicaTransport transport;
    private final Handoff handoff;
    private final AgreementCalls calls;
    private final ScheduledExecutorService timers;
    private final LongSupplier nanoTime;
    private final Lease lease;
    private final CatchUpThrottle throttle;
    private final Confirmations confirmations;
    private final Map<Integer, FollowerFetcher> fetchers = new ConcurrentHashMap<>();
    /** The leader and the epoch in which each partition is followed; guarded by itself. */
    private final Map<Partition, Followed> followed = new HashMap<>();
    private final Healing healer;
    private final Set<TopicPartition> healing = ConcurrentHashMap.newKeySet();
    /** Of each damaged replica, as long as it is hosted, that was fenced: the leader epoch that began with that. */
    private final Map<Partition, Integer> fenced = Collections.synchronizedMap(new WeakHashMap<>());
    /** Set once, before any partition is hosted. */
    private TopicCatalog catalog;
    private HostedPartitions hosted;
    private IsrChanges isrChanges;
    private ReplicaFetches replicaFetches;

    private static final long HEALING_PAUSE_MS = 10_000;

    private record Followed(int leader, int epoch) {
    }

    public Replication(int brokerId, boolean alone, ReplicationOptions options, BrokerRegistry brokers,
                TopicStore store, ReplicaTransport transport, Handoff handoff, AgreementCalls calls,
                ScheduledExecutorService timers, LongSupplier nanoTime, Lease lease) {
        this.brokerId = brokerId;
        this.alone = alone;
        this.options = options;
        this.brokers = brokers;
        this.store = store;
        this.transport = transport;
        this.handoff = handoff;
        this.calls = calls;
        this.timers = timers;
        this.nanoTime = nanoTime;
        this.lease = lease;
        this.throttle = new CatchUpThrottle(options.throttleBytesPerSecond(), nanoTime);
        this.healer = new Healing(brokers, transport, handoff);
        this.confirmations = new Confirmations(store, calls);
    }

    /** Before anything is hosted: the three know each other. */
    public void attach(TopicCatalog topics, HostedPartitions partitions, Deadlines deadlines) {
        catalog = topics;
        hosted = partitions;
        isrChanges = new IsrChanges(brokerId, brokers, store, topics, calls, options.maxLagNanos());
        replicaFetches = new ReplicaFetches(partitions, brokers, handoff, deadlines, this);
    }

    // ---- roles

    /** After a topic's partitions have taken their roles. */
    public void rolesChanged(HostedTopics.Roles roles) {
        synchronized (followed) {
            roles.gone().forEach(partition -> follow(partition, null));
            for (Partition partition : roles.stay()) {
                Optional<Integer> leader = partition.state().leaderToFollow();
                follow(partition, leader.map(id -> new Followed(id, partition.state().leaderEpoch())).orElse(null));
            }
        }
    }

    private void follow(Partition partition, Followed wanted) {
        Followed before = wanted == null ? followed.remove(partition) : followed.put(partition, wanted);
        if (before != null && (wanted == null || before.leader() != wanted.leader())) {
            FollowerFetcher old = fetchers.get(before.leader());
            if (old != null) {
                old.remove(partition);
            }
        }
        if (wanted != null && !wanted.equals(before)) {
            fetchers.computeIfAbsent(wanted.leader(), leader -> new FollowerFetcher(leader, brokers, transport, handoff,
                    timers, nanoTime, throttle, options.aheadBytes())).add(partition);
        }
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
        offline.forEach((topic, partitions) -> calls.call("give-up/" + topic, () -> giveUp(topic, partitions)));
    }

    public void close() {
        fetchers.values().forEach(FollowerFetcher::close);
        replicaFetches.close();
    }

    // ---- replicas that cannot be used

    /** Gives up replicas that cannot be used, where another one is in sync. Blocks; what fails is tried again soon. */
    private void giveUp(String topic, List<? extends PartitionSlot> partitions) {
        Set<Integer> live = brokers.live();
        if (withdraw(topic, partitions, leaving(replica -> replica != brokerId, live))) {
            LOG.log(Level.WARNING, "this broker gave up its replicas of {0}, because their disk or their bytes"
                    + " are bad", partitions.stream().map(PartitionSlot::id).toList());
        }
    }

    /**
     * Gives up replicas that work, before this broker stops, where another one is in sync on one of these brokers. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    void leave(Collection<Partition> partitions, Set<Integer> others) {
        Map<String, List<Partition>> byTopic = new TreeMap<>();
        partitions.forEach(each -> byTopic.computeIfAbsent(each.topic(), topic -> new ArrayList<>()).add(each));
        byTopic.forEach((topic, its) -> {
            if (!withdraw(topic, its, leaving(others::contains, others))) {
                catalog.refreshWhole(topic); // somebody else did it
            }
        });
    }

    /**
     * Takes this broker out of the ISRs of partitions, and hands their leadership on, where an in-sync replica is on a
     * broker that will do. Blocks.
     *
     * @return whether that changed anything
     */
    private boolean withdraw(String topic, List<? extends PartitionSlot> partitions,
                             UnaryOperator<Topic.Assignment> without) {
        boolean changed = false;
        List<PartitionSlot> left = new ArrayList<>(partitions);
        while (!left.isEmpty()) {
            PartitionSlot first = left.remove(0);
            PageChange change = store.change(topic, first.topicId(), first.id().partition(),
                    page -> without(page, partitions, without)).orElse(null);
            if (change != null) {
                left.removeIf(partition -> isOn(change.after(), partition));
            }
            if (change != null && !change.isNone()) {
                changed = true;
                catalog.take(change.after());
            }
        }
        return changed;
    }

    /** Out of an ISR in which a replica is left that suffices. */
    private UnaryOperator<Topic.Assignment> leaving(IntPredicate suffices, Set<Integer> live) {
        return now -> now.isr().contains(brokerId) && now.isr().stream().anyMatch(suffices::test)
                ? Elections.without(now, brokerId, live) : now;
    }

    private static Optional<TopicPage> without(TopicPage page, List<? extends PartitionSlot> partitions,
                                               UnaryOperator<Topic.Assignment> without) {
        TopicPage changed = page;
        for (PartitionSlot partition : partitions) {
            int number = partition.id().partition();
            if (isOn(page, partition)) {
                changed = changed.with(number, without.apply(page.assignment(number)));
            }
        }
        return changed.equals(page) ? Optional.empty() : Optional.of(changed);
    }

    private static boolean isOn(TopicPage page, PartitionSlot partition) {
        return page.topicId().equals(partition.topicId()) && page.has(partition.id().partition());
    }

    @Override
    public void damaged(Partition partition) {
        if (alone || !partition.state().isHealable() || !healing.add(partition.id())) {
            return;
        }
        if (isFenced(partition)) {
            heal(partition);
        } else {
            int before = partition.state().leaderEpoch();
            calls.call("heal/" + partition.id(), () -> withdraw(partition.topic(), List.of(partition),
                    now -> Elections.fencedWithout(now, brokerId, brokers.live()))).whenComplete((givenUp, failure) -> {
                if (failure == null && partition.state().leaderEpoch() > before) {
                    fenced.put(partition, partition.state().leaderEpoch());
                }
                heal(partition);
            });
        }
    }

    /**
     * It fetches nothing while it is damaged, so one new epoch is enough. Another one for each try would always be newer
     * than what the leader knows, which then gives nothing.
     */
    private boolean isFenced(Partition partition) {
        Integer since = fenced.get(partition);
        return since != null && partition.state().leaderEpoch() >= since && !partition.state().isInSync();
    }

    /** Others must have the records: only then is the damaged copy changed. */
    private void heal(Partition partition) {
        healer.heal(partition).whenComplete((done, failure) -> {
            if (!partition.state().isDamaged()) {
                fenced.remove(partition);
            }
            if (failure == null) {
                healing.remove(partition.id());
            } else {
                LOG.log(Level.ERROR, "the damaged replica of " + partition.id() + " could not be healed now; tried again"
                        + " soon", failure);
                timers.schedule(() -> healing.remove(partition.id()), HEALING_PAUSE_MS, TimeUnit.MILLISECONDS);
            }
        });
    }

    // ---- what partitions need

    @Override
    public int brokerId() {
        return brokerId;
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
    public void wake(Collection<Integer> followers) {
        replicaFetches.wake(followers);
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
    public void requireLease() {
        if (!alone) {
            lease.require();
        }
    }

    @Override
    public boolean isAlone() {
        return alone;
    }
}
