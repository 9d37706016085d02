package io.millrace.replica.leader;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
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
    private final ContinuationExecutor handoff;
    private final Deadlines deadlines;
    private final ReplicaContext context;
    private final Map<Integer, Waiting> waiting = new ConcurrentHashMap<>();

    public ReplicaFetches(HostedPartitions hosted, BrokerRegistry brokers, ContinuationExecutor handoff, Deadlines deadlines,
                   ReplicaContext context) {
        this.hosted = hosted;
        this.brokers = brokers;
        this.handoff = handoff;
        this.deadlines = deadlines;
        this.context = context;
    }

    /** A follower's request that waits. */
    private static final class Waiting {
        private final ReplicaFetchRequest request;
        private final CompletableFuture<ReplicaFetchResponse> answer = new CompletableFuture<>();
        /** Whether something came since it was last looked at. */
        private volatile boolean rung;
        /** As what it is looked at next. */
        private Asking asking;
        /** Where the next look begins, so that the last partitions are not always left out. */
        private int first;

        private Waiting(ReplicaFetchRequest request, Asking asking) {
            this.request = request;
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
            Waiting aside = new Waiting(request, Asking.ASIDE);
            look(aside, true);
            return aside.answer;
        }
        Waiting newest = new Waiting(request, Asking.ARRIVED);
        newest.first = (int) (Math.floorMod(context.nanoTime() >> 20, Math.max(1, request.partitions().size())));
        Waiting older = waiting.put(request.replica(), newest);
        if (older != null) {
            older.answer.complete(NOTHING_NEW);
        }
        look(newest, false);
        if (!newest.answer.isDone()) {
            Deadlines.Deadline deadline =
                    deadlines.add(request.maxWaitMs(), () -> handoff.execute(() -> look(newest, true)));
            newest.answer.whenComplete((answer, failure) -> {
                deadlines.remove(deadline);
                waiting.remove(request.replica(), newest);
            });
        }
        return newest.answer;
    }

    /** Any thread, also the writer's. */
    public void wake(Collection<Integer> followers) {
        for (int follower : followers) {
            Waiting waiter = waiting.get(follower);
            if (waiter != null && !waiter.rung) {
                waiter.rung = true;
                handoff.execute(() -> look(waiter, false));
            }
        }
    }

    /** Answers those that wait. */
    public void close() {
        waiting.values().forEach(waiter -> waiter.answer.complete(NOTHING_NEW));
    }

    private void look(Waiting waiter, boolean timeIsOver) {
        synchronized (waiter) {
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
        int left = request.maxBytes();
        int count = request.partitions().size();
        int share = 0;
        for (int i = 0; i < count; i++) {
            ReplicaFetchRequest.Partition wanted = request.partitions().get((waiter.first + i) % count);
            Partition partition = hosted.find(wanted.id(), wanted.topicId());
            ReplicaFetchResponse.Partition answer;
            if (partition == null) {
                context.refresh(wanted.id());
                answer = new ReplicaFetchResponse.Partition(wanted.id(), ReplicaFetchResponse.Outcome.NOT_LEADER, -1, -1,
                        0, null, ByteBuffer.allocate(0));
            } else {
                if (share == 0 && isBehind(wanted, partition)) {
                    share = Math.max(PARTITION_BYTES, left / behind(request)); // only now: mostly there is nothing new
                }
                answer = partition.fetch(wanted, request.replica(), request.session(), waiter.asking,
                        Math.min(left, Math.max(share, PARTITION_BYTES)));
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
    private int behind(ReplicaFetchRequest request) {
        int behind = 0;
        for (ReplicaFetchRequest.Partition wanted : request.partitions()) {
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
