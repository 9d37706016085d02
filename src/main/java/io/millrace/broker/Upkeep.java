package io.millrace.broker;

import io.millrace.agreement.Membership;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.log.Closing;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.controller.Controller;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a broker does unasked: again and again, and whenever a register changes or another broker comes or goes. The timers'
 * threads and those of the registers only hand it on.
 */
final class Upkeep implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Upkeep.class.getName());

    /** How often it is looked whether a pass of the controller is due, in ms; in calm times every other one is. */
    private static final long TICK_MS = 500;
    /** How often it is looked for replicas that lag and disks that failed, in ms. */
    private static final long REPLICA_TICK_MS = 1_000;
    /** How often all topics are read again, in case a doorbell did not ring, in ms. */
    private static final long REFRESH_MS = 10_000;

    private final BrokerParts parts;
    /** The controller's own, which also renews the lease. */
    private final AgreementCalls controlCalls;
    /** What is done now and then, and says nothing of whether the agreement answers. */
    private final AgreementCalls houseCalls;
    private final List<AutoCloseable> subscriptions;
    private final List<ScheduledFuture<?>> schedules;

    Upkeep(BrokerParts parts, RegisterStore registers, Membership membership, ScheduledExecutorService timers,
           long retentionIntervalMs) {
        this.parts = parts;
        this.controlCalls = parts.calls.beside();
        this.houseCalls = parts.calls.beside();
        this.subscriptions = List.of(registers.subscribe(this::registerChanged), membership.listen(this::control));
        this.schedules = List.of(
                timers.scheduleWithFixedDelay(this::applyRetention, retentionIntervalMs, retentionIntervalMs,
                        TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(this::controlWhenDue, 0, TICK_MS, TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(() -> parts.continuations.execute(parts.replication::tick), REPLICA_TICK_MS,
                        REPLICA_TICK_MS, TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(this::mend, REPLICA_TICK_MS, REPLICA_TICK_MS, TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(this::refreshAll, REFRESH_MS, REFRESH_MS, TimeUnit.MILLISECONDS));
    }

    private void controlWhenDue() {
        if (parts.controller.isDue()) {
            control();
        }
    }

    /** Looks after the controller; once at a time, and once more when somebody asks while it looks. Returns at once. */
    void control() {
        controlCalls.call(Controller.KEY, parts.controller::run);
    }

    private void registerChanged(String key) {
        // The registers' own thread must not be kept, and our own changes ring as well.
        parts.store.partOf(key).ifPresent(parts.catalog::refreshSoon);
        if (key.equals(BrokerRegistry.KEY)) {
            control(); // somebody came, or is about to go
        }
    }

    /** Beside the disks it changes registers. */
    private void mend() {
        houseCalls.call("mend", parts.catalog::mend);
    }

    private void refreshAll() {
        houseCalls.call("topics", parts.catalog::refreshAll);
    }

    private void applyRetention() {
        parts.directories.forEach(Upkeep::applyRetention);
    }

    private static void applyRetention(LogDirectory directory) {
        try {
            directory.applyRetention().whenComplete((done, failure) -> {
                if (failure != null) {
                    LOG.log(Level.WARNING, "retention was not applied in " + directory.root(), failure);
                }
            });
        } catch (RuntimeException failure) {
            // It must not end the schedule, which serves the other directories too.
            LOG.log(Level.WARNING, "retention was not applied in " + directory.root(), failure);
        }
    }

    @Override
    public void close() {
        Closing.all(() -> schedules.forEach(schedule -> schedule.cancel(false)),
                () -> Closing.all(subscriptions.toArray(AutoCloseable[]::new)),
                controlCalls::close,
                houseCalls::close);
    }
}
