package io.millrace.replica.follower;

import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchRequest.FetchSession;
import io.millrace.replica.hosting.Partition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The partitions that are followed at one leader, and what the leader knows of what is asked for them: in a fetch session
 * (after KIP-227) each request says only what has changed since the one before. What the leader still takes for true of
 * the others is: in one leader epoch the log of a follower goes back only where that leader told it to. Thread-safe.
 */
final class AskedPartitions {
    /** What changed unnoticed, because something else than an answer changed it, is found after this long. */
    private static final long SCAN_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

    private static final int MAX_EPOCH = 1 << 30;

    private final Map<TopicPartition, Partition> followed = new HashMap<>();
    private final Map<TopicPartition, Asked> asked = new HashMap<>();
    /**
     * Which are to be looked at for the next request, and which of them are said again even if they are as they were. Any
     * thread adds to them, also a log's writer, which must not wait while the next request is put together.
     */
    private final Set<TopicPartition> changed = ConcurrentHashMap.newKeySet();
    private final Set<TopicPartition> again = ConcurrentHashMap.newKeySet();
    private long sessionId = 1;
    private int nextEpoch;
    private long scannedAt;

    /**
     * A partition, and what was asked for it.
     *
     * @param request the number of the request that said so
     */
    record Asked(Partition partition, ReplicaFetchRequest.Partition fetch, long request) {
    }

    /** What the next request says. */
    record Next(FetchSession session, List<ReplicaFetchRequest.Partition> partitions, List<TopicPartition> forgotten,
                boolean nothing) {
    }

    synchronized void add(Partition partition) {
        followed.put(partition.id(), partition);
        changed.add(partition.id());
    }

    synchronized void remove(Partition partition) {
        if (followed.remove(partition.id(), partition)) {
            changed.add(partition.id());
        }
    }

    synchronized boolean isEmpty() {
        return followed.isEmpty();
    }

    /** Something may have changed: its log, or whether it may be asked for. */
    void changed(TopicPartition id) {
        changed.add(id);
    }

    /** What was answered for it came to nothing: the leader is to answer once more. */
    void again(TopicPartition id) {
        again.add(id);
        changed.add(id);
    }

    /** The leader does not know this session, or may not: the next request says everything in a new one. */
    synchronized void lost(FetchSession session) {
        if (session.id() == sessionId || session.id() == FetchSession.NONE.id()) {
            sessionId++;
            nextEpoch = 0;
        }
    }

    /** What was asked for a partition in a request, unless something else has been asked since. */
    synchronized Optional<Asked> of(TopicPartition id, long request) {
        return Optional.ofNullable(asked.get(id)).filter(one -> one.request() <= request);
    }

    /**
     * @param request numbers grow
     * @param paused  which are left out for now
     * @param inFull  whether the leader knows no sessions
     */
    synchronized Next next(long request, long now, Predicate<TopicPartition> paused, boolean inFull) {
        if (nextEpoch == MAX_EPOCH) {
            sessionId++;
        }
        if (inFull || nextEpoch == MAX_EPOCH) {
            nextEpoch = 0;
        }
        if (nextEpoch == 0) {
            asked.clear();
        }
        if (nextEpoch == 0 || now - scannedAt >= SCAN_NANOS) {
            scannedAt = now;
            changed.addAll(followed.keySet());
        }
        List<ReplicaFetchRequest.Partition> partitions = new ArrayList<>();
        List<TopicPartition> forgotten = new ArrayList<>();
        for (TopicPartition id : List.copyOf(changed)) {
            changed.remove(id); // before it is looked at: what changes from here on is for the request after this one
            boolean once = again.remove(id);
            Partition partition = followed.get(id);
            ReplicaFetchRequest.Partition fetch = partition == null || paused.test(id) ? null
                    : partition.nextFetch().orElse(null);
            Asked before = asked.get(id);
            if (fetch == null) {
                if (asked.remove(id) != null) {
                    forgotten.add(id);
                }
            } else if (before == null || once || before.partition() != partition
                    || !before.fetch().equals(fetch)) {
                asked.put(id, new Asked(partition, fetch, request));
                partitions.add(fetch);
            }
        }
        if (asked.isEmpty()) {
            nextEpoch = 0; // nothing is sent: the next one that says something begins anew
            return new Next(FetchSession.NONE, List.of(), List.of(), true);
        }
        FetchSession session = inFull ? FetchSession.NONE : new FetchSession(sessionId, nextEpoch++);
        return new Next(session, partitions, forgotten, false);
    }
}
