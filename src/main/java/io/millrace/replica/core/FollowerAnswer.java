package io.millrace.replica.core;

import io.millrace.replica.core.ReplicaFetchResponse.EpochEnd;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;

/**
 * What a leader answers a follower, without the batches.
 *
 * @param diverging with DIVERGED: where the leader's newest epoch ends that is not newer than the follower's last one
 * @param news      whether it says anything that the follower does not know, even without batches
 */
public record FollowerAnswer(Outcome outcome, EpochEnd diverging, boolean news) {
    public static FollowerAnswer of(Outcome outcome) {
        return new FollowerAnswer(outcome, null, true);
    }

    /** With what it makes of the replica. */
    public record Given(FollowerAnswer answer, Transition transition) {
    }
}
