package io.millrace.transaction.coordinator;

import io.millrace.agreement.Member;
import io.millrace.coordinator.CoordinatorListener;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.Decision;
import io.millrace.log.Closing;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ShownName;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.TransactionRequests.Transition;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Step;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.Transitions;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Coordinates the transactional ids of the partitions of {@code __transaction_state} that this broker leads. After Kafka's
 * (KIP-98), in the protocol in which each end raises the epoch (KIP-890).
 *
 * <p>The end of a transaction is answered when it is decided and committed; its markers are written after that, and the next
 * one begins when they are. Requests that come before wait for it until their deadline, and fail with CONCURRENT_TRANSACTIONS then.
 * Each may be repeated when its answer was lost: commit, abort and prepare are answered the same, with the epoch that came
 * before; an init fences once more. A transaction is aborted when its time is up, within a second, whether anybody asks or not.
 *
 * <p>Futures complete on a worker, and fail with a {@link BrokerException}: those of {@link Transitions}, and those of {@link
 * CoordinatorRuntime}, of which NOT_COORDINATOR says to ask {@link #remote}. Requests may block for a moment, as its do. Deadlines
 * are in ns, of the clock that the parts have. Thread-safe.
 */
public final class TransactionCoordinator implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TransactionCoordinator.class.getName());
    private static final long LOOK_MS = 500;
    private static final long EXPIRE_MS = 60_000;
    /** So many are forgotten at a time: their tombstones fit into a batch. */
    private static final int MOST_EXPIRED = 5_000;

    private final TransactionParts parts;
    private final CoordinatorRuntime<TransactionKey, Transaction, TransactionMachine> runtime;
    private final Endings endings;
    private final TransactionRequests requests;
    private final PartitionAdditions additions;
    /** The partitions whose state is here, each with the epoch of the leadership. */
    private final Map<Integer, Integer> led = new ConcurrentHashMap<>();
    /** Those of them that were asked what is unfinished, and have not answered yet. */
    private final Set<Integer> looking = ConcurrentHashMap.newKeySet();
    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();

    public TransactionCoordinator(TransactionParts parts) {
        this.parts = parts;
        this.runtime = parts.open(new Leaderships());
        this.endings = new Endings(parts.markers(), this::isLed, this::complete, parts.timers());
        this.requests = new TransactionRequests(parts, runtime, endings);
        this.additions = new PartitionAdditions(requests, parts.nanoTime());
    }

    /** To be called once. */
    public void start() {
        runtime.start();
        opened.add(runtime);
        repeat(() -> led.keySet().forEach(this::look), LOOK_MS);
        repeat(() -> led.keySet().forEach(this::expire), EXPIRE_MS);
    }

    private void repeat(Runnable task, long everyMs) {
        Runnable guarded = () -> {
            try {
                task.run();
            } catch (RuntimeException | Error failure) { // else it would never be run again
                LOG.log(Level.ERROR, "the transactions that are coordinated here cannot be looked after now, which is tried again", failure);
            }
        };
        var ticks = parts.timers().scheduleWithFixedDelay(guarded, everyMs, everyMs, TimeUnit.MILLISECONDS);
        opened.add(() -> ticks.cancel(false));
    }

    // ---- for producers

    /**
     * A producer begins, or begins anew: the one before is fenced, and its transaction is aborted.
     *
     * @param timeoutMs how long its transactions may take, from 1
     * @return its id and epoch; fails, besides, with INVALID_REQUEST, INVALID_TRANSACTION_TIMEOUT, OVERLOADED
     */
    public CompletableFuture<TransactionAnswer> init(String transactionalId, int timeoutMs, long deadline) {
        try {
            TransactionalIds.check(transactionalId);
        } catch (BrokerException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        if (timeoutMs < 1 || timeoutMs > parts.options().maxTimeoutMs()) {
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.INVALID_TRANSACTION_TIMEOUT, ("a transaction"
                    + " may take 1 to %d ms, and %d were asked for").formatted(parts.options().maxTimeoutMs(), timeoutMs)));
        }
        return answer(transactionalId, deadline, (now, fresh, nowMs) -> Transitions.init(now, timeoutMs, fresh, nowMs));
    }

    /**
     * Partitions are about to get records of the transaction: to be asked by their leaders before the first append of each
     * transaction, also by those of {@code __consumer_offsets} for offsets that are committed with it.
     *
     * @param named what the batch has in its header
     */
    public CompletableFuture<TransactionAnswer> addPartitions(String transactionalId, ProducerIdAndEpoch named,
                                                              Collection<TopicPartition> partitions, long deadline) {
        return answer(additions.add(transactionalId, named, partitions, deadline));
    }

    /**
     * Waits until the markers of the producer's earlier transactions are in all their partitions: to be asked by a leader where one
     * is open all the same, before {@link #addPartitions}. Nothing is changed.
     */
    public CompletableFuture<TransactionAnswer> awaitEarlier(String transactionalId, ProducerIdAndEpoch named, long deadline) {
        return answer(transactionalId, deadline, (now, fresh, nowMs) -> Transitions.awaitEarlier(now, named));
    }

    /**
     * The transaction waits for the decision of somebody else from now on; or is over, COMPLETE_COMMIT, when it is empty.
     *
     * @param xid what it is called there, so that it can be found by that; null: nothing. Fails with INVALID_REQUEST when that is no text of 1 to
     *            {@link TransactionOptions#MAX_ID_LENGTH} characters
     */
    public CompletableFuture<TransactionAnswer> prepare(String transactionalId, ProducerIdAndEpoch named, String xid, long deadline) {
        if (xid != null && !TransactionalIds.isText(xid)) {
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.INVALID_REQUEST, "an xid is a text of 1 to "
                    + TransactionOptions.MAX_ID_LENGTH + " characters"));
        }
        return answer(transactionalId, deadline, (now, fresh, nowMs) -> Transitions.prepare(now, named, xid, fresh, nowMs));
    }

    /** Commits or aborts, also what is prepared. @return the epoch of the next transaction */
    public CompletableFuture<TransactionAnswer> end(String transactionalId, ProducerIdAndEpoch named, TransactionResult result,
                                                    long deadline) {
        return answer(transactionalId, deadline, (now, fresh, nowMs) -> Transitions.end(now, named, result, fresh, nowMs));
    }

    /** The producer that an epoch is of, for whoever writes its records and was not told its id. */
    public CompletableFuture<ProducerIdAndEpoch> producer(String transactionalId, ProducerIdAndEpoch named) {
        return runtime.read(transactionalId, machine -> Transitions.producer(machine.get(transactionalId), named));
    }

    // ---- for operators

    /**
     * Aborts what is under way, or decides what is prepared. Fails, besides, with TRANSACTIONAL_ID_NOT_FOUND.
     *
     * @param named the producer whose transaction is meant; empty: whichever is under way
     */
    public CompletableFuture<TransactionAnswer> decideByOperator(String transactionalId, Optional<ProducerIdAndEpoch> named,
                                                                 TransactionResult result, long deadline) {
        return answer(transactionalId, deadline, (now, fresh, nowMs) -> Transitions.decideByOperator(now, named, result, fresh, nowMs));
    }

    /** Fails, besides, with TRANSACTIONAL_ID_NOT_FOUND. */
    public CompletableFuture<TransactionDescription> describe(String transactionalId) {
        int partition = runtime.partitionOf(transactionalId);
        return runtime.read(transactionalId, machine -> {
            Transaction now = machine.get(transactionalId);
            if (now == null) {
                throw Transitions.notFound();
            }
            return describe(partition, transactionalId, now);
        });
    }

    /** Those that this broker coordinates; fails while it is not known which these are. @param limit how many at most, from 1 */
    public CompletableFuture<TransactionList> list(TransactionFilter filter, int limit) {
        List<CompletableFuture<TransactionList>> all = runtime.status().stream()
                .map(status -> list(status.partition(), filter, limit)).toList();
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done ->
                TransactionList.merged(all.stream().map(CompletableFuture::join).toList(), limit));
    }

    private CompletableFuture<TransactionList> list(int partition, TransactionFilter filter, int limit) {
        return runtime.change(partition, machine -> Decision.nothing(TransactionList.of(describe(partition,
                machine.matching((id, now) -> filter.matches(id, now, parts.clock().millis()), limit)), limit)));
    }

    private List<TransactionDescription> describe(int partition, SortedMap<String, Transaction> found) {
        List<TransactionDescription> described = new ArrayList<>(found.size());
        found.forEach((id, transaction) -> described.add(describe(partition, id, transaction)));
        return described;
    }

    private TransactionDescription describe(int partition, String transactionalId, Transaction now) {
        return TransactionDescription.of(transactionalId, now, endings.unmarked(transactionalId), partition);
    }

    /** Who has transactions under way that are open somewhere; fails while it is not known which transactional ids are coordinated here. */
    public CompletableFuture<Owners> owners(List<OpenTransaction> open) {
        List<CompletableFuture<Owners>> all = runtime.status().stream().map(CoordinatorStatus::partition)
                .map(partition -> runtime.change(partition, machine -> Decision.<TransactionKey, Transaction, Owners>nothing(
                        new Owners(Set.of(partition), machine.owners(open))))).toList();
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done -> all.stream()
                .map(CompletableFuture::join).reduce(Owners.none(open.size()), Owners::plus));
    }

    /** Of those partitions that this broker serves and that answer, in figures. */
    public CompletableFuture<TransactionFigures> figures() {
        long nowMs = parts.clock().millis();
        List<CompletableFuture<TransactionFigures>> all = runtime.status().stream()
                .filter(status -> status.state() == CoordinatorStatus.State.ACTIVE)
                .map(status -> figures(status.partition(), nowMs)).toList();
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done -> all.stream()
                .map(CompletableFuture::join).reduce(TransactionFigures.none(nowMs), TransactionFigures::plus));
    }

    /** One that does not answer must not hide what the others know: its own status says what is wrong with it. */
    private CompletableFuture<TransactionFigures> figures(int partition, long nowMs) {
        return runtime.change(partition, machine -> Decision.<TransactionKey, Transaction, TransactionFigures>nothing(
                machine.figures(nowMs, (id, transaction) -> describe(partition, id, transaction))))
                .exceptionally(failure -> TransactionFigures.none(nowMs));
    }

    /** The broker that coordinates a transactional id, when it is another one; as {@link CoordinatorRuntime#remote}. */
    public Optional<Member> remote(String transactionalId) {
        return runtime.remote(transactionalId);
    }

    /** Every other broker that coordinates any; as {@link CoordinatorRuntime#remotes}. */
    public List<Member> remotes() {
        return runtime.remotes();
    }

    /** How the partitions stand that this broker leads. */
    public List<CoordinatorStatus> status() {
        return runtime.status();
    }

    // ---- what goes on without being asked for

    private CompletableFuture<TransactionAnswer> answer(String transactionalId, long deadline, Transition transition) {
        return answer(requests.request(transactionalId, deadline, transition));
    }

    private static CompletableFuture<TransactionAnswer> answer(CompletableFuture<Step> step) {
        return step.thenApply(done -> new TransactionAnswer(done.producer(), done.state()));
    }

    private CompletableFuture<?> complete(Decided decided) {
        return runtime.change(decided.partition(), machine -> machine.decide(decided.transactionalId(),
                now -> Transitions.complete(now, decided.transaction().producer(), parts.clock().millis())));
    }

    /** What was decided before, or in an answer that was lost, and what has taken too long. */
    private void look(int partition) {
        if (!looking.add(partition)) {
            return;
        }
        CompletableFuture<TransactionMachine.Unfinished> unfinished;
        try {
            unfinished = runtime.change(partition, machine -> Decision.nothing(machine.unfinished(parts.clock().millis())));
        } catch (RuntimeException | Error failure) {
            unfinished = CompletableFuture.failedFuture(failure);
        }
        unfinished.whenComplete((found, failure) -> looking.remove(partition)).thenAccept(found -> {
            found.decided().forEach(endings::begin);
            found.overdue().forEach(this::timeOut);
        }).whenComplete((done, failure) -> {
            if (failure != null) {
                told("what is unfinished", failure);
            }
        });
    }

    private void timeOut(String transactionalId) {
        requests.request(transactionalId, parts.nanoTime().getAsLong(), Transitions::timeOut).whenComplete((step, failure) -> {
            if (failure != null) {
                told("the time-out of " + transactionalId, failure);
            } else if (step.next() != null) {
                LOG.log(Level.INFO, "the transaction of {0} has taken too long and is aborted", ShownName.of(transactionalId));
            }
        });
    }

    private void expire(int partition) {
        runtime.change(partition, machine -> machine.expire(parts.clock().millis(), parts.options().expirationMs(), MOST_EXPIRED))
                .whenComplete((count, failure) -> {
                    if (failure != null) {
                        told("the expiry of transactional ids", failure);
                    } else if (count > 0) {
                        LOG.log(Level.INFO, "{0} transactional ids that nobody used have expired", count);
                    }
                });
    }

    private static void told(String what, Throwable failure) {
        LOG.log(Level.INFO, "{0} cannot be looked after now, which is tried again: {1}", what, failure.getMessage());
    }

    private boolean isLed(Decided decided) {
        return Integer.valueOf(decided.coordinatorEpoch()).equals(led.get(decided.partition()));
    }

    private final class Leaderships implements CoordinatorListener<TransactionMachine> {
        @Override
        public void began(int partition, int epoch, TransactionMachine machine) {
            machine.lead(epoch);
            led.put(partition, epoch);
            parts.workers().execute(() -> look(partition));
        }

        @Override
        public void ended(int partition, int epoch) {
            led.remove(partition);
            endings.letGo(partition);
        }
    }

    /** Refuses everything from now on; what is decided others carry out. */
    @Override
    public void close() {
        Closing.all(opened.toArray(AutoCloseable[]::new));
    }
}
