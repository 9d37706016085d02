package io.millrace.ops;

import io.millrace.replica.hosting.PartitionStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/** Gauges of the partitions; they show what {@link #refresh} was given last. Used by one thread at a time. */
final class PartitionGauges implements AutoCloseable {
    private record Key(String topic, int partition) {
    }

    private final MetricRegistry registry;
    private final int maxPartitions;
    /** Read by whoever reads a gauge. */
    private final Map<Key, PartitionStatus> seen = new ConcurrentHashMap<>();
    private final Map<Key, Instruments> registered = new HashMap<>();

    /** @param maxPartitions that have gauges; further ones have none */
    PartitionGauges(MetricRegistry registry, int maxPartitions) {
        this.registry = registry;
        this.maxPartitions = maxPartitions;
    }

    /** @param now every partition that there is */
    void refresh(List<PartitionStatus> now) {
        Set<Key> present = new HashSet<>();
        now.forEach(status -> present.add(key(status)));
        for (Key gone : registered.keySet().stream().filter(key -> !present.contains(key)).toList()) {
            registered.remove(gone).close();
            seen.remove(gone);
        }
        for (PartitionStatus status : now) {
            Key key = key(status);
            if (registered.containsKey(key)) {
                seen.put(key, status);
            } else if (registered.size() < maxPartitions) {
                seen.put(key, status);
                registered.put(key, register(key));
            }
        }
    }

    private static Key key(PartitionStatus status) {
        return new Key(status.topic(), status.partition());
    }

    private Instruments register(Key key) {
        Instruments of = new Instruments(registry, new Tag("topic", key.topic()),
                new Tag("partition", Integer.toString(key.partition())));
        of.gauge("millrace_log_size_bytes", "Size of the partition's log", of(key, PartitionStatus::sizeInBytes));
        of.gauge("millrace_log_segments", "Segments of the partition's log", of(key, PartitionStatus::segments));
        of.gauge("millrace_log_start_offset", "First offset that can be fetched",
                of(key, PartitionStatus::logStartOffset));
        of.gauge("millrace_log_end_offset", "Offset that the next record gets", of(key, PartitionStatus::logEndOffset));
        of.gauge("millrace_high_watermark", "Offset below which records can be fetched",
                of(key, PartitionStatus::highWatermark));
        of.gauge("millrace_last_stable_offset", "Offset below which readers of committed records can fetch: an open transaction"
                + " holds it back", of(key, PartitionStatus::lastStableOffset));
        return of;
    }

    private Supplier<Number> of(Key key, ToLongFunction<PartitionStatus> figure) {
        return () -> {
            PartitionStatus status = seen.get(key);
            return status == null ? 0 : figure.applyAsLong(status);
        };
    }

    @Override
    public void close() {
        registered.values().forEach(Instruments::close);
        registered.clear();
        seen.clear();
    }
}
