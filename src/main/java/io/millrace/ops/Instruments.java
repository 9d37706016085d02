package io.millrace.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.eclipse.microprofile.metrics.Counter;
import org.eclipse.microprofile.metrics.Histogram;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricID;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;
import org.eclipse.microprofile.metrics.Timer;

/**
 * Metrics that come and go together: whoever registers them here keeps the handles, and closing this takes them out of
 * the registry. Used by one thread at a time.
 */
final class Instruments implements AutoCloseable {
    private final MetricRegistry registry;
    private final Tag[] tags;
    private final List<MetricID> registered = new ArrayList<>();

    /** @param tags of each of them */
    Instruments(MetricRegistry registry, Tag... tags) {
        this.registry = registry;
        this.tags = tags;
    }

    Counter counter(String name, String description) {
        return noted(name, registry.counter(metadata(name, description), tags));
    }

    Histogram histogram(String name, String description) {
        return noted(name, registry.histogram(metadata(name, description), tags));
    }

    /** @param name ends with {@code _seconds}, the unit in which it is shown */
    Timer timer(String name, String description) {
        return noted(name, registry.timer(metadata(name, description), tags));
    }

    void gauge(String name, String description, Supplier<Number> value) {
        noted(name, registry.gauge(metadata(name, description), value, tags));
    }

    private <T> T noted(String name, T instrument) {
        registered.add(new MetricID(name, tags));
        return instrument;
    }

    private static Metadata metadata(String name, String description) {
        return Metadata.builder().withName(name).withDescription(description).build();
    }

    @Override
    public void close() {
        registered.forEach(registry::remove);
        registered.clear();
    }
}
