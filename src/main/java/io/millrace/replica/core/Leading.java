package io.millrace.replica.core;

import io.millrace.metadata.Topic;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * It leads, in one epoch or in some that followed each other.
 *
 * <p>Invariants: a record counts as replicated once every replica has it that is, or may be by now, in the ISR of the
 * register (KIP-497's maximal ISR); what a follower had in an earlier epoch or session counts for nothing.
 *
 * @param firstEpoch   in which it began to lead
 * @param epoch        in which it leads now
 * @param startOffset  the log's end when the leadership began: everything committed before is below it
 * @param followers    by broker id; every replica but this one
 * @param proposed     in-sync replicas as they may be in the register already, or null when no change is under way
 * @param proposedOver the version of the register over which the last change is written: with a later one it is over
 * @param confirmedEnd up to where it is certain that this broker led after the records were written
 * @param confirming   whether that is being asked
 */
record Leading(int self, int firstEpoch, int epoch, long startOffset, List<Integer> replicas, Set<Integer> isr,
               Map<Integer, FollowerProgress> followers, Set<Integer> proposed, long proposedOver, long confirmedEnd,
               boolean confirming) implements Role {
    static Leading begin(int self, int epoch, long startOffset) {
        return new Leading(self, epoch, epoch, startOffset, List.of(), Set.of(), Map.of(), null, -1, 0, false);
    }

    /** Nobody else has led since, but what followers had in the epoch before does not count. */
    Leading goOnIn(int nextEpoch) {
        return new Leading(self, firstEpoch, nextEpoch, startOffset, replicas, isr, Map.of(), proposed, proposedOver, confirmedEnd,
                confirming);
    }

    /**
     * What the register says now. A change of ours that was to be written over an earlier version is over, whatever
     * became of it. What is remembered of a replica that is not in sync any more does not count: it has to fetch again.
     */
    Leading assigned(Topic.Assignment assignment, long version, long now) {
        Map<Integer, FollowerProgress> kept = new HashMap<>();
        for (int replica : assignment.replicas()) {
            if (replica != self) {
                FollowerProgress known = followers.get(replica);
                boolean left = isr.contains(replica) && !assignment.isr().contains(replica);
                kept.put(replica, known == null || left ? FollowerProgress.unknown(null, now) : known);
            }
        }
        return new Leading(self, firstEpoch, epoch, startOffset, assignment.replicas(), sorted(assignment.isr()),
                Collections.unmodifiableMap(kept), version > proposedOver ? null : proposed, proposedOver, confirmedEnd,
                confirming);
    }

    private static Set<Integer> sorted(Iterable<Integer> brokers) {
        Set<Integer> sorted = new TreeSet<>();
        brokers.forEach(sorted::add);
        return Collections.unmodifiableSet(sorted);
    }

    /** Null when it is no replica. Nothing of what an earlier run of its server had is believed. */
    FollowerProgress follower(int broker, String session, long now) {
        FollowerProgress known = followers.get(broker);
        return known == null || session.equals(known.session()) ? known : FollowerProgress.unknown(session, now);
    }

    Leading with(int broker, FollowerProgress progress) {
        Map<Integer, FollowerProgress> changed = new HashMap<>(followers);
        changed.put(broker, progress);
        return new Leading(self, firstEpoch, epoch, startOffset, replicas, isr, Collections.unmodifiableMap(changed), proposed,
                proposedOver, confirmedEnd, confirming);
    }

    boolean isAloneInSync() {
        return isr.size() == 1 && isr.contains(self) && (proposed == null || proposed.equals(isr));
    }

    /** Whether the other in-sync replicas have all fetched since then: there must be one. */
    boolean isFollowedSince(long nanos) {
        return !isAloneInSync() && isr.stream().filter(replica -> replica != self).map(followers::get)
                .allMatch(follower -> follower != null && follower.lastFetchAt() - nanos >= 0);
    }

    /** How far every replica has the records that is, or may be by now, in sync. */
    long replicatedEnd(long logEnd) {
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
        FollowerProgress follower = followers.get(replica);
        return replica == self ? logEnd : follower == null ? -1 : follower.endOffset();
    }

    Leading confirming(boolean asked) {
        return new Leading(self, firstEpoch, epoch, startOffset, replicas, isr, followers, proposed, proposedOver, confirmedEnd, asked);
    }

    /** The register, read after everything below this offset was written, still named this leadership. */
    Leading confirmed(long end) {
        return new Leading(self, firstEpoch, epoch, startOffset, replicas, isr, followers, proposed, proposedOver,
                Math.max(confirmedEnd, end), false);
    }

    /** Whether a follower has what it must have to be let into the ISR. */
    boolean isCaughtUp(FollowerProgress follower, long highWatermark) {
        return follower.endOffset() >= Math.max(highWatermark, startOffset);
    }

    /**
     * The in-sync replicas as they should be: without those that lag, with those that have caught up.
     *
     * @return equal to {@link #isr()} when all is well
     */
    Set<Integer> desiredIsr(long highWatermark, long logEnd, long now, IsrRules rules) {
        Set<Integer> desired = new TreeSet<>();
        for (int replica : replicas) {
            FollowerProgress follower = followers.get(replica);
            if (replica == self) {
                desired.add(replica);
            } else if (isr.contains(replica)) {
                if (follower.endOffset() >= logEnd || now - follower.caughtUpAt() <= rules.maxLagNanos()) {
                    desired.add(replica);
                }
            } else if (isCaughtUp(follower, highWatermark) && follower.session() != null
                    && follower.session().equals(rules.sessions().get(replica))) {
                desired.add(replica);
            }
        }
        if (rules.leaving()) {
            desired.addAll(isr);
        }
        return desired;
    }

    /** A change of the ISR is about to be written over a version: until a later one is {@link #assigned} both count. */
    Leading propose(Set<Integer> wanted, long version) {
        Set<Integer> all = new TreeSet<>(wanted);
        if (proposed != null) {
            all.addAll(proposed);
        }
        return new Leading(self, firstEpoch, epoch, startOffset, replicas, isr, followers, Collections.unmodifiableSet(all),
                Math.max(proposedOver, version), confirmedEnd, confirming);
    }

    boolean isProposing() {
        return proposed != null;
    }
}
