package io.millrace.replica.leader;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.replica.core.Asking;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.ReplicaContext;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers followers, each with at most one request at a time: at once when there is something new for any of its
 * partitions, or when something comes, or when its time is over. Thread-safe; holds no thread while one waits.
 */
public final class ReplicaFetches {
    private static final ReplicaFetchResponse NOTHING_NEW = new ReplicaFetchResponse(List.of());
    /**
     * What a partition may have at least of one answer, and all of it at most divided by the number of those that have
     * something: one with much to catch up on does not hold up the others.
     */
    private static final int PARTITION_BYTES = 1 << 20;

    private final HostedPartitions hosted;
    private final BrokerRegistry brokers;
    private final ContinuationExecutor continuations;
    private final Deadlines deadlines;
    private final ReplicaContext context;
    private final Map<Integer, Waiting> waiting = new ConcurrentHashMap<>();
    /** By follower; as many as there are brokers. */
    private final Map<Integer, FetchSession> sessions = new ConcurrentHashMap<>();

    public ReplicaFetches(HostedPartitions hosted, BrokerRegistry brokers, ContinuationExecutor continuations, Deadlines deadlines,
                   ReplicaContext context) {
        this.hosted = hosted;
        this.brokers = brokers;
        this.continuations = continuations;
        this.deadlines = deadlines;
        this.context = context;
    }

    /** A follower's request that waits. */
    private static final class Waiting {
        private final ReplicaFetchRequest request;
        private final FetchSession session;
        private final CompletableFuture<ReplicaFetchResponse> answer = new CompletableFuture<>();
        /** Whether something came since its partitions were last visited. */
        private volatile boolean rung;
        /** As what they are visited next. Guarded by the session. */
        private Asking asking;

        private Waiting(ReplicaFetchRequest request, FetchSession session, Asking asking) {
            this.request = request;
            this.session = session;
            this.asking = asking;
        }
    }

    /**
     * A request that does not wait is beside the follower's replication, and displaces none.
     *
     * @throws BrokerException UNAVAILABLE when the follower is not known in this session: it may have died since
     */
    public CompletableFuture<ReplicaFetchResponse> fetch(ReplicaFetchRequest request) {
        Member follower = brokers.member(request.replica()).orElse(null);
        if (follower == null || !follower.session().equals(request.session())) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "broker " + request.replica() + " is not known in this"
                    + " session: try again in a moment");
        }
        if (request.maxWaitMs() == 0) {
            Waiting aside = new Waiting(request, new FetchSession(request, context.nanoTime()), Asking.ASIDE);
            answer(aside, true);
            return aside.answer;
        }
        FetchSession session = session(request);
        if (session == null) {
            return CompletableFuture.completedFuture(ReplicaFetchResponse.SESSION_LOST);
        }
        Waiting newest = new Waiting(request, session, request.fetchSession().begins() ? Asking.BEGAN : Asking.ARRIVED);
        Waiting older = waiting.put(request.replica(), newest);
        if (older != null) {
            displace(older);
        }
        answer(newest, false);
        if (!newest.answer.isDone()) {
            Deadlines.Deadline deadline =
                    deadlines.add(request.maxWaitMs(), () -> continuations.execute(() -> answer(newest, true)));
            newest.answer.whenComplete((answer, failure) -> {
                deadlines.remove(deadline);
                waiting.remove(request.replica(), newest);
            });
        }
        return newest.answer;
    }

    /** Under the lock, so that it takes no marks with it that another thread has just found. */
    private static void displace(Waiting older) {
        synchronized (older.session) {
            older.answer.complete(NOTHING_NEW);
        }
    }

    /** The session that a request begins or goes on with; null when it does neither. */
    private FetchSession session(ReplicaFetchRequest request) {
        long now = context.nanoTime();
        if (request.fetchSession().epoch() > 0) {
            FetchSession known = sessions.get(request.replica());
            return known != null && known.goOn(request, now) ? known : null;
        }
        FetchSession begun = new FetchSession(request, now);
        FetchSession kept = sessions.merge(request.replica(), begun,
                (known, first) -> known.isLaterThan(request) ? known : first);
        return kept == begun ? begun : null;
    }

    /** These followers are to be told of a partition with their next answers. Any thread, also the writer's. */
    public void mark(TopicPartition id, Collection<Integer> followers) {
        for (int follower : followers) {
            FetchSession session = sessions.get(follower);
            if (session != null) {
                session.mark(id);
            }
        }
    }

    /** And are to be answered now. */
    public void wake(TopicPartition id, Collection<Integer> followers) {
        mark(id, followers);
        for (int follower : followers) {
            Waiting waiter = waiting.get(follower);
            if (waiter != null && !waiter.rung) {
                waiter.rung = true;
                continuations.execute(() -> answer(waiter, false));
            }
        }
    }

    /** Answers those that wait. */
    public void close() {
        waiting.values().forEach(waiter -> waiter.answer.complete(NOTHING_NEW));
    }

    /** When there is something to say, or the time is over. */
    private void answer(Waiting waiter, boolean timeIsOver) {
        synchronized (waiter.session) {
            if (waiter.answer.isDone()) {
                return;
            }
            waiter.rung = false;
            try {
                ReplicaFetchResponse found = collect(waiter);
                if (timeIsOver || !found.partitions().isEmpty()) {
                    waiter.answer.complete(found);
                }
            } catch (RuntimeException | Error failure) {
                waiter.answer.completeExceptionally(BrokerErrors.outcome(failure));
            }
        }
    }

    private ReplicaFetchResponse collect(Waiting waiter) {
        ReplicaFetchRequest request = waiter.request;
        List<ReplicaFetchResponse.Partition> found = new ArrayList<>();
        List<ReplicaFetchRequest.Partition> marked = waiter.session.takeMarked();
        int left = request.maxBytes();
        int share = 0;
        for (ReplicaFetchRequest.Partition wanted : marked) {
            Partition partition = hosted.find(wanted.id(), wanted.topicId());
            ReplicaFetchResponse.Partition answer;
            if (partition == null) {
                context.refresh(wanted.id());
                answer = new ReplicaFetchResponse.Partition(wanted.id(), ReplicaFetchResponse.Outcome.NOT_LEADER, -1, -1,
                        0, null, ByteBuffer.allocate(0));
            } else {
                if (share == 0 && isBehind(wanted, partition)) {
                    share = Math.max(PARTITION_BYTES, left / behind(marked)); // only now: mostly there is nothing new
                }
                answer = partition.fetch(wanted, request.replica(), request.session(), waiter.asking,
                        Math.min(left, Math.max(share, PARTITION_BYTES)));
                if (left <= 0 && isBehind(wanted, partition)) {
                    waiter.session.mark(wanted.id()); // it is among the first next time
                }
            }
            if (answer != null) {
                found.add(answer);
                left -= answer.batches().remaining();
            }
        }
        waiter.asking = Asking.WAITED;
        return new ReplicaFetchResponse(found);
    }

    /** How many partitions have something for the follower, at least one. */
    private int behind(List<ReplicaFetchRequest.Partition> asked) {
        int behind = 0;
        for (ReplicaFetchRequest.Partition wanted : asked) {
            Partition partition = hosted.find(wanted.id(), wanted.topicId());
            if (partition != null && isBehind(wanted, partition)) {
                behind++;
            }
        }
        return Math.max(1, behind);
    }

    private static boolean isBehind(ReplicaFetchRequest.Partition wanted, Partition partition) {
        return partition.log().logEndOffset() > wanted.fetchOffset();
    }
}
