package io.millrace.coordinator;

import io.millrace.agreement.Member;
import io.millrace.log.Closing;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.EndTransactionMarker;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * Coordinates the keys of an internal topic: of each partition that this broker leads it has the state in memory, decides
 * requests over it and writes what they change. Thread-safe; after Kafka's coordinator runtime.
 *
 * <p><b>A change</b> is applied to the state when it is decided, so that the decisions behind it see it, is written with
 * acks=all together with others, and answered when it is committed. Where it is refused by the log, it is undone, with all
 * that came after it. <b>What only looks</b> is answered from the newest state, once everything in it is committed; so are
 * refusals. It leans on the lease of the leader, as every read does: one that was just replaced may answer from what was
 * committed before. A decision that must not rest on an old state has to change something.
 *
 * <p><b>A change in a producer's transaction</b> is written at once and counts when the transaction is committed, see {@link
 * #changeInTransaction}: until then the state is told that it is pending. One append is of one transaction, or of none.
 *
 * <p>Answers are futures. They complete on a worker, and fail with a {@link BrokerException}: what the decision threw; or
 * NOT_COORDINATOR, COORDINATOR_LOADING, OVERLOADED, NOT_ENOUGH_REPLICAS, RECORD_TOO_LARGE, UNAVAILABLE, LOG_DIRECTORY_OFFLINE:
 * nothing was done; or NOT_COMMITTED: it is written or may be, and it is not known what becomes of it.
 *
 * <p>A partition whose log has a record that cannot be read is not served at all; it is tried again after 1 s, and less
 * and less often, once in 64 s at last, because damage is healed meanwhile, or another server takes the lead; its {@link
 * #status() status} says why.
 *
 * @param <K> key of a record
 * @param <V> value of a record
 * @param <M> the state of one partition
 */
public final class CoordinatorRuntime<K, V, M extends StateMachine<K, V>> implements AutoCloseable {
    private static final long TICK_MS = 1_000;

    private final RuntimeParts<K, V, M> parts;
    private final Map<Integer, CoordinatedPartition<K, V, M>> partitions = new ConcurrentSkipListMap<>();
    private final ScheduledExecutorService timers;
    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /**
     * @param machines makes the empty state of a partition, for each leadership a new one
     * @param workers  decide, write and answer; nothing there waits
     * @param loaders  read logs, and may wait for the disk
     */
    public CoordinatorRuntime(CoordinatorLog log, RecordCodec<K, V> codec, IntFunction<M> machines,
                              CoordinatorListener<? super M> listener, CoordinatorOptions options, Executor workers,
                              Executor loaders, ScheduledExecutorService timers, Clock clock) {
        this(log, codec, machines, listener, options, workers, loaders, timers, clock, System::nanoTime);
    }

    /** @param nanoTime measures how long requests wait, in ns */
    public CoordinatorRuntime(CoordinatorLog log, RecordCodec<K, V> codec, IntFunction<M> machines,
                              CoordinatorListener<? super M> listener, CoordinatorOptions options, Executor workers,
                              Executor loaders, ScheduledExecutorService timers, Clock clock, LongSupplier nanoTime) {
        Executor continuations = new ContinuationExecutor(workers, timers);
        this.parts = new RuntimeParts<>(log, codec, machines, listener, options, continuations,
                new ContinuationExecutor(loaders, timers), continuations, nanoTime, clock::millis);
        this.timers = timers;
    }

    /** Loads what this broker leads, and comes to lead; to be called once. Until then only what is asked for is loaded. */
    public void start() {
        opened.add(parts.log().listen(number -> partition(number).lookSoon()));
        ScheduledFuture<?> ticks = timers.scheduleWithFixedDelay(() -> partitions.values().forEach(CoordinatedPartition::tick),
                TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
        opened.add(() -> ticks.cancel(false));
    }

    /**
     * Where a key belongs: as in Kafka for groups, so that the field's tools find it there. Creates the topic when it is not
     * there yet, which blocks for a moment.
     *
     * @throws BrokerException UNAVAILABLE when that cannot be done now
     */
    public int partitionOf(String key) {
        int hash = key.hashCode();
        return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % parts.log().partitions();
    }

    /**
     * The broker that coordinates a key, when it is another one; empty: this one does. May block for a moment.
     *
     * @throws BrokerException NOT_COORDINATOR when none does now; UNAVAILABLE
     */
    public Optional<Member> remote(String key) {
        return remote(partitionOf(key));
    }

    /**
     * Every other broker that coordinates anything, sorted by id. May block for a moment.
     *
     * @throws BrokerException NOT_COORDINATOR when there are keys that nobody coordinates now; UNAVAILABLE
     */
    public List<Member> remotes() {
        Map<Integer, Member> remotes = new TreeMap<>();
        int count = parts.log().partitions();
        for (int partition = 0; partition < count; partition++) {
            remote(partition).ifPresent(member -> remotes.put(member.brokerId(), member));
        }
        return List.copyOf(remotes.values());
    }

    private Optional<Member> remote(int partition) {
        try {
            return parts.log().remote(partition);
        } catch (BrokerException nobody) {
            throw nobody.kind() != ErrorKind.NOT_LEADER ? nobody
                    : new BrokerException(ErrorKind.NOT_COORDINATOR, nobody.getMessage(), nobody);
        }
    }

    /**
     * Decides over the state of a key's partition, and changes it. May block for a moment, as {@link #partitionOf} does.
     *
     * @param decide is given the newest state, must change nothing itself, and may throw a {@link BrokerException} to refuse
     */
    public <T> CompletableFuture<T> change(String key, Function<? super M, Decision<K, V, T>> decide) {
        try {
            return change(partitionOf(key), decide);
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(BrokerErrors.outcome(failure));
        }
    }

    /** As {@link #change(String, Function)}, of a partition, of those that there are. */
    public <T> CompletableFuture<T> change(int partition, Function<? super M, Decision<K, V, T>> decide) {
        return closed ? CompletableFuture.failedFuture(BrokerErrors.closed()) : partition(partition).change(null, decide);
    }

    /**
     * To be taken before a producer's transaction is verified for a partition, and closed when what is written in it was
     * answered; see {@link #changeInTransaction}.
     */
    public VerificationGuard guard(int partition, long producerId, short producerEpoch) {
        return partition(partition).guard(producerId, producerEpoch);
    }

    /**
     * As {@link #change(int, Function)}, in a producer's transaction: what is written does not count before the transaction
     * is ended, and never does where it is aborted, or where something newer of the same key is in the log by then.
     *
     * @param guard that was taken before the transaction was verified
     * @return fails with PRODUCER_FENCED when it was ended meanwhile, INVALID_TXN_STATE when an earlier one of the producer is
     *         not ended here, OVERLOADED when too many changes wait for the ends of their transactions
     */
    public <T> CompletableFuture<T> changeInTransaction(int partition, VerificationGuard guard,
                                                        Function<? super M, Decision<K, V, T>> decide) {
        return closed ? CompletableFuture.failedFuture(BrokerErrors.closed()) : partition(partition).change(guard, decide);
    }

    /**
     * Ends a producer's transaction in a partition, where it is not ended yet: what was written in it counts from now on, or
     * never does.
     *
     * @param producerEpoch one higher than the transaction's: it ends no other one
     * @return completes when the marker, or a later one, is committed, or where it has nothing to end
     */
    public CompletableFuture<Void> endTransaction(int partition, long producerId, short producerEpoch,
                                                  EndTransactionMarker marker) {
        return closed ? CompletableFuture.failedFuture(BrokerErrors.closed())
            : partition(partition).endTransaction(new TransactionEnd(producerId, producerEpoch, marker, parts.millis().getAsLong()));
    }

    /**
     * Looks at the state of a key's partition.
     *
     * @param look is given the newest state, and must keep nothing of it that may change
     */
    public <T> CompletableFuture<T> read(String key, Function<? super M, T> look) {
        return change(key, machine -> Decision.nothing(look.apply(machine)));
    }

    /** As {@link #change(int, Function)}, of every partition that this broker leads; by partition. */
    public <T> Map<Integer, CompletableFuture<T>> changeAll(Function<? super M, Decision<K, V, T>> decide) {
        Map<Integer, CompletableFuture<T>> answers = new TreeMap<>();
        for (int number = 0; number < parts.log().partitions(); number++) {
            if (parts.log().led(number).isPresent()) { // also one of which this runtime was not told yet
                answers.put(number, change(number, decide));
            }
        }
        return answers;
    }

    /** As {@link #read}, of every partition that this broker leads; by partition. */
    public <T> Map<Integer, CompletableFuture<T>> readAll(Function<? super M, T> look) {
        return changeAll(machine -> Decision.nothing(look.apply(machine)));
    }

    /**
     * For who keeps more in memory than the state, and answers from that: this broker still leads, as far as that is known
     * without asking anyone. Never blocks.
     *
     * @param epoch of {@link CoordinatorListener#began}
     * @throws BrokerException NOT_COORDINATOR when that leadership is over, UNAVAILABLE when it may be
     */
    public void requireLeading(int partition, int epoch) {
        LedLog led = parts.log().led(partition).filter(each -> each.epoch() == epoch).orElseThrow(() ->
                new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker does not lead partition " + parts.log().topic()
                        + "-" + partition + " any more: try again in a moment"));
        led.requireLease();
    }

    /** The partitions that this broker leads, in their order, and how they stand. */
    public List<CoordinatorStatus> status() {
        return partitions.values().stream().map(CoordinatedPartition::status)
                .filter(status -> status.state() != CoordinatorStatus.State.NOT_LED).toList();
    }

    /** Refuses everything from now on, and answers what is under way soon; returns at once. */
    @Override
    public void close() {
        closed = true;
        opened.add(() -> partitions.values().forEach(CoordinatedPartition::close));
        Closing.all(opened.toArray(AutoCloseable[]::new));
    }

    private CoordinatedPartition<K, V, M> partition(int number) {
        return partitions.computeIfAbsent(number, added -> new CoordinatedPartition<>(added, parts));
    }
}
