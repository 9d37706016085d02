package io.millrace.replica.follower;

import io.millrace.agreement.Member;
import io.millrace.log.CommittedRecordsException;
import io.millrace.log.FencedLeaderEpochException;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.hosting.Partition;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Keeps the partitions that this broker follows at one leader up to date: one long poll for all of them, the next as
 * soon as the last answer is in the logs. After an answer of many bytes the next one is asked for while they are forced,
 * and no further one before that is done: such a request takes what there is and does not wait, because the leader is to
 * be told as soon as they are durable. Thread-safe; what waits is the transport.
 */
public final class FollowerFetcher {
    private static final System.Logger LOG = System.getLogger(FollowerFetcher.class.getName());
    private static final int MAX_WAIT_MS = 1_000;
    private static final int MAX_BYTES = 4 << 20;
    private static final int AHEAD_WAIT_MS = 1;
    private static final long PAUSE_MS = 100;
    /** A newer request displaces the older ones, but at a leader that hangs: each may hold a thread of the transport. */
    private static final int MOST_UNDER_WAY = 4;
    /** So that many partitions that come at once go into one request. */
    private static final long GATHER_MS = 3;

    private final int leader;
    private final BrokerRegistry brokers;
    private final ReplicaTransport transport;
    private final ContinuationExecutor continuations;
    private final ScheduledExecutorService timers;
    private final LongSupplier nanoTime;
    private final CatchUpThrottle throttle;
    private final AskedPartitions partitions = new AskedPartitions();
    /** Partitions that failed or are throttled, and until when they are left out, in ns. */
    private final Map<TopicPartition, Long> pausedUntil = new ConcurrentHashMap<>();
    /** Partitions whose last answer made the log go back or begin anew: a second such answer is worth a pause. */
    private final Set<TopicPartition> parted = ConcurrentHashMap.newKeySet();
    /** Of the newest request; an answer to an older one asks for no further one. Guarded by this. */
    private long generation;
    private boolean closed;
    private final AtomicBoolean asking = new AtomicBoolean();
    private final AtomicInteger underWay = new AtomicInteger();
    private final int aheadBytes;
    /** When what earlier answers brought is durable, or given up. Only the one who takes an answer over changes it. */
    private volatile CompletableFuture<Void> durable = CompletableFuture.completedFuture(null);
    /** A session of the leader's server whose version does not understand fetch sessions, or what is asked ahead; or null. */
    private volatile String olderServer;

    /** @param aheadBytes after an answer of so many bytes more is asked for before they are durable */
    public FollowerFetcher(int leader, BrokerRegistry brokers, ReplicaTransport transport, ContinuationExecutor continuations,
                    ScheduledExecutorService timers, LongSupplier nanoTime, CatchUpThrottle throttle, int aheadBytes) {
        this.leader = leader;
        this.brokers = brokers;
        this.transport = transport;
        this.continuations = continuations;
        this.timers = timers;
        this.nanoTime = nanoTime;
        this.throttle = throttle;
        this.aheadBytes = aheadBytes;
    }

    /** Begins to follow, or follows on in a new epoch; asks at once, whatever is under way. */
    public void add(Partition partition) {
        pausedUntil.remove(partition.id());
        partitions.add(partition);
        if (asking.compareAndSet(false, true)) {
            later(GATHER_MS, this::ask);
        }
    }

    public void remove(Partition partition) {
        partitions.remove(partition);
        pausedUntil.remove(partition.id());
        parted.remove(partition.id());
    }

    public synchronized void close() {
        closed = true;
        generation++;
    }

    private void ask() {
        asking.set(false);
        ask(false);
    }

    /** @param ahead before all is durable: what is there already */
    private void ask(boolean ahead) {
        long asked;
        synchronized (this) {
            if (closed) {
                return;
            }
            asked = ++generation;
        }
        long now = nanoTime.getAsLong();
        pausedUntil.forEach((id, until) -> {
            if (until - now <= 0 && pausedUntil.remove(id, until)) {
                partitions.changed(id);
            }
        });
        Optional<Member> member = brokers.member(leader);
        if (member.isEmpty() || underWay.get() >= MOST_UNDER_WAY) {
            askLaterUnlessEmpty(asked);
            return;
        }
        String server = member.get().session();
        boolean older = server.equals(olderServer);
        AskedPartitions.Next next = partitions.next(asked, now, pausedUntil::containsKey, older);
        if (next.nothing()) {
            askLaterUnlessEmpty(asked);
            return;
        }
        Member self = brokers.membership().self();
        int wait = ahead ? AHEAD_WAIT_MS : pausedUntil.isEmpty() ? MAX_WAIT_MS : (int) PAUSE_MS;
        underWay.incrementAndGet();
        send(member.get(), new ReplicaFetchRequest(self.brokerId(), self.session(), wait, MAX_BYTES, next.session(),
                next.partitions(), next.forgotten())).whenComplete((answer, failure) -> continuations.execute(() -> {
            underWay.decrementAndGet();
            if (failure == null && !answer.sessionLost()) {
                answered(asked, answer, !older);
                return;
            }
            partitions.lost(next.session());
            if (failure == null && next.session().epoch() > 0) {
                askAgain(asked, false);
                return;
            }
            if (next.session().epoch() == 0 && causeOf(failure) instanceof BrokerException refusal
                    && refusal.kind() == ErrorKind.INVALID_REQUEST) {
                olderServer = server;
            }
            LOG.log(Level.DEBUG, "broker " + leader + " did not answer a fetch", failure);
            askLater(asked);
        }));
    }

    private void askLaterUnlessEmpty(long asked) {
        if (!partitions.isEmpty()) {
            askLater(asked);
        }
    }

    private CompletableFuture<ReplicaFetchResponse> send(Member member, ReplicaFetchRequest request) {
        try {
            return transport.fetch(member, request);
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private void answered(long asked, ReplicaFetchResponse response, boolean mayAskAhead) {
        CompletableFuture<Void> before = durable;
        List<CompletableFuture<?>> written = new ArrayList<>(List.of(before));
        List<CompletableFuture<?>> changes = new ArrayList<>(List.of(before));
        int bytes = 0;
        for (ReplicaFetchResponse.Partition answer : response.partitions()) {
            AskedPartitions.Asked request = partitions.of(answer.id(), asked).orElse(null);
            if (request == null) {
                partitions.again(answer.id());
            } else {
                Partition.TakenOver taken = request.partition().replicate(leader, request.fetch(), answer);
                written.add(taken.written().whenComplete((done, failure) -> partitions.changed(answer.id())));
                changes.add(taken.durable().handle((done, failure) -> settled(request.partition(), answer, failure)));
                bytes += answer.batches().remaining();
            }
        }
        CompletableFuture<Void> all = allOf(changes);
        durable = all;
        boolean ahead = bytes >= aheadBytes && mayAskAhead;
        (ahead ? allOf(written) : all).whenComplete((done, failure) ->
                continuations.execute(() -> askAgain(asked, ahead && !all.isDone())));
    }

    /** Leaves a partition out for a while when its fetch failed, or when it catches up faster than it may. */
    private Void settled(Partition partition, ReplicaFetchResponse.Partition answer, Throwable failure) {
        long pause = 0;
        if (causeOf(failure) instanceof FencedLeaderEpochException) {
            LOG.log(Level.DEBUG, "a new epoch of {0} began while the answer was taken over: asked again", partition.id());
        } else if (causeOf(failure) instanceof CommittedRecordsException) {
            pause = TimeUnit.MILLISECONDS.toNanos(10 * PAUSE_MS); // which the log itself has told, once
        } else if (failure != null) {
            LOG.log(Level.WARNING, "what broker " + leader + " sent for " + partition.id() + " was not taken over",
                    failure);
            pause = TimeUnit.MILLISECONDS.toNanos(10 * PAUSE_MS);
        } else if (answer.outcome() == Outcome.DIVERGED || answer.outcome() == Outcome.BELOW_START) {
            pause = parted.add(partition.id()) ? 0 : TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);
        } else if (answer.outcome() != Outcome.OK) {
            pause = TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);
        } else if (!partition.state().isInSync()) {
            pause = throttle.taken(answer.batches().remaining());
        }
        if (answer.outcome() == Outcome.OK) {
            parted.remove(partition.id());
        }
        if (failure == null && answer.outcome() == Outcome.OK && !answer.batches().hasRemaining()) {
            partitions.changed(partition.id());
        } else {
            partitions.again(partition.id());
        }
        if (pause > 0) {
            pausedUntil.put(partition.id(), nanoTime.getAsLong() + pause);
        } else {
            pausedUntil.remove(partition.id());
        }
        return null;
    }

    private static Throwable causeOf(Throwable failure) {
        return failure instanceof CompletionException wrapper ? wrapper.getCause() : failure;
    }

    private static CompletableFuture<Void> allOf(List<CompletableFuture<?>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    }

    private void askAgain(long asked, boolean ahead) {
        synchronized (this) {
            if (closed || asked != generation) {
                return;
            }
        }
        asking.set(false);
        ask(ahead);
    }

    private void askLater(long asked) {
        later(PAUSE_MS, () -> askAgain(asked, false));
    }

    private void later(long ms, Runnable task) {
        try {
            timers.schedule(() -> continuations.execute(task), ms, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException | IllegalStateException stopped) {
            LOG.log(Level.DEBUG, "no more fetches: the server stops", stopped);
        }
    }
}
