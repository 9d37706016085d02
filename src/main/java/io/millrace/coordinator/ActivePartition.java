package io.millrace.coordinator;

import io.millrace.coordinator.PendingBatch.Encoded;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A state that is in memory: requests are decided over it, one after the other, their changes applied at once and written
 * together, and each is answered when all that it saw is committed. Touched by its partition's tasks only.
 *
 * <p>Changes are collected while the batch before is being written, so that one force serves them all; a batch is queued
 * only once the one before is in the log, because what is decided after a change must not be written without it. Those
 * that are written wait for their commit, several at a time.
 */
final class ActivePartition<K, V, M extends StateMachine<K, V>> {
    /** Written and not committed: beyond so many nothing more is written. */
    private static final int MOST_UNCOMMITTED = 64;

    private final String name;
    private final LedLog led;
    private final M machine;
    private final PendingChanges<K, V> state;
    private final RecordCodec<K, V> codec;
    private final Surroundings around;
    private final Deque<Request<K, V, M, ?>> undecided = new ArrayDeque<>();
    /** Applied, and to be written next; null: nothing is. */
    private PendingBatch<K, V, M> collecting;
    /** On its way to the log; null: none is. */
    private PendingBatch<K, V, M> writing;
    /** In the log, in its order. */
    private final Deque<PendingBatch<K, V, M>> uncommitted = new ArrayDeque<>();
    private boolean closed;

    /**
     * What it is given.
     *
     * @param tasks   the partition's
     * @param answers gives answers, so that whoever gets one keeps nobody else waiting
     * @param lost    is told, as a task, that the state in memory may not be that of the log any more
     * @param ended   is told, as a task, that the leadership is over
     * @param millis  since the epoch
     */
    record Surroundings(Executor tasks, Executor answers, Consumer<BrokerException> lost, Runnable ended,
                        LongSupplier millis) {
    }

    /** @param name of the partition, for messages */
    ActivePartition(String name, Loading<K, V, M> loaded, RecordCodec<K, V> codec, Surroundings around) {
        this.name = name;
        this.led = loaded.led();
        this.machine = loaded.machine();
        this.state = loaded.changes();
        this.codec = codec;
        this.around = around;
    }

    /**
     * What earlier leaders wrote may not be committed yet: nobody is told of it before.
     *
     * @throws BrokerException NOT_LEADER
     */
    void begin(long loadedEnd) {
        PendingBatch<K, V, M> earlier = PendingBatch.records(led.maxBatchBytes(), null);
        uncommitted.add(earlier);
        awaitCommit(earlier, led.committed(loadedEnd));
    }

    LedLog led() {
        return led;
    }

    M machine() {
        return machine;
    }

    void request(Request<K, V, M, ?> request) {
        undecided.add(request);
    }

    /** Decides what may be decided now, and writes it. */
    void work() {
        boolean more = true;
        while (more && !closed) {
            while (!closed && !undecided.isEmpty() && (collecting == null || collecting.takes(undecided.peek()))) {
                decide(undecided.remove());
            }
            more = write() && !undecided.isEmpty();
        }
    }

    // ---- deciding

    private void decide(Request<K, V, M, ?> request) {
        try {
            Decision<K, V, ?> decision = request.decide(machine);
            if (request.end() != null) {
                end(request);
            } else if (decision != null && !decision.changes().isEmpty()) {
                change(request, decision.changes());
            } else {
                look(request);
            }
        } catch (RuntimeException | Error broken) {
            request.fail(BrokerErrors.outcome(broken));
            throw broken; // half of it may be applied: the state is read again
        }
    }

    private void change(Request<K, V, M, ?> request, List<Change<K, V>> changes) {
        ProducerTransaction in = request.transaction();
        List<Encoded> records;
        try {
            records = encoded(changes);
            if (in != null) {
                state.requireMay(in.producerId(), in.producerEpoch(), changes.size());
            }
        } catch (RuntimeException refused) {
            request.refuse(refused);
            look(request);
            return;
        }
        if (collecting == null) {
            collecting = PendingBatch.records(led.maxBatchBytes(), in);
        }
        for (Change<K, V> each : changes) {
            collecting.changed(in == null ? state.replay(each.key(), each.value())
                    : state.replay(in.producerId(), in.producerEpoch(), each.key(), each.value()));
        }
        collecting.add(records, around.millis().getAsLong());
        collecting.await(request);
    }

    /** One marker an append: the log decides whether it is written. */
    private void end(Request<K, V, M, ?> request) {
        TransactionEnd end = request.end();
        collecting = PendingBatch.marker(end);
        if (state.isEndedBy(end.producerId(), end.producerEpoch())) {
            collecting.changed(state.end(end.producerId(), end.commits()));
        }
        collecting.await(request);
    }

    /** @throws BrokerException RECORD_TOO_LARGE */
    private List<Encoded> encoded(List<Change<K, V>> changes) {
        List<Encoded> records = new ArrayList<>(changes.size());
        for (Change<K, V> change : changes) {
            records.add(new Encoded(codec.writeKey(change.key()),
                    change.value() == null ? null : codec.writeValue(change.key(), change.value())));
        }
        if (!PendingBatch.fit(records, led.maxBatchBytes())) {
            throw new BrokerException(ErrorKind.RECORD_TOO_LARGE, ("what is to be changed takes %d records that do not fit into"
                    + " a batch of %d bytes of partition %s, and must be changed together: ask for less at a time")
                    .formatted(records.size(), led.maxBatchBytes(), name));
        }
        return records;
    }

    /** It changes nothing, but what it saw may not be committed yet. */
    private void look(Request<K, V, M, ?> request) {
        PendingBatch<K, V, M> newest = collecting != null ? collecting : writing != null ? writing : uncommitted.peekLast();
        if (newest != null) {
            newest.await(request);
        } else {
            answer(List.of(request));
        }
    }

    // ---- writing

    /** @return whether a batch was refused, so that there is room for the next */
    private boolean write() {
        if (closed || collecting == null || writing != null || uncommitted.size() >= MOST_UNCOMMITTED) {
            return false;
        }
        PendingBatch<K, V, M> batch = collecting;
        collecting = null;
        LedLog.Appending appending;
        try {
            appending = batch.append(led);
        } catch (BrokerException refused) {
            batch.undo();
            BrokerException told = refused.kind() != ErrorKind.NOT_LEADER ? refused
                    : new BrokerException(ErrorKind.NOT_COORDINATOR, refused.getMessage(), refused);
            complete(batch.requests(), request -> request.fail(told));
            return true;
        } catch (RuntimeException | Error broken) {
            complete(batch.requests(), request -> request.failUnknown("partition " + name + " could not be written to"));
            throw broken;
        }
        writing = batch;
        appending.written().whenComplete((done, failure) ->
                around.tasks().execute(() -> written(batch, appending, failure)));
        return false;
    }

    private void written(PendingBatch<K, V, M> batch, LedLog.Appending appending, Throwable failure) {
        writing = null;
        if (closed) {
            return;
        }
        batch.written();
        uncommitted.add(batch);
        if (failure == null) {
            awaitCommit(batch, appending.committed());
        } else if (led.isOver()) {
            around.ended().run();
        } else {
            around.lost().accept(new BrokerException(ErrorKind.UNAVAILABLE, "it is not known what became of the last append ("
                    + failure.getMessage() + ")", failure));
        }
    }

    private void awaitCommit(PendingBatch<K, V, M> batch, CompletableFuture<?> commit) {
        commit.whenComplete((done, failure) -> around.tasks().execute(() -> {
            if (closed) {
                return;
            } else if (failure != null) {
                around.ended().run();
            } else {
                committed(batch);
            }
        }));
    }

    /** With all that come before it in the log. */
    private void committed(PendingBatch<K, V, M> batch) {
        List<Request<K, V, M, ?>> done = new ArrayList<>();
        if (uncommitted.contains(batch)) {
            PendingBatch<K, V, M> next;
            do {
                next = uncommitted.remove();
                done.addAll(next.requests());
            } while (next != batch);
        }
        answer(done);
    }

    // ---- answering

    /** What changes nothing is answered only by who leads now, as far as that is known without asking anyone. */
    private void answer(List<Request<K, V, M, ?>> done) {
        BrokerException replaced = null;
        try {
            if (led.isOver()) {
                throw notCoordinator();
            }
            led.requireLease();
        } catch (BrokerException failure) {
            replaced = failure;
        }
        BrokerException notNow = replaced;
        complete(done, request -> {
            if (notNow == null || request.changesState()) {
                request.give();
            } else {
                request.fail(notNow);
            }
        });
    }

    private void complete(List<Request<K, V, M, ?>> requests, Consumer<Request<K, V, M, ?>> outcome) {
        if (!requests.isEmpty()) {
            List<Request<K, V, M, ?>> all = List.copyOf(requests);
            around.answers().execute(() -> all.forEach(outcome));
        }
    }

    private BrokerException notCoordinator() {
        return new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker does not lead partition " + name + " any more:"
                + " nothing was done; try again in a moment");
    }

    /** Those that have waited too long are told so; what is applied stays, and is committed yet if it can be. */
    void expire(long now) {
        expireWaiting(now);
        List<Request<K, V, M, ?>> late = new ArrayList<>();
        pending().forEach(batch -> late.addAll(batch.removeOverdue(now)));
        complete(late, request -> request.failUnknown("the in-sync replicas of partition " + name + " did not have the records"
                + " in time"));
    }

    private void expireWaiting(long now) {
        List<Request<K, V, M, ?>> late = new ArrayList<>();
        while (!undecided.isEmpty() && undecided.peek().isOverdue(now)) {
            late.add(undecided.remove());
        }
        BrokerException busy = new BrokerException(ErrorKind.OVERLOADED, "what came before it to partition " + name
                + " could not be written in time: nothing was done; try again later");
        complete(late, request -> request.fail(busy));
    }

    private List<PendingBatch<K, V, M>> pending() {
        List<PendingBatch<K, V, M>> pending = new ArrayList<>(uncommitted);
        if (writing != null) {
            pending.add(writing);
        }
        if (collecting != null) {
            pending.add(collecting);
        }
        return pending;
    }

    /**
     * The state is worth nothing any more. What was not handed to the log is refused; of the rest nobody knows what becomes
     * of it.
     *
     * @param reason for what was not begun
     */
    void close(BrokerException reason) {
        closed = true;
        List<Request<K, V, M, ?>> refused = new ArrayList<>(collecting == null ? List.of() : collecting.requests());
        refused.addAll(undecided);
        collecting = null;
        undecided.clear();
        complete(refused, request -> request.fail(reason));
        List<Request<K, V, M, ?>> unknown = new ArrayList<>();
        pending().forEach(batch -> unknown.addAll(batch.requests()));
        uncommitted.clear();
        complete(unknown, request -> request.failUnknown(reason.getMessage()));
    }

    /** For whom it is over, because the leadership is. */
    void close() {
        close(notCoordinator());
    }
}
