package io.millrace.group;

import io.millrace.agreement.registers.RegisterStore;
import io.millrace.group.GroupState.Claim;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/**
 * The one that changes a group's register: changes that wait while one is written go together in the next write. They
 * are applied in the order in which they came, each to what the one before left; one that is refused leaves the others
 * alone. One task at a time, on a worker's thread, is the writer of all fields but the queue.
 */
final class GroupWriter {
    /** The group around its register. Called by the writer's task only. */
    interface Host {
        /** The state after a step of the rebalance; what it takes from a member must not be given to it any more. */
        GroupState settle(GroupState before, GroupState changed);

        /** This is what stands now. */
        void written(GroupState now);

        /** Whether the last settled state was written is not known. */
        void undecided();

        /** Another coordinator has the group: nothing may be answered for it here any more. */
        void lost(BrokerException reason);
    }

    /** @param maxBytes it is refused when it makes the register larger than that */
    private record Queued(UnaryOperator<GroupState> change, long maxBytes, CompletableFuture<GroupState> done) {
    }

    private static final System.Logger LOG = System.getLogger(GroupWriter.class.getName());

    private final String id;
    private final GroupStore store;
    private final Claim claim;
    private final Executor workers;
    private final Host host;

    /** Guarded by this, with the two below. */
    private List<Queued> queue = new ArrayList<>();
    private boolean running;
    private BrokerException closed;

    private GroupState state;
    private long version;
    private boolean uncertain;

    /**
     * @param claim   that it writes under
     * @param state   as it was read
     * @param version of the register then
     */
    GroupWriter(String id, GroupStore store, Claim claim, GroupState state, long version, Executor workers, Host host) {
        this.id = id;
        this.store = store;
        this.claim = claim;
        this.state = state;
        this.version = version;
        this.workers = workers;
        this.host = host;
    }

    /**
     * @param change throws a {@link BrokerException} to be refused; may be applied more than once
     * @return completes with the state once it is durable; fails with what the change threw, UNAVAILABLE when the outcome
     *         is not known, NOT_COORDINATOR
     */
    CompletableFuture<GroupState> submit(UnaryOperator<GroupState> change) {
        return submit(change, Long.MAX_VALUE);
    }

    /**
     * As above, for a change that may make the register larger.
     *
     * @param maxBytes it fails with GROUP_TOO_LARGE when it would grow, and be larger than this by {@link GroupSize}
     */
    CompletableFuture<GroupState> submit(UnaryOperator<GroupState> change, long maxBytes) {
        Queued queued = new Queued(change, maxBytes, new CompletableFuture<>());
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

    /** Nobody writes from now on, until the next change comes. @return what waits */
    private synchronized List<Queued> stopped() {
        List<Queued> waiting = queue;
        queue = new ArrayList<>();
        running = false;
        return waiting;
    }

    /** Refuses changes from now on, those that wait included. */
    void close(BrokerException reason) {
        List<Queued> refused;
        synchronized (this) {
            closed = closed == null ? reason : closed;
            refused = queue;
            queue = new ArrayList<>();
        }
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

    private void drain() {
        try {
            writeAll();
        } catch (RuntimeException | Error fault) { // while another one was dealt with
            stopped().forEach(waiting -> waiting.done().completeExceptionally(fault));
            throw fault;
        }
    }

    private void writeAll() {
        for (List<Queued> batch = next(); !batch.isEmpty(); batch = next()) {
            try {
                write(batch);
            } catch (BrokerException failure) {
                fail(batch, failure);
            } catch (RuntimeException | Error fault) {
                LOG.log(Level.ERROR, "group " + id + " could not be changed, by a fault; the next change reads its register again",
                        fault);
                fail(batch, fault);
            }
        }
    }

    private synchronized List<Queued> next() {
        List<Queued> batch = queue;
        queue = new ArrayList<>();
        running = !batch.isEmpty();
        return batch;
    }

    /** Whoever waits is told, whatever else goes wrong. */
    private void fail(List<Queued> batch, Throwable failure) {
        uncertain = true;
        batch.forEach(queued -> queued.done().completeExceptionally(failure));
        host.undecided();
    }

    private void write(List<Queued> batch) {
        List<Queued> waiting = batch;
        while (!waiting.isEmpty()) {
            if (uncertain && !readAgain()) {
                BrokerException reason = moved();
                close(reason);
                host.lost(reason);
                waiting.forEach(queued -> queued.done().completeExceptionally(reason));
                return;
            }
            List<Queued> accepted = new ArrayList<>(waiting.size());
            GroupState next = host.settle(state, applied(waiting, accepted));
            if (accepted.stream().anyMatch(queued -> isTooLarge(next, queued))) {
                host.undecided();
                refuseTooLarge(next, accepted);
                return;
            }
            if (next.equals(state) || next.isVacant() && version == RegisterStore.ABSENT || wrote(next)) {
                state = next;
                host.written(next);
                GroupState now = next;
                accepted.forEach(queued -> queued.done().complete(now));
                return;
            }
            host.undecided();
            uncertain = true;
            waiting = accepted;
        }
    }

    private boolean isTooLarge(GroupState next, Queued queued) {
        if (queued.maxBytes() == Long.MAX_VALUE) {
            return false;
        }
        long bytes = GroupSize.of(next);
        return bytes > queued.maxBytes() && bytes > GroupSize.of(state);
    }

    /** Of several changes it is seen one by one which is too large; the others go on. */
    private void refuseTooLarge(GroupState next, List<Queued> accepted) {
        if (accepted.size() > 1) {
            accepted.forEach(each -> write(List.of(each)));
            return;
        }
        Queued refused = accepted.get(0);
        refused.done().completeExceptionally(new BrokerException(ErrorKind.GROUP_TOO_LARGE, ("group '%s' would need up to %d bytes"
                + " for its consumers and offsets, and may need %d (millrace.group.register.max.bytes): read fewer partitions, or"
                + " with fewer consumers, in one group, or raise that").formatted(id, GroupSize.of(next), refused.maxBytes())));
    }

    private GroupState applied(List<Queued> waiting, List<Queued> accepted) {
        GroupState next = state.claim().epoch() == claim.epoch() ? state : state.withClaim(claim);
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

    private boolean wrote(GroupState next) {
        if (next.isVacant()) {
            boolean deleted = store.delete(id, version);
            version = deleted ? RegisterStore.ABSENT : version;
            return deleted;
        }
        Optional<Long> written = store.write(id, next, version);
        written.ifPresent(now -> version = now);
        return written.isPresent();
    }

    /** @return false when the register is another coordinator's by now */
    private boolean readAgain() {
        Optional<GroupStore.Stored> stored = store.read(id);
        if (stored.isPresent() ? !isMine(stored.get().state().claim()) : !state.isVacant() && version != RegisterStore.ABSENT) {
            return false;
        }
        state = stored.map(GroupStore.Stored::state).orElseGet(() -> GroupState.empty(claim, state.membership().emptySinceMs()));
        version = stored.map(GroupStore.Stored::version).orElse(RegisterStore.ABSENT);
        uncertain = false;
        host.written(state);
        return true;
    }

    private boolean isMine(Claim found) {
        return found.epoch() == claim.epoch() && found.session().equals(claim.session()) || found.epoch() < claim.epoch();
    }

    private BrokerException moved() {
        return new BrokerException(ErrorKind.NOT_COORDINATOR, "another broker coordinates group '" + id
                + "' now: try again in a moment");
    }
}
