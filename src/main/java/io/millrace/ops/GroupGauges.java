package io.millrace.ops;

import io.millrace.group.offsets.GroupLag;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/**
 * Gauges of the groups that this broker coordinates: they show what was found last. Thread-safe, since look-ups end on
 * other threads.
 */
final class GroupGauges implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(GroupGauges.class.getName());
    private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(5);

    private record Key(String group, TopicPartition partition) {
    }

    private final MetricRegistry registry;
    private final int maxGauges;
    private final LongSupplier nanoTime;
    private final Instruments ofBroker;
    /** Read by whoever reads a gauge. */
    private final Map<Key, Long> seen = new ConcurrentHashMap<>();
    private volatile long groups;
    /** Guarded by this, as are the fields below. */
    private final Map<Key, Instruments> registered = new HashMap<>();
    private boolean looking;
    private long begunAt;
    private boolean closed;

    /**
     * @param maxGauges of lag; further partitions have none
     * @param nanoTime  a clock as {@link System#nanoTime}
     */
    GroupGauges(MetricRegistry registry, int maxGauges, LongSupplier nanoTime) {
        this.registry = registry;
        this.maxGauges = maxGauges;
        this.nanoTime = nanoTime;
        this.begunAt = nanoTime.getAsLong() - REFRESH_NANOS;
        this.ofBroker = new Instruments(registry);
        ofBroker.gauge("millrace_groups", "Groups with committed offsets that this broker coordinates", () -> groups);
    }

    /**
     * Looks the lags up and shows them when they are there, unless that is under way or was begun a moment ago. Never
     * waits. When they cannot be found, the gauges stay as they are.
     *
     * @param lags of all groups that this broker coordinates
     */
    void refresh(Supplier<CompletableFuture<List<GroupLag>>> lags) {
        if (begin()) {
            try {
                lags.get().whenComplete(this::end);
            } catch (RuntimeException failure) {
                end(null, failure);
            }
        }
    }

    private synchronized boolean begin() {
        long now = nanoTime.getAsLong();
        if (closed || looking || now - begunAt < REFRESH_NANOS) {
            return false;
        }
        looking = true;
        begunAt = now;
        return true;
    }

    private synchronized void end(List<GroupLag> found, Throwable failure) {
        looking = false;
        if (failure != null) {
            Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause()
                    : failure;
            LOG.log(cause instanceof BrokerException ? Level.DEBUG : Level.WARNING,
                    "the gauges of groups stay as they are", cause);
        } else if (!closed) {
            show(found);
        }
    }

    private void show(List<GroupLag> lags) {
        Set<Key> present = new HashSet<>();
        lags.forEach(lag -> present.add(key(lag)));
        for (Key gone : registered.keySet().stream().filter(key -> !present.contains(key)).toList()) {
            registered.remove(gone).close();
            seen.remove(gone);
        }
        for (GroupLag lag : lags) {
            Key key = key(lag);
            if (registered.containsKey(key)) {
                seen.put(key, lag.lag());
            } else if (registered.size() < maxGauges) {
                seen.put(key, lag.lag());
                registered.put(key, register(key));
            }
        }
        groups = lags.stream().map(GroupLag::group).distinct().count();
    }

    private static Key key(GroupLag lag) {
        return new Key(lag.group(), lag.partition());
    }

    private Instruments register(Key key) {
        Instruments of = new Instruments(registry, new Tag("group", key.group()),
                new Tag("topic", key.partition().topic()),
                new Tag("partition", Integer.toString(key.partition().partition())));
        of.gauge("millrace_group_lag", "Records that the group has yet to read", () -> seen.getOrDefault(key, 0L));
        return of;
    }

    @Override
    public synchronized void close() {
        closed = true;
        ofBroker.close();
        registered.values().forEach(Instruments::close);
        registered.clear();
        seen.clear();
    }
}
