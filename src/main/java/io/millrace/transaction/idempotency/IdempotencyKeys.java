package io.millrace.transaction.idempotency;

import io.millrace.agreement.Member;
import io.millrace.coordinator.CoordinatorListener;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.log.Closing;
import io.millrace.metadata.BrokerException;
import io.millrace.replica.hosting.Deadlines;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The idempotency keys that this broker coordinates, behind one door: a request with a key is carried out once, and answered
 * the same whenever it is repeated, until its key expires. Thread-safe.
 */
public final class IdempotencyKeys implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(IdempotencyKeys.class.getName());
    private static final long EXPIRY_MS = 10_000;

    private final CoordinatorRuntime<StoredKey, StoredValue, IdempotencyMachine> runtime;
    private final IdempotentProduce.Surroundings around;
    private final KeyUpkeep upkeep;
    private final List<ScheduledFuture<?>> schedules;

    private IdempotencyKeys(IdempotencyOptions options, IdempotencyParts parts) {
        this.runtime = new CoordinatorRuntime<>(parts.log(), new IdempotencyCodec(), partition -> new IdempotencyMachine(options),
                new CoordinatorListener<IdempotencyMachine>() { }, parts.options(), parts.workers(), parts.blocking(), parts.timers(),
                parts.clock(), parts.nanoTime());
        KeysUnderWay underWay = new KeysUnderWay();
        this.around = new IdempotentProduce.Surroundings(new CoordinatedKeys(runtime, underWay, parts.clock()), underWay, parts.ids(),
                parts.workers(), parts.blocking(), new Deadlines(parts.timers(), parts.nanoTime()), options.waitMs(),
                parts.nanoTime());
        this.upkeep = new KeyUpkeep(runtime, underWay, parts.preferred(), parts.blocking(), parts.clock()::millis);
        runtime.start();
        ScheduledExecutorService timers = parts.timers();
        this.schedules = List.of(
                timers.scheduleWithFixedDelay(() -> guarded(upkeep::expire), EXPIRY_MS, EXPIRY_MS, TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(() -> guarded(upkeep::balance), options.balanceMs(), options.balanceMs(),
                        TimeUnit.MILLISECONDS));
    }

    public static IdempotencyKeys open(IdempotencyOptions options, IdempotencyParts parts) {
        return new IdempotencyKeys(options, parts);
    }

    /** Of the coordinator's runtime. */
    private record CoordinatedKeys(CoordinatorRuntime<StoredKey, StoredValue, IdempotencyMachine> runtime,
                                   KeysUnderWay underWay, Clock clock) implements KeyLedger {
        @Override
        public CompletableFuture<Begun> find(KeyedRequest request) {
            return runtime.read(request.key().route(), machine -> machine.find(request.key(), request.fingerprint(),
                    request.topicId(), clock.millis()));
        }

        @Override
        public CompletableFuture<Begun> begin(KeyedRequest request, Layout layout, Long producerId) {
            return runtime.change(request.key().route(), machine -> machine.begin(request.key(), request.fingerprint(),
                    request.topicId(), layout, underWay::contains, producerId, clock.millis()));
        }

        @Override
        public CompletableFuture<Void> complete(IdempotencyKey key, StoredValue.Prepared prepared, long[] baseOffsets) {
            return runtime.change(key.route(), machine -> machine.complete(key, prepared, baseOffsets, clock.millis()));
        }
    }

    /** What is thrown on would end the schedule. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException failure) {
            LOG.log(Level.WARNING, "idempotency keys could not be looked after, which is tried again", failure);
        }
    }

    /**
     * The broker that coordinates a key, when it is another one; empty: this one does. Creates the topic of the keys when it is
     * not there yet. May block for some seconds.
     *
     * @throws BrokerException NOT_COORDINATOR when none does now; UNAVAILABLE
     */
    public Optional<Member> remoteCoordinator(IdempotencyKey key) {
        return runtime.remote(key.route());
    }

    /**
     * Carries a request out, unless that was done before. Waits while another one with its key is being carried out.
     *
     * @return fails as reading its records does, if it is new; and with IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_IN_USE when the
     *         other one takes too long, RECORD_TOO_LARGE, NOT_COORDINATOR, COORDINATOR_LOADING, OVERLOADED, UNAVAILABLE,
     *         OUT_OF_ORDER_SEQUENCE, and as a produce does: asked again with its key it is never done twice
     */
    public CompletableFuture<KeyedAnswer> produce(KeyedRequest request) {
        return IdempotentProduce.run(request, around);
    }

    /** The partitions of the keys that are led here, and how they stand. */
    public List<CoordinatorStatus> coordinators() {
        return runtime.status();
    }

    /** How many keys this broker knows as their coordinator; some seconds old. */
    public long known() {
        return upkeep.known();
    }

    /** Refuses everything from now on; returns at once. */
    @Override
    public void close() {
        Closing.all(() -> schedules.forEach(each -> each.cancel(false)), runtime, around.deadlines());
    }
}
