package io.millrace.ops;

import io.millrace.metadata.controller.ClusterDescription;
import org.eclipse.microprofile.metrics.MetricRegistry;

/** What an operator watches of the cluster, as this server sees it. */
final class ClusterGauges implements AutoCloseable {
    private final Instruments instruments;
    /** Replaced by each refresh; read by whoever reads a gauge. */
    private volatile ClusterDescription seen;

    ClusterGauges(MetricRegistry registry, int brokerId) {
        instruments = new Instruments(registry);
        instruments.gauge("millrace_under_replicated_partitions", "Partitions of the cluster with replicas that are not"
                + " in sync", () -> seen == null ? 0 : seen.underReplicated().size());
        instruments.gauge("millrace_offline_partitions", "Partitions of the cluster without a leader",
                () -> seen == null ? 0 : seen.offline().size());
        instruments.gauge("millrace_live_brokers", "Brokers of the cluster that are up",
                () -> seen == null ? 0 : seen.brokers().stream().filter(ClusterDescription.BrokerState::live).count());
        instruments.gauge("millrace_controller", "1 while this broker is the cluster's controller",
                () -> seen != null && seen.controller() == brokerId ? 1 : 0);
        instruments.gauge("millrace_agreement", "1 while registers can be read and changed",
                () -> seen != null && seen.agreement() ? 1 : 0);
        instruments.gauge("millrace_leader_partitions", "Partitions that this broker leads",
                () -> seen == null ? 0 : seen.brokers().stream().filter(broker -> broker.brokerId() == brokerId)
                        .mapToInt(ClusterDescription.BrokerState::leaders).sum());
    }

    void refresh(ClusterDescription now) {
        seen = now;
    }

    @Override
    public void close() {
        instruments.close();
    }
}
