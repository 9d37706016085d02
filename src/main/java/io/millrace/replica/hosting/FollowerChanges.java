package io.millrace.replica.hosting;

import io.millrace.log.Truncation;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.Effect;
import io.millrace.replica.core.ReplicaFetchResponse;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;

/** Carries out on a follower's log what the state of the replica made of a leader's answer. One at a time. */
final class FollowerChanges {
    private static final System.Logger LOG = System.getLogger(FollowerChanges.class.getName());

    private final TopicPartition id;
    private final PartitionLog log;

    FollowerChanges(TopicPartition id, PartitionLog log) {
        this.id = id;
        this.log = log;
    }

    /** Completes when the log is as the change says; fails when it could not be changed. */
    CompletableFuture<?> begin(Effect.LogChange change, ReplicaFetchResponse.Partition answer) {
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
        long base = RecordBatch.at(answer.batches()).baseOffset();
        if (base != log.logEndOffset()) {
            throw new IllegalStateException("the leader of " + id + " sent a batch at offset " + base + ", but this log ends"
                    + " at " + log.logEndOffset());
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
