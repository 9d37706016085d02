package io.millrace.ops;

import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.CoordinatorStatus.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/** Gauges of the partitions of an internal topic that this broker leads, by what it is to them. */
final class CoordinatorGauges implements AutoCloseable {
    private final List<Instruments> byState = new ArrayList<>();
    /** Replaced by each refresh; read by whoever reads a gauge. */
    private volatile List<CoordinatorStatus> seen = List.of();

    CoordinatorGauges(MetricRegistry registry, String topic) {
        List.of(State.LOADING, State.ACTIVE, State.FAILED).forEach(state -> byState.add(register(registry, topic, state)));
    }

    private Instruments register(MetricRegistry registry, String topic, State state) {
        Instruments of = new Instruments(registry, new Tag("topic", topic),
                new Tag("state", state.name().toLowerCase(Locale.ROOT)));
        of.gauge("millrace_coordinator_partitions", "Partitions of an internal topic that this broker leads: being read into"
                + " memory (loading), served (active), or not to be served (failed)",
                () -> seen.stream().filter(status -> status.state() == state).count());
        return of;
    }

    /** @param now those that this broker leads */
    void refresh(List<CoordinatorStatus> now) {
        seen = now;
    }

    @Override
    public void close() {
        byState.forEach(Instruments::close);
    }
}
