package io.millrace.ops;

import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.access.AccessRules;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads permissions and quotas anew when another server changed them: it is told mostly, and looks every so often in case it was not.
 * Thread-safe; one reading at a time, on a worker.
 */
final class AccessWatch implements AutoCloseable {
    /** A change that a server was not told of counts there after this time, in ms. */
    static final long INTERVAL_MS = 5_000;
    private static final System.Logger LOG = System.getLogger(AccessWatch.class.getName());

    private final AccessRules rules;
    private final RegisterStore registers;
    private final Executor workers;
    private final AtomicBoolean due = new AtomicBoolean();
    private final AutoCloseable doorbell;
    private final ScheduledFuture<?> timer;

    AccessWatch(AccessRules rules, RegisterStore registers, Executor workers, ScheduledExecutorService timers) {
        this.rules = rules;
        this.registers = registers;
        this.workers = workers;
        this.doorbell = registers.subscribe(key -> {
            if (AccessRules.concerns(key)) {
                look();
            }
        });
        this.timer = timers.scheduleWithFixedDelay(this::look, 0, INTERVAL_MS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        if (due.compareAndSet(false, true)) {
            try {
                workers.execute(this::read);
            } catch (RejectedExecutionException stopping) {
                due.set(false); // asked again by the timer, unless everything ends
            }
        }
    }

    private void read() {
        due.set(false); // what changes from now on is read once more
        try {
            rules.refresh(registers);
        } catch (BrokerException | IllegalStateException failure) {
            LOG.log(Level.WARNING, "who may do what could not be read again, and stays as it was: {0}", failure.getMessage());
        }
    }

    @Override
    public void close() throws Exception {
        timer.cancel(false);
        doorbell.close();
    }
}
