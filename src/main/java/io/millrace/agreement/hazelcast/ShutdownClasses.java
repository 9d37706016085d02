package io.millrace.agreement.hazelcast;

import java.util.List;

/**
 * Classes of Hazelcast that a member needs for the first time when it stops. They are loaded before it starts: when
 * the archive was taken away, they could not be loaded any more, and threads and ports would not be given back. Those
 * that a class nests are loaded with it.
 */
public final class ShutdownClasses {
    static final List<String> NAMES = List.of(
        "com.hazelcast.instance.impl.Node",
        "com.hazelcast.instance.impl.TerminatedLifecycleService",
        "com.hazelcast.internal.metrics.MetricsPublisher",
        "com.hazelcast.internal.partition.impl.MigrationManager",
        "com.hazelcast.internal.partition.impl.MigrationPlanner",
        "com.hazelcast.internal.util.ConcurrentReferenceHashMap",
        "com.hazelcast.internal.util.executor.CompletableFutureTask",
        "com.hazelcast.map.impl.querycache.publisher.AccumulatorSweeper",
        "com.hazelcast.map.impl.querycache.publisher.EventPublisherAccumulatorProcessor",
        "com.hazelcast.map.impl.querycache.publisher.PublisherAccumulatorHandler",
        "com.hazelcast.spi.impl.eventservice.impl.operations.DeregistrationOperationSupplier");

    private ShutdownClasses() {
    }

    /** @throws LinkageError when one of them is not there */
    public static void loadAll() {
        NAMES.forEach(name -> {
            try {
                Class.forName(name, false, ShutdownClasses.class.getClassLoader()).getNestMembers();
            } catch (ClassNotFoundException gone) {
                throw new NoClassDefFoundError(name + " cannot be loaded: " + gone.getMessage());
            }
        });
    }
}
