package io.millrace.replica.core;

import io.millrace.log.LeaderEpochEnd;
import java.util.Optional;

/** What a leader's answer makes of a follower's log. */
final class LeadersAnswer {
    private LeadersAnswer() {
    }

    /**
     * The change of a follower's log that an answer asks for.
     *
     * @param ownEnd       where the epoch of a DIVERGED answer ends in the follower's log
     * @param uncleanEpoch the last leader epoch that began with a leader which was not in sync
     */
    static Optional<Effect> changeOf(LogSpan log, ReplicaFetchResponse.Partition answer, LeaderEpochEnd ownEnd,
                                     int uncleanEpoch) {
        boolean unclean = uncleanEpoch > log.lastEpoch();
        switch (answer.outcome()) {
            case DIVERGED:
                return cut(log, answer, ownEnd, unclean);
            case BELOW_START:
                return Optional.of(new Effect.BeginAnew(answer.logStartOffset(), unclean));
            case OK:
                break;
            default:
                return Optional.empty();
        }
        if (answer.batches().hasRemaining()) {
            return Optional.of(new Effect.AppendBatches());
        }
        long start = Math.min(answer.logStartOffset(), log.endOffset());
        return start > log.startOffset() ? Optional.of(new Effect.AdvanceStart(start)) : Optional.empty();
    }

    /**
     * Where the two logs part: the end of the newest epoch that both have, in whichever it is shorter. Where the leader
     * has deleted all records of the follower's epochs, everything before its start was committed, and nothing behind it.
     * A log without records, beyond the leader's end, has nothing to cut, and begins anew with the leader's.
     */
    private static Optional<Effect> cut(LogSpan log, ReplicaFetchResponse.Partition answer, LeaderEpochEnd ownEnd,
                                        boolean unclean) {
        ReplicaFetchResponse.EpochEnd theirs = answer.diverging();
        long parting = theirs.epoch() == LeaderEpochEnd.NO_EPOCH ? theirs.endOffset()
                : Math.min(ownEnd.endOffset(), theirs.endOffset());
        long point = Math.max(log.startOffset(), parting);
        if (point < log.endOffset()) {
            return Optional.of(new Effect.Truncate(point, unclean));
        }
        return log.startOffset() == log.endOffset() ? Optional.of(new Effect.BeginAnew(answer.logStartOffset(), unclean))
                : Optional.empty();
    }
}
