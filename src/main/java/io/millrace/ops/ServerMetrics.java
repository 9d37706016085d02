package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.config.Settings;
import io.millrace.metadata.BrokerException;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.stream.OpenStreams;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.metrics.Counter;
import org.eclipse.microprofile.metrics.MetricRegistry;

/** All metrics of the server but those of requests: registered from its making until it is closed. */
final class ServerMetrics implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ServerMetrics.class.getName());
    /** Age of what the gauges of partitions show. */
    private static final long REFRESH_MS = 1_000;

    private final MetricRegistry registry;
    private final Instruments instruments;
    private final Counter registerErrors;
    private final TopicMetrics topics;
    private final LogMetrics logs;
    /** Guarded by this, as are the fields below. */
    private final PartitionGauges partitions;
    private final ClusterGauges cluster;
    private final GroupGauges groups;
    /** By internal topic. */
    private final Map<String, CoordinatorGauges> coordinators = new HashMap<>();
    private final TransactionGauges transactions;
    private volatile long idempotencyKeys;
    private DirectoryGauges directories;
    private ScheduledFuture<?> refreshing;
    private boolean closed;

    ServerMetrics(MetricRegistry registry, Settings settings) {
        this.registry = registry;
        this.instruments = new Instruments(registry);
        this.registerErrors = instruments.counter("millrace_register_errors",
                "Reads and changes of registers of the cluster that failed");
        this.topics = new TopicMetrics(registry, settings.intValue(Settings.METRICS_TOPICS_MAX));
        this.logs = new LogMetrics(registry);
        this.partitions = new PartitionGauges(registry, settings.intValue(Settings.METRICS_PARTITIONS_MAX));
        this.cluster = new ClusterGauges(registry, settings.intValue(Settings.BROKER_ID));
        this.groups = new GroupGauges(registry, settings.intValue(Settings.METRICS_GROUPS_MAX), System::nanoTime);
        Coordination.TOPICS.forEach(topic -> coordinators.put(topic, new CoordinatorGauges(registry, topic)));
        this.transactions = new TransactionGauges(registry);
        instruments.gauge("millrace_idempotency_keys", "Idempotency keys that this broker knows as their coordinator",
                () -> idempotencyKeys);
    }

    /** Keeps gauges of what answers to clients hold. */
    void watch(MemoryBudget memory, ClientThreads clients, OpenStreams streams) {
        instruments.gauge("millrace_request_memory_bytes", "Bytes of requests, of records that were read for them, and of answers",
                memory::bytesInUse);
        instruments.gauge("millrace_answer_threads", "Threads that write answers to clients that may block", clients::threads);
        instruments.gauge("millrace_answers_waiting", "Answers that wait for such a thread", clients::waiting);
        instruments.gauge("millrace_streams_open", "Streams of records to clients that are open", streams::open);
    }

    Observers observers() {
        return new Observers(topics, logs, registerErrors::inc);
    }

    /** Keeps gauges of the log directories, partitions, groups and coordinators of a server that serves, until this is closed. */
    synchronized void watch(Server server, ScheduledExecutorService timers) {
        if (!closed) {
            directories = new DirectoryGauges(registry,
                    server.writers().stream().map(DirectoryWriter::directory).toList(), server.logFiles(), server.producers(),
                    () -> server.strays().size(), () -> server.lost().size(), server::damagedBatches, server::cleaning);
            refreshing = timers.scheduleWithFixedDelay(() -> refresh(server), 0, REFRESH_MS, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void refresh(Server server) {
        if (closed) {
            return;
        }
        try {
            Broker broker = server.broker();
            partitions.refresh(broker.partitions());
            cluster.refresh(broker.cluster());
            topics.retain(Set.copyOf(broker.topics().allNames()));
            groups.refresh(server.coordination().groups()::lags);
            coordinators.forEach((topic, gauges) -> gauges.refresh(server.coordinators(topic)));
            transactions.refresh(server.coordination().transactionWatch().seen());
            idempotencyKeys = server.coordination().idempotencyKeys().known();
        } catch (BrokerException stopping) {
            LOG.log(Level.DEBUG, "the gauges stay as they are", stopping);
        } catch (RuntimeException e) {
            // Thrown on, it would end the schedule.
            LOG.log(Level.WARNING, "the gauges could not be refreshed", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (refreshing != null) {
            refreshing.cancel(false);
            directories.close();
        }
        partitions.close();
        cluster.close();
        groups.close();
        coordinators.values().forEach(CoordinatorGauges::close);
        transactions.close();
        topics.close();
        logs.close();
        instruments.close();
    }
}
