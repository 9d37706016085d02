package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.group.offsets.SeenOffset;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ShownName;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The one that changes a group: changes that wait while others are written go together in the next write. They are applied
 * in the order in which they came, each to what the one before left; one that is refused leaves the others alone. What was
 * written is the next state once it is committed, and not before. One task at a time, on a worker's thread, is the writer
 * of all fields but the queue.
 */
final class GroupWriter {
    /** The group around its records. Called by the writer's task only. */
    interface Host {
        /** The state after a step of the rebalance; what it takes from a member must not be given to it any more. */
        GroupState settle(GroupState before, GroupState changed);

        /** The state without such a step, where both are too much for once. */
        GroupState unsettled(GroupState before, GroupState changed);

        /** This is what stands now. */
        void written(GroupState now);

        /** Whether the last settled state was written is not known. */
        void undecided();

        /** Nothing waits to be written. */
        void idle();

        /** Another coordinator has the group, or will: nothing may be answered for it here any more. */
        void lost(BrokerException reason);
    }

    /** @param pending what is written besides, in a producer's transaction, or null */
    private record Queued(UnaryOperator<GroupState> change, OffsetsInTransaction pending, CompletableFuture<GroupState> done) {
    }

    private static final System.Logger LOG = System.getLogger(GroupWriter.class.getName());

    private final String id;
    private final GroupLedger ledger;
    private final Executor workers;
    private final Host host;

    /** Guarded by this, with the three below. */
    private List<Queued> queue = new ArrayList<>();
    /** Where it is to be seen what became of transactions; as many as were pending, at most. */
    private Set<TopicPartition> outdated = new TreeSet<>();
    private boolean running;
    private BrokerException closed;

    private GroupState state;
    private boolean uncertain;

    /** @param state as it was read */
    GroupWriter(String id, GroupLedger ledger, GroupState state, Executor workers, Host host) {
        this.id = id;
        this.ledger = ledger;
        this.state = state;
        this.workers = workers;
        this.host = host;
    }

    /**
     * @param change throws a {@link BrokerException} to be refused; may be applied more than once
     * @return completes with the state once it is committed; fails with what the change threw, GROUP_TOO_LARGE, and what
     *         {@link GroupLedger} fails with
     */
    CompletableFuture<GroupState> submit(UnaryOperator<GroupState> change) {
        return submit(change, null);
    }

    /**
     * As above, and writes offsets in a producer's transaction when the change is not refused: after it, and after what the
     * change leads to, of which they are no part.
     *
     * @param pending null: none
     */
    CompletableFuture<GroupState> submit(UnaryOperator<GroupState> change, OffsetsInTransaction pending) {
        Queued queued = new Queued(change, pending, new CompletableFuture<>());
        synchronized (this) {
            if (closed != null) {
                return CompletableFuture.failedFuture(closed);
            }
            queue.add(queued);
            if (running) {
                return queued.done();
            }
            running = true;
        }
        try {
            workers.execute(this::drain);
        } catch (RuntimeException | OutOfMemoryError refused) { // also where no thread can be made
            stopped().forEach(waiting -> waiting.done().completeExceptionally(new BrokerException(ErrorKind.OVERLOADED,
                    "this broker has no thread to write group '" + id + "' now: try again later", refused)));
        }
        return queued.done();
    }

    /**
     * A transaction has ended in which an offset was to be committed: what became of it is seen before the next change.
     *
     * @return whether somebody is to submit one for that
     */
    synchronized boolean outdate(TopicPartition partition) {
        boolean first = outdated.isEmpty();
        outdated.add(partition);
        return first && closed == null;
    }

    /** Whether a change is to be submitted, so that it is seen what became of transactions. */
    synchronized boolean isOutdated() {
        return !outdated.isEmpty();
    }

    private synchronized Set<TopicPartition> takeOutdated() {
        Set<TopicPartition> taken = outdated;
        outdated = new TreeSet<>();
        return taken;
    }

    private synchronized void outdate(Collection<TopicPartition> partitions) {
        outdated.addAll(partitions);
    }

    /** Nobody writes from now on, until the next change comes. @return what waits */
    private synchronized List<Queued> stopped() {
        List<Queued> waiting = queue;
        queue = new ArrayList<>();
        running = false;
        return waiting;
    }

    /** Refuses changes from now on, those that wait included; of what is on its way nothing more is written. */
    void close(BrokerException reason) {
        List<Queued> refused;
        synchronized (this) {
            closed = closed == null ? reason : closed;
            refused = queue;
            queue = new ArrayList<>();
        }
        ledger.close();
        refused.forEach(queued -> queued.done().completeExceptionally(reason));
    }

    /** @return false, and nothing happens, while there are changes */
    synchronized boolean closeIfIdle(BrokerException reason) {
        if (running || closed != null) {
            return false;
        }
        closed = reason;
        return true;
    }

    /** Writes what waits, until nothing does; goes on when what it waits for is there. */
    private void drain() {
        try {
            for (List<Queued> batch = next(); !batch.isEmpty(); batch = next()) {
                CompletableFuture<Void> written = guarded(batch);
                if (!written.isDone()) {
                    written.whenComplete((done, nothing) -> drain());
                    return;
                }
            }
            host.idle();
        } catch (RuntimeException | Error fault) { // while another one was dealt with
            stopped().forEach(waiting -> waiting.done().completeExceptionally(fault));
            throw fault;
        }
    }

    private synchronized List<Queued> next() {
        List<Queued> batch = queue;
        queue = new ArrayList<>();
        running = !batch.isEmpty();
        return batch;
    }

    /** @return completes in any case, once all of the batch are answered */
    private CompletableFuture<Void> guarded(List<Queued> batch) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        CompletableFuture<Void> work;
        try {
            work = certain().thenCompose(known -> write(batch));
        } catch (RuntimeException | Error fault) {
            work = CompletableFuture.failedFuture(fault);
        }
        work.whenComplete((done, failure) -> {
            try {
                if (failure != null) {
                    failed(batch, BrokerErrors.outcome(failure));
                }
            } finally {
                ended.complete(null);
            }
        });
        return ended;
    }

    /** Whoever waits is told, whatever else goes wrong. */
    private void failed(List<Queued> batch, Throwable failure) {
        uncertain = true;
        BrokerException known = failure instanceof BrokerException broker ? broker : null;
        if (known == null) {
            LOG.log(Level.ERROR, "group " + ShownName.of(id) + " could not be changed, by a fault; the next change reads its records again",
                    failure);
        }
        batch.forEach(queued -> queued.done().completeExceptionally(failure));
        host.undecided();
        endIfLost(known);
    }

    private void endIfLost(BrokerException known) {
        if (known != null && (known.kind() == ErrorKind.NOT_COORDINATOR || known.kind() == ErrorKind.COORDINATOR_LOADING)) {
            BrokerException reason = new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker does not coordinate group '" + id
                    + "' any more: try again in a moment", known);
            close(reason);
            host.lost(reason);
        }
    }

    /** After a write of which it is not known what became, the records are looked at; and where transactions have ended. */
    private CompletableFuture<Void> certain() {
        Set<TopicPartition> partitions = takeOutdated();
        CompletableFuture<Void> known = uncertain ? read() : partitions.isEmpty() ? CompletableFuture.completedFuture(null)
                : ledger.seen(partitions).thenCompose(this::seen);
        return known.whenComplete((done, failure) -> {
            if (failure != null) {
                outdate(partitions);
            }
        });
    }

    private CompletableFuture<Void> read() {
        return ledger.read().thenAccept(found -> {
            uncertain = false;
            state = found.resetAfter(state); // it may have been reset
            host.written(state);
        });
    }

    private CompletableFuture<Void> seen(List<SeenOffset> seen) {
        if (!state.offsets().areOfTheSame(seen)) {
            return read();
        }
        state = state.seen(seen);
        host.written(state);
        return CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<Void> write(List<Queued> batch) {
        List<Queued> accepted = new ArrayList<>(batch.size());
        GroupState changed = applied(batch, accepted);
        return write(host.settle(state, changed), accepted, tooLarge -> {
            host.undecided();
            return accepted.size() == 1 ? writeAlone(accepted.get(0), changed, tooLarge) : oneByOne(accepted);
        });
    }

    private CompletableFuture<Void> write(GroupState settled, List<Queued> accepted,
                                          Function<BrokerException, CompletableFuture<Void>> otherwise) {
        GroupState next = accepted.stream().map(Queued::pending).filter(Objects::nonNull).map(OffsetsInTransaction::offsets)
                .reduce(settled, (before, offsets) -> before.pendingAlso(offsets.keySet()), (one, other) -> other);
        List<Change<GroupKey, GroupValue>> changes = GroupDelta.between(id, state, next);
        CompletableFuture<Void> written = changes.isEmpty() ? CompletableFuture.completedFuture(null) : ledger.write(changes);
        return written.handle((done, failure) -> {
            if (failure == null) {
                state = next;
                host.written(next);
                return pend(accepted, next);
            } else if (BrokerErrors.outcome(failure) instanceof BrokerException known && known.kind() == ErrorKind.RECORD_TOO_LARGE) {
                return otherwise.apply(known);
            }
            return CompletableFuture.<Void>failedFuture(failure);
        }).thenCompose(then -> then);
    }

    /** Offsets of transactions count as pending before they are written, so that nobody goes on from what is committed. */
    private CompletableFuture<Void> pend(List<Queued> accepted, GroupState now) {
        return CompletableFuture.allOf(accepted.stream().map(queued -> {
            if (queued.pending() == null) {
                queued.done().complete(now);
                return queued.done();
            }
            return ledger.write(queued.pending().guard(), queued.pending().changes(id)).handle((done, failure) -> {
                if (failure == null) {
                    queued.done().complete(now);
                } else {
                    notPended(queued, BrokerErrors.outcome(failure));
                }
                return null;
            });
        }).toArray(CompletableFuture[]::new));
    }

    private void notPended(Queued queued, Throwable failure) {
        outdate(queued.pending().offsets().keySet().stream().map(TopicIdPartition::partition).toList());
        queued.done().completeExceptionally(failure);
        endIfLost(failure instanceof BrokerException known ? known : null);
    }

    /** Of several changes it is seen one by one which is too large; the others go on. */
    private CompletableFuture<Void> oneByOne(List<Queued> accepted) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (Queued each : accepted) {
            all = all.thenCompose(done -> write(List.of(each)));
        }
        return all;
    }

    /** What the group is to do besides may be what is too large: whatever makes it smaller must not be refused for that. */
    private CompletableFuture<Void> writeAlone(Queued change, GroupState changed, BrokerException tooLarge) {
        LOG.log(Level.WARNING, "what group {0} is to change at once does not fit into a record batch ({1}): its partitions are not"
                + " shared out anew until it has fewer consumers, partitions or topics", ShownName.of(id), tooLarge.getMessage());
        return write(host.unsettled(state, changed), List.of(change), alone -> {
            change.done().completeExceptionally(new BrokerException(ErrorKind.GROUP_TOO_LARGE, ("group '%s' cannot be changed at"
                    + " once by as much as that (%s): read fewer partitions, or with fewer consumers, in one group")
                    .formatted(id, alone.getMessage()), alone));
            return CompletableFuture.completedFuture(null);
        });
    }

    private GroupState applied(List<Queued> waiting, List<Queued> accepted) {
        GroupState next = state;
        for (Queued queued : waiting) {
            try {
                next = queued.change().apply(next);
                accepted.add(queued);
            } catch (BrokerException refused) {
                queued.done().completeExceptionally(refused);
            }
        }
        return next;
    }
}
