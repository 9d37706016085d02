package io.millrace.ra;

import jakarta.resource.NotSupportedException;
import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.BootstrapContext;
import jakarta.resource.spi.ResourceAdapter;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAResource;

/**
 * The adapter as the container starts and stops it. Connection factories with the same settings share their branches here, so that
 * any connection can go on with what another began; as many are kept as there are different settings. Delivers no messages.
 */
public final class MillraceResourceAdapter implements ResourceAdapter {
    private static final System.Logger LOG = System.getLogger(MillraceResourceAdapter.class.getName());
    private static final long SETTLE_MS = 2_000;

    private final Map<Settings, Branches> branches = new ConcurrentHashMap<>();
    /** Null while it is stopped. Touched by the container's thread. */
    private ScheduledExecutorService settling;

    @Override
    public void start(BootstrapContext context) {
        settling = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "millrace-ra");
            thread.setDaemon(true);
            return thread;
        });
        settling.scheduleWithFixedDelay(this::settle, SETTLE_MS, SETTLE_MS, TimeUnit.MILLISECONDS);
    }

    private void settle() {
        try {
            branches.values().forEach(Branches::settle);
        } catch (RuntimeException unexpected) { // the timer would not go on
            LOG.log(Level.WARNING, "what was to be aborted is not, which is tried again", unexpected);
        }
    }

    @Override
    public void stop() {
        settling.shutdownNow();
        branches.clear();
    }

    Branches branches(Settings settings) {
        return branches.computeIfAbsent(settings, Branches::new);
    }

    @Override
    public void endpointActivation(MessageEndpointFactory factory, ActivationSpec spec) throws NotSupportedException {
        throw new NotSupportedException("this adapter delivers no messages");
    }

    @Override
    public void endpointDeactivation(MessageEndpointFactory factory, ActivationSpec spec) {
        // none was activated
    }

    /** Those of endpoints, of which there are none; connection factories are recovered by themselves. */
    @Override
    public XAResource[] getXAResources(ActivationSpec[] specs) {
        return new XAResource[0];
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
