package io.millrace.agreement.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.log.Closing;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * This server's Hazelcast member, and the witnesses it started. An instance that went over to another cluster, or was
 * left by its own, is replaced by a new one. Started, replaced and closed by one thread at a time; asked by any.
 */
public final class HazelcastMember implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(HazelcastMember.class.getName());

    /**
     * Two members that start at once connect to each other twice, and what one asks over the connection that is then
     * dropped is never answered. Hazelcast gives up on such a question, and with it on the start.
     */
    private static final int START_ATTEMPTS = 3;

    /**
     * The others hold a member to be gone when they cannot connect to it three times, 100 ms apart. One that starts at
     * its address before that is taken for it: they close its connections together with those of the member that is gone,
     * and what it asked over them is never answered.
     */
    private static final long REST_MILLIS = 1_000;

    /**
     * The first of these that is heard of counts. While it merges the instance is a member of the other cluster already,
     * and what it became there in that time would be left over by its replacement.
     */
    private static final Set<LifecycleState> MOVES =
        EnumSet.of(LifecycleState.MERGING, LifecycleState.MERGED, LifecycleState.MERGE_FAILED);

    private final ClusterOptions options;
    private final Supplier<Config> config;
    private final Consumer<HazelcastInstance> started;
    private final List<HazelcastInstance> witnesses = new ArrayList<>();
    private volatile HazelcastInstance instance;
    private volatile boolean moved;
    private final CountDownLatch closing = new CountDownLatch(1);

    /** @param started is called with each new instance */
    public HazelcastMember(ClusterOptions options, Supplier<Config> config, Consumer<HazelcastInstance> started) {
        this.options = options;
        this.config = config;
        this.started = started;
    }

    /**
     * @throws IllegalArgumentException     when nothing can be bound to the host
     * @throws RegisterUnavailableException when Hazelcast does not start
     */
    public synchronized void start() {
        for (int attempt = 1; ; attempt++) {
            if (isClosed()) {
                throw new RegisterUnavailableException("the cluster member is closed", null);
            }
            try {
                moved = false;
                OwnThread.run("millrace-member-start", this::launch);
                return;
            } catch (IllegalArgumentException e) {
                throw e;
            } catch (RuntimeException e) {
                if (isClosed() || attempt == START_ATTEMPTS || Thread.currentThread().isInterrupted()) {
                    throw new RegisterUnavailableException("Hazelcast does not start on " + options.host() + " port "
                        + options.port() + ": " + e.getMessage(), e);
                }
                LOGGER.log(System.Logger.Level.WARNING, "the cluster member does not start, and is started again", e);
                rest(attempt * REST_MILLIS);
            }
        }
    }

    /** Returns at once when this is closed, or the thread interrupted. */
    private void rest(long millis) {
        try {
            closing.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosed() {
        return closing.getCount() == 0;
    }

    private void launch() {
        HazelcastInstance fresh = Hazelcast.newHazelcastInstance(config.get());
        try {
            use(fresh);
        } catch (RuntimeException e) {
            fresh.getLifecycleService().terminate();
            throw e;
        }
    }

    private void use(HazelcastInstance fresh) {
        instance = fresh;
        fresh.getLifecycleService().addLifecycleListener(event -> {
            if (instance == fresh && MOVES.contains(event.getState())) {
                moved = true;
            }
        });
        started.accept(fresh);
    }

    /** A new instance in the place of this one. */
    public synchronized void replace() {
        LOGGER.log(System.Logger.Level.INFO, "the cluster member is started anew");
        leave();
        rest(REST_MILLIS);
        start();
    }

    /** Stops the instance, at once and as if the server had died; {@link #replace} starts another. */
    public synchronized void leave() {
        stopWitnesses();
        if (instance != null) {
            OwnThread.run("millrace-member-stop", instance.getLifecycleService()::terminate);
        }
    }

    /** @throws RegisterUnavailableException when there is none at the moment */
    public HazelcastInstance instance() {
        HazelcastInstance current = instance;
        if (current == null) {
            throw new RegisterUnavailableException("the cluster member is not started", null);
        }
        return current;
    }

    public boolean isRunning() {
        HazelcastInstance current = instance;
        return current != null && current.getLifecycleService().isRunning();
    }

    /** Whether the instance runs and is where it was started. */
    public boolean isSound() {
        return !moved && isRunning();
    }

    public synchronized void addWitness() {
        if (!isClosed()) {
            LOGGER.log(System.Logger.Level.INFO, "a witness is started: too few servers are here to agree without one");
            OwnThread.run("millrace-witness-start",
                () -> witnesses.add(Hazelcast.newHazelcastInstance(MemberConfig.witness(options))));
        }
    }

    public synchronized List<HazelcastInstance> witnesses() {
        return List.copyOf(witnesses);
    }

    /** They leave the CP subsystem in order. */
    public synchronized void retireWitnesses() {
        OwnThread.run("millrace-witness-stop", () -> witnesses.forEach(HazelcastInstance::shutdown));
        stopWitnesses();
    }

    private void stopWitnesses() {
        OwnThread.run("millrace-witness-stop",
            () -> witnesses.forEach(witness -> witness.getLifecycleService().terminate()));
        witnesses.clear();
    }

    /** A start that is under way tries no further. */
    @Override
    public void close() {
        closing.countDown();
        end();
    }

    private synchronized void end() {
        HazelcastInstance current = instance;
        if (current == null) {
            stopWitnesses();
        } else {
            Closing.all(this::stopWitnesses, () -> OwnThread.run("millrace-member-stop", () -> shutDown(current)),
                () -> OwnThread.run("millrace-member-stop", current.getLifecycleService()::terminate));
        }
    }

    private static void shutDown(HazelcastInstance current) {
        try {
            current.shutdown();
        } catch (RuntimeException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "the member did not leave in order", e);
        }
    }
}
