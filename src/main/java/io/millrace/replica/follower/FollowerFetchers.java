package io.millrace.replica.follower;

import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.replica.hosting.HostedTopics;
import io.millrace.replica.hosting.Partition;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/** A fetcher for each leader that partitions here follow; each partition is in that of its leader. Thread-safe. */
public final class FollowerFetchers {
    private final BrokerRegistry brokers;
    private final ReplicaTransport transport;
    private final ContinuationExecutor continuations;
    private final ScheduledExecutorService timers;
    private final LongSupplier nanoTime;
    private final CatchUpThrottle throttle;
    private final int aheadBytes;
    private final Map<Integer, FollowerFetcher> fetchers = new ConcurrentHashMap<>();
    /** The leader and the epoch in which each partition is followed; guarded by itself. */
    private final Map<Partition, Followed> followed = new HashMap<>();

    private record Followed(int leader, int epoch) {
    }

    /** @param aheadBytes after an answer of so many bytes more is asked for before they are durable */
    public FollowerFetchers(BrokerRegistry brokers, ReplicaTransport transport, ContinuationExecutor continuations,
                            ScheduledExecutorService timers, LongSupplier nanoTime, CatchUpThrottle throttle,
                            int aheadBytes) {
        this.brokers = brokers;
        this.transport = transport;
        this.continuations = continuations;
        this.timers = timers;
        this.nanoTime = nanoTime;
        this.throttle = throttle;
        this.aheadBytes = aheadBytes;
    }

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
            fetchers.computeIfAbsent(wanted.leader(), leader -> new FollowerFetcher(leader, brokers, transport, continuations,
                    timers, nanoTime, throttle, aheadBytes)).add(partition);
        }
    }

    public void close() {
        fetchers.values().forEach(FollowerFetcher::close);
    }
}
