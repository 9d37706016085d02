package io.millrace.replica.hosting;

import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.Truncation;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.Effect;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.core.ReplicaState;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Takes over what leaders answer to a follower: what the state of the replica makes of it is carried out on the log, one
 * change at a time. Thread-safe.
 */
final class FollowerChanges {
    private static final System.Logger LOG = System.getLogger(FollowerChanges.class.getName());

    private final TopicPartition id;
    private final PartitionLog log;

    private final ReplicaShell replica;
    /** A leader's batches that are being written, or null. Guarded by the replica. */
    private Writing writing;

    /**
     * A change of the log.
     *
     * @param from   the log's end before
     * @param append whether batches are appended
     * @param done   completes when they are written, or the change is over otherwise
     */
    private record Writing(long from, boolean append, CompletableFuture<Void> done) {
    }

    FollowerChanges(TopicPartition id, PartitionLog log, ReplicaShell replica) {
        this.id = id;
        this.log = log;
        this.replica = replica;
    }

    Partition.TakenOver takeOver(int leader, ReplicaFetchRequest.Partition asked, ReplicaFetchResponse.Partition answer) {
        ReplicaShell.Consequences after;
        Optional<Effect.LogChange> change;
        Writing begun;
        synchronized (replica) {
            LeaderEpochEnd own = answer.diverging() == null ? null : log.endOffsetOf(answer.diverging().epoch());
            after = replica.enter(replica.state().answered(leader, asked, answer, own, replica.moment()));
            change = after.effects().stream().filter(Effect.LogChange.class::isInstance)
                    .map(Effect.LogChange.class::cast).findFirst();
            begun = new Writing(asked.fetchOffset(), change.filter(Effect.AppendBatches.class::isInstance).isPresent(),
                    new CompletableFuture<>());
            if (begun.append()) {
                writing = begun;
            }
        }
        replica.carryOut(after);
        CompletableFuture<?> changed = change.<CompletableFuture<?>>map(one -> begin(one, answer)
                .whenComplete((done, failure) -> durable(begun, failure == null ? answer : null)))
                .orElse(CompletableFuture.completedFuture(null));
        changed.whenComplete((done, failure) -> begun.done().complete(null));
        return new Partition.TakenOver(begun.done(), changed);
    }

    /** Records are written and not yet forced: the next ones may be fetched. The log's writer. */
    void written() {
        Writing over;
        ReplicaShell.Consequences after;
        synchronized (replica) {
            if (writing == null || log.logEndOffset() <= writing.from()) {
                return;
            }
            over = writing;
            writing = null;
            after = replica.enter(replica.state().logWritten(replica.moment()));
        }
        replica.carryOut(after);
        over.done().complete(null);
    }

    /** @param answer null when it could not be taken over */
    private void durable(Writing begun, ReplicaFetchResponse.Partition answer) {
        // What the leader has committed says something about this log only where the two agree.
        long committed = answer != null && answer.outcome() == Outcome.OK ? answer.highWatermark() : 0;
        ReplicaShell.Consequences after;
        synchronized (replica) {
            boolean toldBefore = begun.append() && writing != begun;
            if (!toldBefore) {
                writing = null;
            }
            ReplicaState now = replica.state();
            after = replica.enter(toldBefore ? now.logForced(committed, replica.moment())
                    : now.logChanged(committed, replica.moment()));
        }
        replica.carryOut(after);
    }

    /** Completes when the log is as the change says; fails when it could not be changed. */
    private CompletableFuture<?> begin(Effect.LogChange change, ReplicaFetchResponse.Partition answer) {
        try {
            return carryOut(change, answer);
        } catch (RuntimeException failure) { // such as a queue that is full
            return CompletableFuture.failedFuture(failure);
        }
    }

    private CompletableFuture<?> carryOut(Effect.LogChange change, ReplicaFetchResponse.Partition answer) {
        if (change instanceof Effect.Truncate truncate) {
            long before = log.logEndOffset();
            return log.truncateTo(truncate.offset(), truncation(truncate.unclean())).thenAccept(end -> LOG.log(Level.INFO,
                    "{0}: the log was cut from {1} back to {2}, where it parts from the leader''s", id,
                    Long.toString(before), Long.toString(end)));
        } else if (change instanceof Effect.BeginAnew anew) {
            LOG.log(Level.WARNING, "{0}: the leader has nothing left that this replica could go on from at offset {1}:"
                    + " it begins anew at {2}", id, Long.toString(log.logEndOffset()), Long.toString(anew.offset()));
            return log.beginAnew(anew.offset(), truncation(anew.unclean()));
        } else if (change instanceof Effect.AdvanceStart advance) {
            return log.advanceLogStart(advance.offset());
        }
        for (RecordBatch batch : RecordBatch.in(answer.batches())) {
            if (!batch.checksumMatches()) {
                throw new IllegalStateException("the leader of " + id + " sent a damaged batch at offset "
                        + batch.baseOffset());
            } else if (batch.leaderEpoch() > answer.leaderEpoch()) {
                throw new IllegalStateException("the leader of " + id + ", of epoch " + answer.leaderEpoch()
                        + ", sent a batch of epoch " + batch.leaderEpoch() + " at offset " + batch.baseOffset());
            }
        }
        RecordBatch first = RecordBatch.at(answer.batches());
        boolean reachesOver = first.recordCount() == 0 && first.baseOffset() < log.logEndOffset(); // it was compacted there
        if (first.baseOffset() != log.logEndOffset() && !reachesOver) {
            throw new IllegalStateException("the leader of " + id + " sent a batch at offset " + first.baseOffset()
                    + ", but this log ends at " + log.logEndOffset());
        }
        return log.appendReplicated(answer.batches(), answer.leaderEpoch()).thenCompose(done -> followStart(answer));
    }

    /** Also while there are records to fetch all the time: what the leader deleted takes space here. */
    private CompletableFuture<?> followStart(ReplicaFetchResponse.Partition answer) {
        long start = Math.min(answer.logStartOffset(), log.logEndOffset());
        return start > log.logStartOffset() ? log.advanceLogStart(start) : CompletableFuture.completedFuture(null);
    }

    private static Truncation truncation(boolean unclean) {
        return unclean ? Truncation.UNCLEAN : Truncation.CLEAN;
    }
}
