package io.millrace.replica.leader;

import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What one follower asks for, said in pieces, and which of its partitions are to be visited: those of which it said
 * something, or in which something came, so that what a request costs does not grow with the partitions that are idle.
 * Its size is bounded by the partitions that the follower has here. Thread-safe; {@link #mark} is for any thread, the
 * rest for whoever answers the follower, under this object's lock.
 */
final class FetchSession {
    /** A request says of all partitions of its session where the follower is: this often that is noted of each of them. */
    private static final long ALL_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

    private final String followerSession;
    private final ReplicaFetchRequest.FetchSession begun;
    private final Map<TopicPartition, ReplicaFetchRequest.Partition> asked = new ConcurrentHashMap<>();
    /** To be visited, the longest waiting first; guarded by itself. */
    private final Set<TopicPartition> marked = new LinkedHashSet<>();
    private int epoch;
    private long allMarkedAt;

    /** Begins with a request that says everything. */
    FetchSession(ReplicaFetchRequest first, long now) {
        followerSession = first.session();
        begun = first.fetchSession();
        epoch = begun.epoch();
        allMarkedAt = now;
        note(begun.equals(ReplicaFetchRequest.FetchSession.NONE) ? rotated(first.partitions(), now) : first.partitions());
    }

    /** Nothing is remembered from one of these requests to the next: so that the last partitions are not always left out. */
    private static List<ReplicaFetchRequest.Partition> rotated(List<ReplicaFetchRequest.Partition> partitions, long now) {
        List<ReplicaFetchRequest.Partition> rotated = new ArrayList<>(partitions);
        Collections.rotate(rotated, (int) (now >> 20));
        return rotated;
    }

    /** Whether this one, of the same run of the follower, began later than the one that a request begins. */
    boolean isLaterThan(ReplicaFetchRequest first) {
        return followerSession.equals(first.session()) && first.fetchSession().id() > 0
                && begun.id() > first.fetchSession().id();
    }

    /** @return false, with nothing changed, when it is not the next request of this session */
    synchronized boolean goOn(ReplicaFetchRequest next, long now) {
        if (!followerSession.equals(next.session()) || begun.id() != next.fetchSession().id()
                || epoch + 1 != next.fetchSession().epoch()) {
            return false;
        }
        epoch++;
        next.forgotten().forEach(asked::remove);
        note(next.partitions());
        if (now - allMarkedAt >= ALL_NANOS) {
            allMarkedAt = now;
            asked.keySet().forEach(this::mark);
        }
        return true;
    }

    private void note(List<ReplicaFetchRequest.Partition> partitions) {
        for (ReplicaFetchRequest.Partition each : partitions) {
            asked.put(each.id(), each);
            mark(each.id());
        }
    }

    /** Something came in a partition. */
    void mark(TopicPartition id) {
        if (asked.containsKey(id)) {
            synchronized (marked) {
                marked.add(id);
            }
        }
    }

    /** What is to be visited now; from here on it is not marked any more. */
    List<ReplicaFetchRequest.Partition> takeMarked() {
        List<TopicPartition> ids;
        synchronized (marked) {
            ids = new ArrayList<>(marked);
            marked.clear();
        }
        List<ReplicaFetchRequest.Partition> taken = new ArrayList<>(ids.size());
        for (TopicPartition id : ids) {
            ReplicaFetchRequest.Partition wanted = asked.get(id);
            if (wanted != null) {
                taken.add(wanted);
            }
        }
        return taken;
    }
}
