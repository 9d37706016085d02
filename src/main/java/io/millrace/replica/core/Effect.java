package io.millrace.replica.core;

import java.util.Set;

/** What is to be done because a replica's state changed: a value, which the shell around the state carries out. */
public sealed interface Effect {
    /** This broker leads from now on. */
    record LeadershipBegan(int epoch, long startOffset) implements Effect {
    }

    /** This broker does not lead any more: who waits for it is told so. */
    record LeadershipEnded(int epoch) implements Effect {
    }

    /** The high watermark moved: these followers are told so with their next answers, and need not be woken for it. */
    record MarkFollowers(Set<Integer> brokers) implements Effect {
    }

    /** There is something new for these followers. */
    record WakeFollowers(Set<Integer> brokers) implements Effect {
    }

    /** The register is to be read, to see whether this broker still leads: see {@link ReplicaState#confirmed}. */
    record Confirm() implements Effect {
    }

    /** The ISR is not what it should be: see {@link ReplicaState#proposed}. */
    record ProposeIsr() implements Effect {
    }

    /** The topic is to be read again: another broker knows a newer epoch. */
    record RefreshTopic() implements Effect {
    }

    /** A change of a follower's log; when it is over, the state is told by {@link ReplicaState#logChanged}. */
    sealed interface LogChange extends Effect {
    }

    /**
     * What is at and above the offset is not in the leader's log: it is cut off.
     *
     * @param unclean whether the leader may lack what was committed
     */
    record Truncate(long offset, boolean unclean) implements LogChange {
    }

    /**
     * The leader's log has nothing before the offset, or ends before this one begins: the log begins anew there.
     *
     * @param unclean as of {@link Truncate}
     */
    record BeginAnew(long offset, boolean unclean) implements LogChange {
    }

    /** The batches of the leader's answer are appended. */
    record AppendBatches() implements LogChange {
    }

    /** The leader's log begins at the offset: what is before it goes here as well. */
    record AdvanceStart(long offset) implements LogChange {
    }
}
