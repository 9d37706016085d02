package io.millrace.ops;

import io.millrace.metadata.BrokerObserver;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.metrics.Counter;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/**
 * Records and bytes of each topic, in and out. The counters are kept here, so that a request looks nothing up in the
 * registry. Any thread.
 */
final class TopicMetrics implements BrokerObserver, AutoCloseable {
    /** No topic can have this name. */
    static final String FURTHER_TOPICS = "*";

    private record Traffic(Instruments instruments, Counter recordsIn, Counter bytesIn, Counter recordsRepeated,
                           Counter recordsOut, Counter bytesOut) {
    }

    private final MetricRegistry registry;
    private final int maxTopics;
    private final Map<String, Traffic> traffic = new ConcurrentHashMap<>();

    /** @param maxTopics that have counters of their own; what comes beyond is counted together */
    TopicMetrics(MetricRegistry registry, int maxTopics) {
        this.registry = registry;
        this.maxTopics = maxTopics;
    }

    @Override
    public void produced(String topic, long records, long bytes) {
        Traffic of = of(topic);
        of.recordsIn().inc(records);
        of.bytesIn().inc(bytes);
    }

    @Override
    public void repeated(String topic, long records) {
        of(topic).recordsRepeated().inc(records);
    }

    @Override
    public void fetched(String topic, long records, long bytes) {
        Traffic of = of(topic);
        of.recordsOut().inc(records);
        of.bytesOut().inc(bytes);
    }

    @Override
    public void topicDeleted(String topic) {
        remove(topic);
    }

    /** Forgets topics that do not exist: an append under way may have counted after its topic was deleted. */
    void retain(Set<String> existing) {
        traffic.keySet().stream().filter(topic -> !existing.contains(topic) && !topic.equals(FURTHER_TOPICS))
                .forEach(this::remove);
    }

    private Traffic of(String topic) {
        Traffic known = traffic.get(topic);
        if (known != null) {
            return known;
        }
        return traffic.computeIfAbsent(traffic.size() < maxTopics ? topic : FURTHER_TOPICS, this::register);
    }

    private Traffic register(String topic) {
        Instruments instruments = new Instruments(registry, new Tag("topic", topic));
        return new Traffic(instruments,
                instruments.counter("millrace_records_in", "Records appended"),
                instruments.counter("millrace_bytes_in", "Bytes of record batches appended"),
                instruments.counter("millrace_records_repeated", "Records of idempotent producers that came again, and were not"
                        + " appended again"),
                instruments.counter("millrace_records_out", "Records fetched"),
                instruments.counter("millrace_bytes_out", "Bytes of record batches fetched"));
    }

    private void remove(String topic) {
        traffic.computeIfPresent(topic, (name, gone) -> {
            gone.instruments().close();
            return null;
        });
    }

    @Override
    public void close() {
        traffic.keySet().forEach(this::remove);
    }
}
