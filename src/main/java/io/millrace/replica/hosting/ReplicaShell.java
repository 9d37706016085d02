package io.millrace.replica.hosting;

import io.millrace.log.IsolationLevel;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.replica.core.Effect;
import io.millrace.replica.core.LogSpan;
import io.millrace.replica.core.Moment;
import io.millrace.replica.core.ReplicaState;
import io.millrace.replica.core.Transition;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The {@link ReplicaState state} of a replica, and who waits for it to change. Events are fed to it one at a time, under
 * this object's lock; what a state decides is carried out when the lock is released. Thread-safe.
 */
final class ReplicaShell {
    private static final System.Logger LOG = System.getLogger(ReplicaShell.class.getName());
    private final Partition partition;
    private final PartitionLog log;
    private final ReplicaContext context;
    private final ParkedFetches parked;
    /** Those who wait for stable records. */
    private final ParkedFetches parkedForStable;
    /** Replaced under the topic's lock, see {@link TopicCatalog}. */
    private volatile TopicConfig config;
    /** Why the partition serves nothing any more, once it was retired. */
    private volatile BrokerException retired;
    /** Replaced under this object's lock; read by anyone. */
    private volatile ReplicaState state;
    /** As {@link #state}. */
    private volatile Watermark watermark;
    /** Guarded by this. */
    private final WaitingAppends waiting = new WaitingAppends();

    /** What is to be done when the lock is released. */
    record Consequences(List<Effect> effects, List<WaitingAppends.Answer> answers, boolean moreToRead) {
    }

    ReplicaShell(Partition partition, PartitionLog log, TopicConfig config, ReplicaContext context, Executor wakers) {
        this.partition = partition;
        this.log = log;
        this.config = config;
        this.context = context;
        this.state = ReplicaState.opened(context.brokerId(), log.highWatermark());
        this.watermark = new Watermark(log.highWatermark(), 0, log.transactions().lastStableOffset(), 0);
        this.parked = new ParkedFetches(wakers, () -> watermark.bytes());
        this.parkedForStable = new ParkedFetches(wakers, () -> watermark.stableBytes());
    }

    /** As of now; may be older than a change that is on its way. */
    ReplicaState state() {
        return state;
    }

    Watermark watermark() {
        return watermark;
    }

    ParkedFetches parked(IsolationLevel isolation) {
        return isolation == IsolationLevel.READ_COMMITTED ? parkedForStable : parked;
    }

    TopicConfig config() {
        return config;
    }

    void reconfigure(TopicConfig changed) {
        config = changed;
    }

    // ---- events and effects

    void on(Function<ReplicaState, Transition> event) {
        Consequences after;
        synchronized (this) {
            after = enter(event.apply(state));
        }
        carryOut(after);
    }

    Moment moment() {
        return new Moment(context.nanoTime(), new LogSpan(log.logStartOffset(), log.logEndOffset(),
                log.durableEndOffset(), log.epochOfLastRecord()), config.minInSyncReplicas(), context.isAlone());
    }

    /** Only under the lock: appends that wait to be committed. */
    WaitingAppends waiting() {
        return waiting;
    }

    /**
     * Takes a state over. Only under the lock, for what must be done under it besides; what comes of it is to be
     * {@link #carryOut carried out} once that is released. Also appends that are noted only now may be committed already:
     * the log shows its end before.
     */
    Consequences enter(Transition transition) {
        ReplicaState before = state;
        state = transition.state();
        log.raiseHighWatermark(state.highWatermark());
        if (state.leaderEpoch() > before.leaderEpoch()) {
            log.raiseEpochFloor(state.leaderEpoch());
        }
        if (before.isLeading() != state.isLeading() || before.assignment() == null) {
            log.upkeep().leaveRetentionToLeader(!state.isLeading());
        }
        log.upkeep().keepTombstones(state.assignment() == null || !state.assignment().isWhole());
        if (before.isLeading() && transition.effects().stream().anyMatch(Effect.LeadershipEnded.class::isInstance)) {
            return new Consequences(transition.effects(), waiting.end(leadershipOver()), noteWatermark(0));
        }
        WaitingAppends.Settled settled = waiting.settle(state.highWatermark());
        boolean ofEarlierLeader = state.isLeading() && before.highWatermark() < state.leadershipStart()
                && state.highWatermark() > before.highWatermark();
        boolean more = noteWatermark(settled.bytes() + (ofEarlierLeader ? Watermark.UNKNOWN_BYTES : 0));
        return new Consequences(transition.effects(), settled.answers(), more);
    }

    private BrokerException leadershipOver() {
        BrokerException reason = retired;
        return reason != null ? reason : new BrokerException(ErrorKind.NOT_COMMITTED, notLeader().getMessage()
                + "; what was sent may have been written, and may yet be lost: look, or send it again");
    }

    /** @return whether there is more to read */
    private boolean noteWatermark(long bytes) {
        Watermark before = watermark;
        Watermark now = before.moved(state.highWatermark(), bytes, log.transactions().lastStableOffset(state.highWatermark()));
        if (!now.equals(before)) {
            watermark = now;
        }
        return now.bytes() > before.bytes() || now.stableBytes() > before.stableBytes();
    }

    /** Never under the lock. */
    void carryOut(Consequences after) {
        for (Effect effect : after.effects()) {
            if (effect instanceof Effect.LeadershipBegan began) {
                LOG.log(Level.DEBUG, "leading {0} in epoch {1} from offset {2} on", partition.id(),
                        Integer.toString(began.epoch()), Long.toString(began.startOffset()));
                context.leadershipChanged(partition.id());
            } else if (effect instanceof Effect.LeadershipEnded) {
                parked.expel(notLeader());
                parkedForStable.expel(notLeader());
                context.leadershipChanged(partition.id());
            } else if (effect instanceof Effect.WakeFollowers wake) {
                context.wake(partition.id(), wake.brokers());
            } else if (effect instanceof Effect.MarkFollowers marked) {
                context.mark(partition.id(), marked.brokers());
            } else if (effect instanceof Effect.Confirm) {
                context.confirm(partition);
            } else if (effect instanceof Effect.ProposeIsr) {
                context.proposeIsr(partition);
            } else if (effect instanceof Effect.RefreshTopic) {
                context.refresh(partition.id());
            }
        }
        after.answers().forEach(WaitingAppends.Answer::give);
        if (after.moreToRead()) {
            parked.wake();
            parkedForStable.wake();
        }
    }

    // ---- whether it serves

    /** From now on everything is answered with this, also what is parked; the log stays as it is. */
    void retire(BrokerException reason) {
        Consequences after;
        synchronized (this) {
            retired = reason;
            after = enter(state.retired());
        }
        parked.close(reason);
        parkedForStable.close(reason);
        carryOut(after);
    }

    boolean isRetired() {
        return retired != null;
    }

    void checkServing() {
        BrokerException reason = retired;
        if (reason != null) {
            throw new BrokerException(reason.kind(), reason.getMessage(), reason);
        }
    }

    /** @throws BrokerException NOT_LEADER, or why the partition serves nothing any more */
    void requireLeadership() {
        checkServing();
        if (!state.isLeading()) {
            throw notLeader();
        }
    }

    /** @throws BrokerException as {@link #requireLeadership()}, and when it leads anew since */
    void requireLeadership(int leadership) {
        requireLeadership();
        if (state.leadership() != leadership) {
            throw new BrokerException(ErrorKind.NOT_LEADER, ("broker %d leads partition %s in another leadership than that"
                    + " of epoch %d: try again").formatted(context.brokerId(), partition.id(), leadership));
        }
    }

    private BrokerException notLeader() {
        return new BrokerException(ErrorKind.NOT_LEADER, state.leader() < 0
                ? "partition " + partition.id() + " has no leader now: no in-sync replica is up; try again later"
                : "broker " + context.brokerId() + " does not lead partition " + partition.id()
                + " (any more): try again in a moment");
    }

    /** A log that goes away under a request fails it in the log's words; that the topic was deleted says more. */
    <T> CompletableFuture<T> unlessRetired(CompletableFuture<T> change) {
        return change.exceptionally(failure -> {
            checkServing();
            throw BrokerErrors.translate(failure);
        });
    }
}
