package io.millrace.ops;

import io.millrace.broker.BrokerException;
import io.millrace.broker.PartitionStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricID;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/** Gauges of the partitions and of the log directories; they show what {@link #refresh} saw last. */
final class PartitionGauges implements AutoCloseable {
    private record Key(String topic, int partition) {
    }

    private final MetricRegistry registry;
    private final Server server;
    private final int maxPartitions;
    private final Map<Key, PartitionStatus> seen = new ConcurrentHashMap<>();
    /** Only the timer's thread and close, after it ended, touch it. */
    private final Map<Key, List<MetricID>> registered = new HashMap<>();
    private final List<MetricID> ofDirectories = new ArrayList<>();

    PartitionGauges(MetricRegistry registry, Server server, int maxPartitions) {
        this.registry = registry;
        this.server = server;
        this.maxPartitions = maxPartitions;
        server.writers().forEach(this::register);
    }

    private void register(Server.Writer writer) {
        Tag tag = new Tag("directory", writer.directory().root().toString());
        ofDirectories.add(gauge("millrace_queue_bytes", "bytes", "Bytes that wait for the writer",
                writer.directory()::queuedBytes, tag));
        ofDirectories.add(gauge("millrace_queue_appends", "none", "Appends that wait for the writer",
                writer.directory()::queuedAppends, tag));
        ofDirectories.add(gauge("millrace_directory_online", "none", "1 while the log directory can be written, else 0",
                () -> writer.directory().failure() == null ? 1 : 0, tag));
    }

    synchronized void refresh() {
        List<PartitionStatus> now;
        try {
            now = server.broker().partitions();
        } catch (BrokerException stopping) {
            return; // the next refresh, if there is one, sees more
        }
        Set<Key> present = new HashSet<>();
        for (PartitionStatus status : now) {
            Key key = new Key(status.topic(), status.partition());
            present.add(key);
            seen.put(key, status);
            if (!registered.containsKey(key) && registered.size() < maxPartitions) {
                registered.put(key, register(key));
            }
        }
        for (Key gone : Set.copyOf(seen.keySet())) {
            if (!present.contains(gone)) {
                seen.remove(gone);
                remove(registered.remove(gone));
            }
        }
    }

    private List<MetricID> register(Key key) {
        Tag[] tags = {new Tag("topic", key.topic()), new Tag("partition", Integer.toString(key.partition()))};
        return List.of(
                gauge("millrace_log_size_bytes", "bytes", "Size of the partition's log", of(key, PartitionStatus::sizeInBytes), tags),
                gauge("millrace_log_segments", "none", "Segments of the partition's log", of(key, PartitionStatus::segments), tags),
                gauge("millrace_log_start_offset", "none", "First offset that can be fetched", of(key, PartitionStatus::logStartOffset), tags),
                gauge("millrace_log_end_offset", "none", "Offset that the next record gets", of(key, PartitionStatus::logEndOffset), tags),
                gauge("millrace_high_watermark", "none", "Offset below which records can be fetched", of(key, PartitionStatus::highWatermark), tags));
    }

    private Supplier<Number> of(Key key, ToLongFunction<PartitionStatus> figure) {
        return () -> {
            PartitionStatus status = seen.get(key);
            return status == null ? 0 : figure.applyAsLong(status);
        };
    }

    private MetricID gauge(String name, String unit, String description, Supplier<Number> value, Tag... tags) {
        registry.gauge(Metadata.builder().withName(name).withUnit(unit).withDescription(description).build(), value, tags);
        return new MetricID(name, tags);
    }

    private void remove(List<MetricID> gone) {
        if (gone != null) {
            gone.forEach(registry::remove);
        }
    }

    @Override
    public synchronized void close() {
        registered.values().forEach(this::remove);
        registered.clear();
        remove(ofDirectories);
    }
}
