package io.millrace.replica.hosting;

import io.millrace.log.AppendResult;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.EndTransactionMarker;
import io.millrace.replica.core.ReplicaState;
import io.millrace.replica.hosting.VerifiedTransactions.Verification;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What producers append to a partition that this broker leads, until they are answered. Thread-safe. */
public final class PartitionAppends {
    /** Followers that are up ask each second, also when there is nothing. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final TopicPartition id;
    private final PartitionLog log;
    private final ReplicaShell replica;
    private final ReplicaContext context;
    /** Guarded by the replica. */
    private final VerifiedTransactions transactions = new VerifiedTransactions();

    PartitionAppends(TopicPartition id, PartitionLog log, ReplicaShell replica, ReplicaContext context) {
        this.id = id;
        this.log = log;
        this.replica = replica;
        this.context = context;
    }

    /**
     * An append in one leadership.
     *
     * @param written   completes when the log has it, as durable as its flush policy says; fails when the leadership ended
     *                  before, or the log could not write it: it may be there all the same
     * @param committed completes, after {@code written}, when the high watermark has passed it, however long that takes;
     *                  fails with NOT_COMMITTED when the leadership ended before. Of no meaning where {@code written} failed
     */
    public record Appending(CompletableFuture<AppendResult> written, CompletableFuture<AppendResult> committed) {
    }

    /**
     * Queues whole batches. With {@link Acks#ALL} completes after the high watermark has passed them, else when the
     * log's flush policy holds.
     *
     * @return fails with NOT_COMMITTED when the leadership ended meanwhile or the replicas did not have them in time
     * @throws BrokerException NOT_LEADER, NOT_ENOUGH_REPLICAS, UNAVAILABLE, when nothing was queued
     */
    public CompletableFuture<AppendResult> append(List<ByteBuffer> batches, Acks acks, long timeoutNanos) {
        replica.checkServing();
        if (acks != Acks.ALL) {
            context.requireLease();
        }
        long deadline = context.nanoTime() + timeoutNanos;
        long bytes = sizeOf(batches);
        CompletableFuture<AppendResult> queued;
        int leadership;
        synchronized (replica) {
            replica.requireLeadership();
            leadership = replica.state().leadership();
            queued = queue(batches, acks);
        }
        return replica.unlessRetired(
                queued.thenCompose(appended -> appended(leadership, appended, bytes, acks, deadline)));
    }

    /**
     * As {@link #append(List, Acks, long)} with {@link Acks#ALL}, of batches of a transaction: which is verified first, where
     * that was not done since this broker leads. It is not appended once the transaction's marker is queued.
     *
     * @return fails, too, as the verification does
     */
    public CompletableFuture<AppendResult> append(List<ByteBuffer> batches, TransactionalAppend of, long timeoutNanos) {
        return append(batches, of, context.nanoTime() + timeoutNanos, sizeOf(batches));
    }

    private CompletableFuture<AppendResult> append(List<ByteBuffer> batches, TransactionalAppend of, long deadline, long bytes) {
        replica.checkServing();
        CompletableFuture<AppendResult> queued;
        int leadership;
        synchronized (replica) {
            replica.requireLeadership();
            leadership = replica.state().leadership();
            Verification known = transactions.find(leadership, of);
            if (known == null || !known.isDone()) {
                queued = null;
            } else {
                queued = queue(batches, Acks.ALL);
            }
        }
        return queued == null ? verified(of, leadership).thenCompose(done -> inTime(deadline)
                .append(batches, of, deadline, bytes))
                : replica.unlessRetired(queued.thenCompose(appended -> appended(leadership, appended, bytes, Acks.ALL, deadline)));
    }

    /** Several that come for one transaction have it verified once, and go on in the order in which they came. */
    private CompletableFuture<Void> verified(TransactionalAppend of, int leadership) {
        CompletableFuture<Void> verified = new CompletableFuture<>();
        Verification begun = null;
        synchronized (replica) {
            Verification known = transactions.find(leadership, of);
            if (known == null) {
                known = transactions.begin(leadership, of);
                begun = known;
            }
            if (known.isDone()) {
                return CompletableFuture.completedFuture(null);
            }
            known.await(() -> verified.complete(null));
        }
        if (begun != null) {
            verify(of, begun, verified);
        }
        return verified;
    }

    private void verify(TransactionalAppend of, Verification begun, CompletableFuture<Void> first) {
        CompletableFuture<?> verification;
        try {
            verification = of.verification().get();
        } catch (RuntimeException | OutOfMemoryError refused) {
            verification = CompletableFuture.failedFuture(refused);
        }
        verification.whenComplete((done, failure) -> {
            List<Runnable> waited;
            synchronized (replica) {
                if (failure != null) {
                    transactions.fail(of.producerId(), begun);
                }
                waited = begun.done();
            }
            if (failure != null) {
                first.completeExceptionally(failure); // the others ask for themselves
            }
            waited.forEach(Runnable::run);
        });
    }

    private PartitionAppends inTime(long deadline) {
        if (context.nanoTime() - deadline >= 0) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the transaction could not be verified in time for partition " + id
                    + ": nothing was written; try again in a moment");
        }
        return this;
    }

    /**
     * Writes a marker, unless it was written before, or an earlier transaction of the producer is open; see {@link PartitionLog}.
     * No record that was verified for the transaction is appended behind it.
     *
     * @param epoch     the producer's from now on: one higher than that of the transaction's records
     * @param timestamp ms since the epoch
     * @return completes when it is committed; fails with NOT_COMMITTED when the leadership ended meanwhile or the replicas did not
     *         have it in time
     * @throws BrokerException NOT_LEADER, NOT_ENOUGH_REPLICAS, UNAVAILABLE, when nothing was queued
     */
    public CompletableFuture<AppendResult> endTransaction(long producerId, short epoch, EndTransactionMarker marker, long timestamp,
                                                          long timeoutNanos) {
        replica.checkServing();
        long deadline = context.nanoTime() + timeoutNanos;
        ByteBuffer batch = marker.batch(producerId, epoch, timestamp);
        long bytes = batch.remaining();
        CompletableFuture<AppendResult> queued;
        int leadership;
        synchronized (replica) {
            replica.requireLeadership();
            leadership = replica.state().leadership();
            queued = queueMarker(producerId, epoch, batch);
        }
        return replica.unlessRetired(queued.thenCompose(appended -> appended(leadership, appended, bytes, Acks.ALL, deadline)));
    }

    /**
     * As above, for who alone writes the partition, and only in one leadership.
     *
     * @return what is written or committed may be the marker of before
     */
    public Appending endTransaction(long producerId, short epoch, EndTransactionMarker marker, long timestamp, int leadership) {
        replica.checkServing();
        ByteBuffer batch = marker.batch(producerId, epoch, timestamp);
        long bytes = batch.remaining();
        CompletableFuture<AppendResult> queued;
        synchronized (replica) {
            replica.requireLeadership(leadership);
            queued = queueMarker(producerId, epoch, batch);
        }
        return appending(leadership, queued, bytes);
    }

    /** Under the replica's lock. */
    private CompletableFuture<AppendResult> queueMarker(long producerId, short epoch, ByteBuffer batch) {
        ReplicaState state = replica.state();
        requireEnoughInSync(state);
        requireContact(state);
        transactions.end(state.leadership(), producerId, epoch);
        return log.directory().appendMarker(log, batch, state.leaderEpoch());
    }

    /**
     * As {@link #append(List, Acks, long)} with {@link Acks#ALL}, for who alone writes the partition, and only in one
     * leadership.
     *
     * @param leadership as of {@link ReplicaState#leadership()}
     * @throws BrokerException NOT_LEADER, NOT_ENOUGH_REPLICAS, UNAVAILABLE, when nothing was queued
     */
    public Appending append(List<ByteBuffer> batches, int leadership) {
        replica.checkServing();
        long bytes = sizeOf(batches);
        CompletableFuture<AppendResult> queued;
        synchronized (replica) {
            replica.requireLeadership(leadership);
            queued = queue(batches, Acks.ALL);
        }
        return appending(leadership, queued, bytes);
    }

    private Appending appending(int leadership, CompletableFuture<AppendResult> queued, long bytes) {
        CompletableFuture<AppendResult> committed = new CompletableFuture<>();
        return new Appending(replica.unlessRetired(queued.thenApply(appended -> {
            grown(leadership, appended, bytes, committed, never());
            return appended;
        })), committed);
    }

    /**
     * @return completes when everything before an offset of the log is committed, however long that takes; fails with
     *         NOT_COMMITTED when the leadership ended before
     * @throws BrokerException NOT_LEADER
     */
    public CompletableFuture<AppendResult> committed(long end, int leadership) {
        CompletableFuture<AppendResult> committed = new CompletableFuture<>();
        ReplicaShell.Consequences after;
        synchronized (replica) {
            replica.requireLeadership(leadership);
            replica.waiting().add(new AppendResult(end - 1, end - 1, -1), 0, committed, never());
            after = replica.enter(replica.state().logGrew(replica.moment()));
        }
        replica.carryOut(after);
        return committed;
    }

    private long never() {
        return context.nanoTime() + Long.MAX_VALUE / 2;
    }

    private static long sizeOf(List<ByteBuffer> batches) {
        return batches.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** Under the replica's lock, so that the epochs reach the log in their order. */
    private CompletableFuture<AppendResult> queue(List<ByteBuffer> batches, Acks acks) {
        ReplicaState state = replica.state();
        if (acks == Acks.ALL) {
            requireEnoughInSync(state);
            requireContact(state);
        }
        return log.append(batches, state.leaderEpoch());
    }

    /**
     * Out of touch with the agreement and with followers that it needs, it has probably been replaced, and could commit
     * nothing: whoever produces is told at once, and not when the time is over in which the replicas did not answer.
     */
    private void requireContact(ReplicaState state) {
        if (!state.isFollowedSince(context.nanoTime() - SILENCE_NANOS)) {
            context.requireLease();
        }
    }

    private void requireEnoughInSync(ReplicaState state) {
        int inSync = state.isr().size();
        int needed = replica.config().minInSyncReplicas();
        if (inSync < needed) {
            throw new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, ("partition %s has %d of %d replicas in sync,"
                    + " min.insync.replicas asks for %d: nothing was written; try again when more brokers are up")
                    .formatted(id, inSync, state.assignment().replicas().size(), needed));
        }
    }

    private CompletableFuture<AppendResult> appended(int leadership, AppendResult result, long bytes, Acks acks,
                                                     long deadline) {
        CompletableFuture<AppendResult> answer = new CompletableFuture<>();
        grown(leadership, result, bytes, acks == Acks.ALL ? answer : null, deadline);
        if (acks != Acks.ALL) {
            answerLeased(answer, result);
        }
        return answer;
    }

    /** @param committed who waits for that, or null */
    private void grown(int leadership, AppendResult result, long bytes, CompletableFuture<AppendResult> committed,
                       long deadline) {
        ReplicaShell.Consequences after;
        Set<Integer> followers;
        synchronized (replica) {
            ReplicaState state = replica.state();
            if (!state.isLeading() || state.leadership() != leadership) {
                throw new BrokerException(ErrorKind.NOT_COMMITTED, "partition " + id + " got another leader while the"
                        + " records were written: they may be lost; look, or send them again");
            }
            replica.waiting().add(result, bytes, committed, deadline);
            after = replica.enter(state.logGrew(replica.moment()));
            followers = replica.state().followers();
        }
        if (!followers.isEmpty()) {
            context.wake(id, followers);
        }
        replica.carryOut(after);
    }

    /** A process that was halted since the append began may have been replaced meanwhile. */
    private void answerLeased(CompletableFuture<AppendResult> answer, AppendResult result) {
        try {
            context.requireLease();
            answer.complete(result);
        } catch (BrokerException cutOff) {
            answer.completeExceptionally(new BrokerException(ErrorKind.NOT_COMMITTED, cutOff.getMessage()
                    + "; the records are written here, and may be lost", cutOff));
        }
    }

    /** Answers those who have waited too long for their records to be committed. */
    void expire() {
        List<WaitingAppends.Answer> expired;
        synchronized (replica) {
            expired = replica.waiting().expire(context.nanoTime(), new BrokerException(ErrorKind.NOT_COMMITTED,
                    "the in-sync replicas of partition " + id + " did not have the records in time: they are written"
                    + " here and may be committed yet"));
        }
        expired.forEach(WaitingAppends.Answer::give);
    }
}
