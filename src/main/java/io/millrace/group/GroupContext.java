package io.millrace.group;

import io.millrace.broker.produce.TransactionVerifier;
import io.millrace.group.delivery.Deliveries;
import io.millrace.group.membership.Rebalance;
import io.millrace.group.offsets.GroupLog;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What all groups of a coordinator share.
 *
 * @param rebalances makes one for a group, of what is called when an assignor has answered
 * @param workers  runs what blocks
 * @param clock    for what is kept
 * @param nanoTime for what is waited for, in ns
 * @param gone     told of a group that another coordinator has
 * @param transactions verifies those in which offsets are committed
 */
record GroupContext(GroupLog log, Coordination coordination, Deliveries deliveries,
                    Function<Runnable, Rebalance> rebalances, GroupOptions options, Executor workers,
                    ScheduledExecutorService timers, Clock clock, LongSupplier nanoTime, Consumer<Group> gone,
                    TransactionVerifier transactions) {
    long now() {
        return nanoTime.getAsLong();
    }

    void lost(Group group) {
        gone.accept(group);
    }
}
