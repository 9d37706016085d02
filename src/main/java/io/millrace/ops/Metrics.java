package io.millrace.ops;

import io.millrace.broker.BrokerObserver;
import io.millrace.log.CorruptLogException;
import io.millrace.log.LogObserver;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.metrics.Counter;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricID;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/**
 * What the broker and the logs tell, as MicroProfile metrics in the application scope. The handles are kept, so that an
 * append looks nothing up in the registry.
 */
@ApplicationScoped
public class Metrics implements BrokerObserver, LogObserver {
    private static final long GAUGE_REFRESH_MS = 1_000;

    private record Traffic(Counter recordsIn, Counter bytesIn, Counter recordsOut, Counter bytesOut) {
    }

    @Inject
    private MetricRegistry registry;
    private final Map<String, Traffic> traffic = new ConcurrentHashMap<>();
    private volatile PartitionGauges gauges;
    private volatile ScheduledFuture<?> refresh;

    @Override
    public void produced(String topic, long records, long bytes) {
        Traffic topicTraffic = traffic.computeIfAbsent(topic, this::register);
        topicTraffic.recordsIn().inc(records);
        topicTraffic.bytesIn().inc(bytes);
    }

    @Override
    public void fetched(String topic, long records, long bytes) {
        Traffic topicTraffic = traffic.computeIfAbsent(topic, this::register);
        topicTraffic.recordsOut().inc(records);
        topicTraffic.bytesOut().inc(bytes);
    }

    @Override
    public void topicDeleted(String topic) {
        if (traffic.remove(topic) != null) {
            for (String name : new String[] {"millrace_records_in", "millrace_bytes_in", "millrace_records_out",
                "millrace_bytes_out"}) {
                registry.remove(new MetricID(name, new Tag("topic", topic)));
            }
        }
    }

    private Traffic register(String topic) {
        Tag tag = new Tag("topic", topic);
        return new Traffic(
                counter("millrace_records_in", "none", "Records appended", tag),
                counter("millrace_bytes_in", "bytes", "Bytes of record batches appended", tag),
                counter("millrace_records_out", "none", "Records fetched", tag),
                counter("millrace_bytes_out", "bytes", "Bytes of record batches fetched", tag));
    }

    private Counter counter(String name, String unit, String description, Tag... tags) {
        return registry.counter(Metadata.builder().withName(name).withUnit(unit).withDescription(description).build(), tags);
    }

    @Override
    public void forced(long nanos) {
        registry.timer(Metadata.builder().withName("millrace_fsync_seconds").withUnit("seconds")
                .withDescription("Time that forcing a log file to disk took").build()).update(Duration.ofNanos(nanos));
    }

    @Override
    public void drained(int appends, long bytes) {
        registry.histogram(Metadata.builder().withName("millrace_drain_appends")
                .withDescription("Appends that the writer took at a time").build()).update(appends);
    }

    @Override
    public void damaged(CorruptLogException damage) {
        counter("millrace_damaged_batches", "none", "Damaged ranges of record batches found").inc();
    }

    /** Keeps gauges of directories and partitions from now on. */
    void watch(Server server, ScheduledExecutorService timers, int maxPartitions) {
        gauges = new PartitionGauges(registry, server, maxPartitions);
        refresh = timers.scheduleWithFixedDelay(gauges::refresh, 0, GAUGE_REFRESH_MS, TimeUnit.MILLISECONDS);
    }

    void close() {
        if (refresh != null) {
            refresh.cancel(false);
            gauges.close();
        }
        traffic.keySet().forEach(this::topicDeleted);
    }
}
