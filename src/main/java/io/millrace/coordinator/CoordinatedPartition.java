package io.millrace.coordinator;

import io.millrace.coordinator.CoordinatorStatus.State;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * One partition of an internal topic through the leaderships of this broker: not led, loading, active, or failed until it
 * is tried again. One writer: everything but the entries is done by this partition's {@link SerialTasks}, one task at a
 * time. Thread-safe.
 */
final class CoordinatedPartition<K, V, M extends StateMachine<K, V>> {
    private static final System.Logger LOG = System.getLogger(CoordinatedPartition.class.getName());
    private static final long FIRST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(64);

    private final int number;
    private final String name;
    private final RuntimeParts<K, V, M> parts;
    private final SerialTasks tasks;
    /** How many requests are unanswered. */
    private final AtomicInteger unanswered = new AtomicInteger();
    private final VerificationGuards guards = new VerificationGuards();
    private volatile CoordinatorStatus status;

    // ---- of the tasks

    /** Null when it is not loading. */
    private Loading<K, V, M> loading;
    /** Null when it is not active. */
    private ActivePartition<K, V, M> active;
    /** Why it was last given up; null once it serves, or is not led. */
    private Failure failure;
    private boolean closed;

    /**
     * It leads, and does not serve.
     *
     * @param tries   how often it failed since it last served
     * @param retryAt in ns
     */
    private record Failure(LedLog led, BrokerException reason, int tries, long retryAt) {
    }

    CoordinatedPartition(int number, RuntimeParts<K, V, M> parts) {
        this.number = number;
        this.name = parts.log().topic() + "-" + number;
        this.parts = parts;
        this.status = CoordinatorStatus.notLed(number);
        this.tasks = new SerialTasks(() -> status.state() == State.LOADING ? parts.loaders() : parts.workers(),
                this::work, this::broken);
    }

    // ---- entries, for any thread

    VerificationGuard guard(long producerId, short producerEpoch) {
        return guards.begin(producerId, producerEpoch);
    }

    /** @param guard null: not in a transaction */
    <T> CompletableFuture<T> change(VerificationGuard guard, Function<? super M, Decision<K, V, T>> decide) {
        return guard == null ? submit(new Request.What<>(decide, null, null)) : submit(new Request.What<>(machine -> {
            guard.requireOpen();
            return decide.apply(machine);
        }, new ProducerTransaction(guard.producerId(), guard.producerEpoch()), null));
    }

    /** Whatever is decided in that transaction from now on is too late, also where this is refused. */
    CompletableFuture<Void> endTransaction(TransactionEnd end) {
        guards.end(end.producerId(), end.producerEpoch());
        return submit(new Request.What<>(machine -> Decision.nothing(null), null, end));
    }

    private <T> CompletableFuture<T> submit(Request.What<K, V, M, T> what) {
        if (unanswered.incrementAndGet() > parts.options().maxWaiting()) {
            unanswered.decrementAndGet();
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.OVERLOADED, parts.options().maxWaiting()
                    + " requests to partition " + name + " wait to be answered: nothing was done; try again later"));
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        answer.whenComplete((value, refusal) -> unanswered.decrementAndGet());
        Request<K, V, M, T> request = what.request(answer, parts.nanoTime().getAsLong() + parts.options().commitNanos());
        tasks.execute(() -> accept(request));
        return answer;
    }

    /** A leadership may have begun or ended. */
    void lookSoon() {
        tasks.execute(this::look);
    }

    /** Regularly. */
    void tick() {
        tasks.execute(() -> {
            look();
            if (active != null) {
                active.expire(parts.nanoTime().getAsLong());
            }
        });
    }

    CoordinatorStatus status() {
        return status;
    }

    /** Everything is refused from now on. */
    void close() {
        tasks.execute(() -> {
            closed = true;
            end(BrokerErrors.closed());
        });
    }

    // ---- tasks

    private void accept(Request<K, V, M, ?> request) {
        try {
            if (active == null) {
                look();
            }
            if (active != null) {
                active.request(request);
            } else {
                BrokerException refusal = refusal();
                parts.answers().execute(() -> request.fail(refusal));
            }
        } catch (RuntimeException | Error broken) {
            request.fail(BrokerErrors.outcome(broken));
            throw broken;
        }
    }

    private BrokerException refusal() {
        if (closed) {
            return BrokerErrors.closed();
        } else if (loading != null) {
            return new BrokerException(ErrorKind.COORDINATOR_LOADING, ("this broker has just become the coordinator and reads"
                    + " partition %s: offset %d of %d; try again in a moment").formatted(name,
                    status.load().position(), status.load().endOffset()));
        } else if (failure != null) {
            return new BrokerException(ErrorKind.UNAVAILABLE, failure.reason().getMessage(), failure.reason());
        }
        return new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker does not lead partition " + name
                + ": try again in a moment");
    }

    private void look() {
        LedLog led = led();
        if (led != null && led.isOver()) {
            end(null);
            led = null;
        }
        long now = parts.nanoTime().getAsLong();
        if (led == null && !closed) {
            parts.log().led(number).ifPresent(begun -> load(begun, null));
        } else if (failure != null && loading == null && failure.retryAt() - now <= 0) {
            load(failure.led(), failure);
        }
    }

    private LedLog led() {
        return loading != null ? loading.led() : active != null ? active.led() : failure != null ? failure.led() : null;
    }

    private void load(LedLog led, Failure before) {
        loading = new Loading<>(led, parts.codec(), parts.machines().apply(number), parts.nanoTime().getAsLong());
        failure = before;
        tell(State.LOADING, led);
        Loading<K, V, M> begun = loading;
        led.settled().whenComplete((end, unsettled) -> tasks.execute(() -> settled(begun, end, unsettled)));
    }

    private void settled(Loading<K, V, M> begun, Long end, Throwable unsettled) {
        if (loading != begun) {
            return;
        } else if (unsettled != null) {
            broken(unsettled);
        } else {
            begun.readTo(end);
            readOnSoon();
        }
    }

    /** On a thread that may wait for the disk; requests that came meanwhile are answered before. */
    private void readOnSoon() {
        Loading<K, V, M> now = loading;
        tell(State.LOADING, now.led());
        tasks.execute(() -> readOn(now));
        tasks.changeThread();
    }

    private void readOn(Loading<K, V, M> now) {
        if (loading != now) { // another leadership has begun since
            return;
        } else if (now.led().isOver()) {
            look();
            return;
        }
        now.readOn();
        if (!now.isDone()) {
            readOnSoon();
            return;
        }
        ActivePartition<K, V, M> loaded = new ActivePartition<>(name, now, parts.codec(),
                new ActivePartition.Surroundings(tasks, parts.answers(), this::lost, this::look, parts.millis()));
        loaded.begin(now.endOffset());
        tell(State.ACTIVE, now.led());
        loading = null;
        failure = null;
        active = loaded;
        LoadProgress done = status.load();
        LOG.log(Level.INFO, "coordinating partition {0} in epoch {1}: {2} records were read in {3} ms", name,
                Integer.toString(now.led().epoch()), Long.toString(done.records()), Long.toString(done.millis()));
        told(() -> parts.listener().began(number, now.led().epoch(), loaded.machine()));
    }

    /** After some tasks. */
    private void work() {
        if (active != null) {
            active.work();
        }
    }

    /** A task failed: of ours, of the state, or of the disk. */
    private void broken(Throwable problem) {
        LedLog led = led();
        if (led == null || led.isOver()) {
            LOG.log(Level.DEBUG, "partition " + name + " is not led any more", problem);
            look();
        } else {
            lost(BrokerErrors.asBrokerException("reading partition " + name, problem));
        }
    }

    /** The state in memory is not to be trusted: it is read again, after a while. */
    private void lost(BrokerException problem) {
        LedLog led = led();
        int tries = failure == null ? 0 : failure.tries();
        long wait = Math.min(LAST_RETRY_NANOS, FIRST_RETRY_NANOS << Math.min(tries, 6));
        BrokerException reason = new BrokerException(ErrorKind.UNAVAILABLE, "partition " + name + " is not served: "
                + problem.getMessage() + "; it is tried again", problem);
        LOG.log(Level.ERROR, reason.getMessage() + " in " + TimeUnit.NANOSECONDS.toSeconds(wait) + " s", problem);
        LoadProgress load = status.load();
        end(reason);
        failure = new Failure(led, reason, tries + 1, parts.nanoTime().getAsLong() + wait);
        status = new CoordinatorStatus(number, State.FAILED, led.epoch(), load, reason.getMessage());
    }

    /** @param reason why; null: the leadership is over */
    private void end(BrokerException reason) {
        ActivePartition<K, V, M> ended = active;
        active = null;
        loading = null;
        failure = null;
        status = CoordinatorStatus.notLed(number);
        if (ended != null) {
            if (reason == null) {
                ended.close();
            } else {
                ended.close(reason);
            }
            told(() -> parts.listener().ended(number, ended.led().epoch()));
        }
    }

    /** What a listener makes of it is not the partition's matter. */
    private void told(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, "a listener to partition " + name + " failed", fault);
        }
    }

    private void tell(State state, LedLog led) {
        status = new CoordinatorStatus(number, state, led.epoch(), loading.progress(parts.nanoTime().getAsLong()), null);
    }
}
