package io.millrace.group;

import io.millrace.agreement.registers.RegisterStore;
import io.millrace.broker.Broker;
import io.millrace.coordinator.BrokerLog;
import io.millrace.coordinator.CoordinatorListener;
import io.millrace.coordinator.CoordinatorLog;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.group.delivery.Deliveries;
import io.millrace.group.offsets.GroupLog;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupRecordCodec;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.topics.InternalTopic;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * What groups are made of.
 *
 * @param offsets    the topic in which they are kept
 * @param options    of its coordinators
 * @param registers  where earlier versions kept groups
 * @param deliveries asks other brokers
 * @param peers      asks them for their groups
 * @param workers    runs what blocks, and continuations of requests
 * @param loaders    read logs, and may wait for the disk
 * @param assigning  runs the applications' assignors, which may take long: on few threads of their own
 * @param nanoTime   measures how long is waited, in ns
 */
public record GroupParts(CoordinatorLog offsets, CoordinatorOptions options, RegisterStore registers, GroupLog log,
                         Coordination coordination, Deliveries deliveries, GroupPeers peers, Executor workers,
                         Executor loaders, Executor assigning, ScheduledExecutorService timers, Clock clock,
                         LongSupplier nanoTime, FreshNames fresh) {
    /** Those of a real broker. */
    public static GroupParts of(Broker broker, InternalTopic offsets, CoordinatorOptions options, RegisterStore registers,
                                Deliveries deliveries, GroupPeers peers, Executor workers, Executor loaders,
                                Executor assigning, ScheduledExecutorService timers, Clock clock) {
        BrokerSide side = new BrokerSide(broker, offsets.name());
        return new GroupParts(new BrokerLog(offsets, broker.leaderships()), options, registers, side, side, deliveries, peers,
                workers, loaders, assigning, timers, clock, System::nanoTime, FreshNames.random());
    }

    CoordinatorRuntime<GroupKey, GroupValue, GroupMachine> runtime(CoordinatorListener<GroupMachine> listener) {
        return new CoordinatorRuntime<>(offsets, new GroupRecordCodec(), partition -> new GroupMachine(), listener, options, workers,
                loaders, timers, clock, nanoTime);
    }
}
