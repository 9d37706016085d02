package io.millrace.replica.core;

import io.millrace.log.AppendResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

/** A partition's leadership in one epoch, or in some that followed each other. Guarded by the partition. */
public final class Leadership {
    /** Not the true size, which is not known of what an earlier leader appended: whoever waits looks again. */
    private static final long UNKNOWN_BYTES = 1L << 30;

    /**
     * Appended here, not yet committed.
     *
     * @param committed who waits for that, or null
     * @param deadline  until when, in ns
     */
    private record Uncommitted(AppendResult result, long bytes, CompletableFuture<AppendResult> committed,
                               long deadline) {
    }

    private final int self;
    private int epoch;
    private final long startOffset;
    private final Map<Integer, Follower> followers = new HashMap<>();
    private final Deque<Uncommitted> uncommitted = new ArrayDeque<>();
    private List<Integer> replicas = List.of();
    private Set<Integer> isr = Set.of();
    /** In-sync replicas as they may be in the register already, or null when no change is under way. */
    private Set<Integer> proposed;
    /** The version of the register that the last such change is written over: with a later one it is over. */
    private long proposedOver;
    /** Up to where it is certain that this was the leader after the records were written; see {@link #confirmed}. */
    private long confirmedEnd;

    /** @param startOffset the log's end when the leadership began */
    public Leadership(int self, int epoch, long startOffset) {
        this.self = self;
        this.epoch = epoch;
        this.startOffset = startOffset;
    }

    public int epoch() {
        return epoch;
    }

    /** Nobody else has led since: what waits goes on waiting, and what followers had in the epoch before does not count. */
    public void goOnIn(int nextEpoch) {
        epoch = nextEpoch;
        followers.clear();
    }

    /** The log's end when the leadership began: everything committed before is below it. */
    public long startOffset() {
        return startOffset;
    }

    public Set<Integer> isr() {
        return isr;
    }

    public List<Integer> replicas() {
        return replicas;
    }

    /**
     * What the register says now. A change of ours that was to be written over an earlier version is over, whatever
     * became of it. What is remembered of a replica that is not in sync any more does not count: it has to fetch again.
     */
    public void assigned(Topic.Assignment assignment, long version, long now) {
        replicas = assignment.replicas();
        isr.stream().filter(replica -> !assignment.isr().contains(replica)).forEach(followers::remove);
        isr = new TreeSet<>(assignment.isr());
        if (version > proposedOver) {
            proposed = null;
        }
        followers.keySet().retainAll(replicas);
        for (int replica : replicas) {
            if (replica != self) {
                followers.computeIfAbsent(replica, id -> new Follower(null, now));
            }
        }
    }

    /** Null when it is no replica. Nothing of what an earlier run of its server had is believed. */
    public Follower follower(int broker, String session, long now) {
        return followers.computeIfPresent(broker, (id, known) -> session.equals(known.session()) ? known
                : new Follower(session, now));
    }

    /** The followers' broker ids. */
    public Set<Integer> followers() {
        return followers.keySet();
    }

    public boolean isAloneInSync() {
        return isr.size() == 1 && isr.contains(self) && (proposed == null || proposed.equals(isr));
    }

    /**
     * How far every replica has the records that is, or may be by now, in sync: while a change of the ISR is under way,
     * both the old and the new one count.
     */
    public long replicatedEnd(long logEnd) {
        long end = logEnd;
        for (int replica : isr) {
            end = Math.min(end, endOf(replica, logEnd));
        }
        if (proposed != null) {
            for (int replica : proposed) {
                end = Math.min(end, endOf(replica, logEnd));
            }
        }
        return end;
    }

    private long endOf(int replica, long logEnd) {
        Follower follower = followers.get(replica);
        return replica == self ? logEnd : follower == null ? -1 : follower.endOffset();
    }

    public long confirmedEnd() {
        return confirmedEnd;
    }

    /** The register, read after everything below this offset was written, still named this leadership. */
    public void confirmed(long end) {
        confirmedEnd = Math.max(confirmedEnd, end);
    }

    public void appended(AppendResult result, long bytes, CompletableFuture<AppendResult> committed, long deadline) {
        Uncommitted last = uncommitted.peekLast();
        if (last != null && last.committed() == null && committed == null) {
            uncommitted.removeLast();
            uncommitted.add(new Uncommitted(result, last.bytes() + bytes, null, deadline));
            return;
        }
        uncommitted.add(new Uncommitted(result, bytes, committed, deadline));
    }

    /**
     * Takes out what is committed now.
     *
     * @param tell is given what tells those who wait
     * @return its bytes
     */
    public long commit(long before, long highWatermark, List<Runnable> tell) {
        long bytes = before < startOffset && highWatermark > before ? UNKNOWN_BYTES : 0;
        while (!uncommitted.isEmpty() && uncommitted.peek().result().lastOffset() < highWatermark) {
            Uncommitted next = uncommitted.remove();
            bytes += next.bytes();
            if (next.committed() != null) {
                tell.add(() -> next.committed().complete(next.result()));
            }
        }
        return bytes;
    }

    /** Tells those who have waited long enough. */
    public void expire(long now, BrokerException reason, List<Runnable> tell) {
        List<Uncommitted> kept = new ArrayList<>();
        for (Uncommitted waiting : uncommitted) {
            if (waiting.committed() != null && waiting.deadline() - now <= 0) {
                tell.add(() -> waiting.committed().completeExceptionally(reason));
                kept.add(new Uncommitted(waiting.result(), waiting.bytes(), null, waiting.deadline()));
            } else {
                kept.add(waiting);
            }
        }
        uncommitted.clear();
        uncommitted.addAll(kept);
    }

    /** Tells all who wait that it is over. */
    public void end(BrokerException reason, List<Runnable> tell) {
        for (Uncommitted waiting : uncommitted) {
            if (waiting.committed() != null) {
                tell.add(() -> waiting.committed().completeExceptionally(reason));
            }
        }
        uncommitted.clear();
    }

    /**
     * The in-sync replicas as they should be: without those that lag, with those that have caught up.
     *
     * @param highWatermark which a replica must have reached to be let in, and the epoch's start as well
     * @param maxLagNanos   how long one may be without everything
     * @param sessions      of the brokers that are ready: what a follower had in another one does not let it in
     * @return equal to {@link #isr()} when all is well
     */
    public Set<Integer> desiredIsr(long highWatermark, long logEnd, long now, long maxLagNanos,
                            IntFunction<String> sessions) {
        Set<Integer> desired = new TreeSet<>();
        for (int replica : replicas) {
            Follower follower = followers.get(replica);
            if (replica == self) {
                desired.add(replica);
            } else if (isr.contains(replica)) {
                if (follower.endOffset() >= logEnd || now - follower.caughtUpAt() <= maxLagNanos) {
                    desired.add(replica);
                }
            } else if (follower.endOffset() >= Math.max(highWatermark, startOffset) && follower.session() != null
                    && follower.session().equals(sessions.apply(replica))) {
                desired.add(replica);
            }
        }
        return desired;
    }

    /** A change of the ISR is about to be written over a version: until a later one {@link #assigned} both count. */
    public void propose(Set<Integer> wanted, long version) {
        proposedOver = Math.max(proposedOver, version);
        if (proposed == null) {
            proposed = new TreeSet<>(wanted);
        } else {
            proposed.addAll(wanted);
        }
    }

    public boolean isProposing() {
        return proposed != null;
    }
}
