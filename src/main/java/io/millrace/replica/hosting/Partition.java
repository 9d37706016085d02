package io.millrace.replica.hosting;

import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicCatalog;
import io.millrace.metadata.TopicConfig;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.Asking;
import io.millrace.replica.core.Effect;
import io.millrace.replica.core.FollowerAnswer;
import io.millrace.replica.core.IsrProposal;
import io.millrace.replica.core.IsrRules;
import io.millrace.replica.core.LogSpan;
import io.millrace.replica.core.Moment;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.core.ReplicaState;
import io.millrace.replica.core.Transition;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A replica of a partition on this broker: its log, its {@link ReplicaState state}, and who waits for that to change.
 * The state decides; this shell feeds it events under its own lock, one at a time, and carries the effects out when the
 * lock is released. Thread-safe.
 */
public final class Partition implements PartitionSlot {
    private static final System.Logger LOG = System.getLogger(Partition.class.getName());
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();
    /** Followers that are up ask each second, also when there is nothing. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);
    /** Not the true size, which is not known of what an earlier leader appended: whoever waits looks again. */
    private static final long UNKNOWN_BYTES = 1L << 30;

    private final TopicPartition id;
    private final UUID topicId;
    private final PartitionLog log;
    private final ReplicaContext context;
    private final ParkedFetches parked;
    private final PartitionReads reads;
    private final FollowerChanges changes;
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
    /** A leader's batches that are being written, or null. Guarded by this. */
    private Writing writing;

    /**
     * A change of a follower's log.
     *
     * @param from   the log's end before
     * @param append whether batches are appended
     * @param done   completes when they are written, or the change is over otherwise
     */
    private record Writing(long from, boolean append, CompletableFuture<Void> done) {
    }

    /**
     * A leader's answer that is being taken over.
     *
     * @param written completes when the log has it, before it is as durable as the flush policy says
     * @param durable completes when that is so; fails when it could not be taken over
     */
    public record TakenOver(CompletableFuture<Void> written, CompletableFuture<?> durable) {
    }

    /** What is to be done when the lock is released. */
    private record Consequences(List<Effect> effects, List<WaitingAppends.Answer> answers, boolean committedMore) {
    }

    public Partition(TopicPartition id, UUID topicId, PartitionLog log, TopicConfig config, ReplicaContext context,
                     Executor wakers) {
        this.id = id;
        this.topicId = topicId;
        this.log = log;
        this.config = config;
        this.context = context;
        this.state = ReplicaState.opened(context.brokerId(), log.highWatermark());
        this.watermark = new Watermark(log.highWatermark(), 0);
        this.parked = new ParkedFetches(wakers, this::committedBytes);
        this.reads = new PartitionReads(this, log, context);
        this.changes = new FollowerChanges(id, log);
        log.onWritten(this::written);
    }

    @Override
    public UUID topicId() {
        return topicId;
    }

    @Override
    public TopicPartition id() {
        return id;
    }

    public String topic() {
        return id.topic();
    }

    public int partition() {
        return id.partition();
    }

    public PartitionLog log() {
        return log;
    }

    public TopicConfig config() {
        return config;
    }

    /** As of now; may be older than a change that is on its way. */
    public ReplicaState state() {
        return state;
    }

    /** Reads for consumers. */
    public PartitionReads reads() {
        return reads;
    }

    public long highWatermark() {
        return watermark.highWatermark();
    }

    Watermark watermark() {
        return watermark;
    }

    /** How many bytes were committed since the partition was opened. */
    public long committedBytes() {
        return watermark.bytes();
    }

    public ParkedFetches parked() {
        return parked;
    }

    void reconfigure(TopicConfig changed) {
        config = changed;
    }

    boolean isWritable() {
        return retired == null && log.isOnline();
    }

    /** Whether another in-sync replica is on one of these brokers. */
    public boolean hasOtherInSync(Set<Integer> brokers) {
        return state.isr().stream().anyMatch(replica -> replica != context.brokerId() && brokers.contains(replica));
    }

    // ---- events and effects

    private void on(Function<ReplicaState, Transition> event) {
        Consequences after;
        synchronized (this) {
            after = enter(event.apply(state));
        }
        carryOut(after);
    }

    private Moment moment() {
        return new Moment(context.nanoTime(), new LogSpan(log.logStartOffset(), log.logEndOffset(),
                log.durableEndOffset(), log.epochOfLastRecord()), config.minInSyncReplicas(), context.isAlone());
    }

    /** Under the lock. Also appends that are noted only now may be committed already: the log shows its end before. */
    private Consequences enter(Transition transition) {
        ReplicaState before = state;
        state = transition.state();
        log.raiseHighWatermark(state.highWatermark());
        if (state.leaderEpoch() > before.leaderEpoch()) {
            log.raiseEpochFloor(state.leaderEpoch());
        }
        if (before.isLeading() != state.isLeading() || before.assignment() == null) {
            log.leaveRetentionToLeader(!state.isLeading());
        }
        if (before.isLeading() && transition.effects().stream().anyMatch(Effect.LeadershipEnded.class::isInstance)) {
            return new Consequences(transition.effects(), waiting.end(leadershipOver()), noteWatermark(0));
        }
        WaitingAppends.Settled settled = waiting.settle(state.highWatermark());
        boolean ofEarlierLeader = state.isLeading() && before.highWatermark() < state.leadershipStart()
                && state.highWatermark() > before.highWatermark();
        boolean more = noteWatermark(settled.bytes() + (ofEarlierLeader ? UNKNOWN_BYTES : 0));
        return new Consequences(transition.effects(), settled.answers(), more);
    }

    private BrokerException leadershipOver() {
        BrokerException reason = retired;
        return reason != null ? reason : new BrokerException(ErrorKind.NOT_COMMITTED, notLeader().getMessage()
                + "; what was sent may have been written, and may yet be lost: look, or send it again");
    }

    private boolean noteWatermark(long bytes) {
        Watermark before = watermark;
        if (bytes > 0 || before.highWatermark() != state.highWatermark()) {
            watermark = new Watermark(state.highWatermark(), before.bytes() + bytes);
        }
        return bytes > 0;
    }

    private void carryOut(Consequences after) {
        for (Effect effect : after.effects()) {
            if (effect instanceof Effect.LeadershipBegan began) {
                LOG.log(Level.DEBUG, "leading {0} in epoch {1} from offset {2} on", id,
                        Integer.toString(began.epoch()), Long.toString(began.startOffset()));
            } else if (effect instanceof Effect.LeadershipEnded) {
                parked.expel(notLeader());
            } else if (effect instanceof Effect.WakeFollowers wake) {
                context.wake(wake.brokers());
            } else if (effect instanceof Effect.Confirm) {
                context.confirm(this);
            } else if (effect instanceof Effect.ProposeIsr) {
                context.proposeIsr(this);
            } else if (effect instanceof Effect.RefreshTopic) {
                context.refresh(id);
            }
        }
        after.answers().forEach(WaitingAppends.Answer::give);
        if (after.committedMore()) {
            parked.wake();
        }
    }

    /** Takes over what the register says; an older version is passed over. */
    public void assign(Topic.Assignment changed, long registerVersion) {
        on(now -> now.assigned(changed, registerVersion, moment()));
    }

    // ---- leading: producers

    /**
     * Queues whole batches. With {@link Acks#ALL} completes after the high watermark has passed them, else when the
     * log's flush policy holds.
     *
     * @return fails with NOT_COMMITTED when the leadership ended meanwhile or the replicas did not have them in time
     * @throws BrokerException NOT_LEADER, NOT_ENOUGH_REPLICAS, UNAVAILABLE, when nothing was queued
     */
    public CompletableFuture<AppendResult> append(List<ByteBuffer> batches, Acks acks, long timeoutNanos) {
        checkServing();
        if (acks != Acks.ALL) {
            context.requireLease();
        }
        long deadline = context.nanoTime() + timeoutNanos;
        long bytes = batches.stream().mapToLong(ByteBuffer::remaining).sum();
        CompletableFuture<AppendResult> queued;
        int leadership;
        synchronized (this) {
            requireLeadership();
            if (acks == Acks.ALL) {
                requireEnoughInSync();
                requireContact();
            }
            leadership = state.leadership();
            queued = log.append(batches, state.leaderEpoch()); // here, so that the epochs reach the log in their order
        }
        return unlessRetired(queued.thenCompose(appended -> appended(leadership, appended, bytes, acks, deadline)));
    }

    /**
     * Out of touch with the agreement and with followers that it needs, it has probably been replaced, and could commit
     * nothing: whoever produces is told at once, and not when the time is over in which the replicas did not answer.
     */
    private void requireContact() {
        if (!state.isFollowedSince(context.nanoTime() - SILENCE_NANOS)) {
            context.requireLease();
        }
    }

    private void requireEnoughInSync() {
        int inSync = state.isr().size();
        if (inSync < config.minInSyncReplicas()) {
            throw new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, ("partition %s has %d of %d replicas in sync,"
                    + " min.insync.replicas asks for %d: nothing was written; try again when more brokers are up")
                    .formatted(id, inSync, state.assignment().replicas().size(), config.minInSyncReplicas()));
        }
    }

    private CompletableFuture<AppendResult> appended(int leadership, AppendResult result, long bytes, Acks acks,
                                                     long deadline) {
        CompletableFuture<AppendResult> answer = new CompletableFuture<>();
        Consequences after;
        Set<Integer> followers;
        synchronized (this) {
            if (!state.isLeading() || state.leadership() != leadership) {
                throw new BrokerException(ErrorKind.NOT_COMMITTED, "partition " + id + " got another leader while the"
                        + " records were written: they may be lost; look, or send them again");
            }
            waiting.add(result, bytes, acks == Acks.ALL ? answer : null, deadline);
            after = enter(state.logGrew(moment()));
            followers = state.followers();
        }
        if (!followers.isEmpty()) {
            context.wake(followers);
        }
        carryOut(after);
        if (acks != Acks.ALL) {
            answerLeased(answer, result);
        }
        return answer;
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

    /** See {@link ReplicaState#confirmed}. */
    public void confirmed(Topic.Assignment found, int epoch, long end) {
        on(now -> now.confirmed(found, epoch, end, moment()));
    }

    /** The register could not be read; the next tick or append asks again. */
    public void notConfirmed() {
        on(ReplicaState::notConfirmed);
    }

    // ---- leading: followers

    /**
     * Answers one follower: notes how far it is, and reads what it lacks.
     *
     * @return null when there is nothing to tell
     */
    public ReplicaFetchResponse.Partition fetch(ReplicaFetchRequest.Partition request, int follower, String session,
                                                Asking asking, int maxBytes) {
        FollowerAnswer.Given given;
        Consequences after;
        synchronized (this) {
            given = state.asked(request, follower, session, log.endOffsetOf(request.lastFetchedEpoch()), asking,
                    moment());
            after = enter(given.transition());
        }
        carryOut(after);
        FollowerAnswer answer = given.answer();
        boolean more = request.fetchOffset() < log.logEndOffset();
        if (answer.outcome() == Outcome.BELOW_START) {
            return belowStart(answer);
        } else if (answer.outcome() != Outcome.OK) {
            return answer(answer, NOTHING);
        } else if (!more || maxBytes <= 0) {
            return answer.news() || more ? answer(answer, NOTHING) : null;
        }
        try {
            return answer(answer, log.read(request.fetchOffset(), Long.MAX_VALUE, maxBytes, ReadMemory.UNBOUNDED::take));
        } catch (CorruptLogException damage) {
            foundDamage(request.fetchOffset());
        } catch (RuntimeException failure) {
            LOG.log(Level.DEBUG, "a follower of " + id + " could not be answered", failure);
        }
        return answer(FollowerAnswer.of(Outcome.FAILED), NOTHING);
    }

    /** The log may start within a batch: the follower begins with the whole of it, and moves its own start then. */
    private ReplicaFetchResponse.Partition belowStart(FollowerAnswer answer) {
        long start = log.logStartOffset();
        try {
            ByteBuffer first = log.read(start, Long.MAX_VALUE, 1, ReadMemory.UNBOUNDED::take);
            return answer(answer, first.hasRemaining() ? RecordBatch.at(first).baseOffset() : start, NOTHING);
        } catch (RuntimeException failure) { // damaged there, or moved on meanwhile: the follower asks again
            LOG.log(Level.DEBUG, "the first batch of " + id + " could not be read for a follower", failure);
            return answer(FollowerAnswer.of(Outcome.FAILED), NOTHING);
        }
    }

    private ReplicaFetchResponse.Partition answer(FollowerAnswer answer, ByteBuffer batches) {
        return answer(answer, log.logStartOffset(), batches);
    }

    private ReplicaFetchResponse.Partition answer(FollowerAnswer answer, long logStart, ByteBuffer batches) {
        ReplicaState now = state;
        return new ReplicaFetchResponse.Partition(id, answer.outcome(), now.leaderEpoch(), now.highWatermark(), logStart,
                answer.diverging(), batches);
    }

    /** Regularly: looks for replicas that lag and appends that waited too long. */
    public void tick(long maxLagNanos) {
        List<WaitingAppends.Answer> expired;
        synchronized (this) {
            expired = waiting.expire(context.nanoTime(), new BrokerException(ErrorKind.NOT_COMMITTED,
                    "the in-sync replicas of partition " + id + " did not have the records in time: they are written"
                    + " here and may be committed yet"));
        }
        expired.forEach(WaitingAppends.Answer::give);
        on(now -> now.ticked(rules(maxLagNanos), moment()));
    }

    private IsrRules rules(long maxLagNanos) {
        Map<Integer, String> sessions = new HashMap<>();
        for (int replica : state.followers()) {
            String session = context.session(replica);
            if (session != null) {
                sessions.put(replica, session);
            }
        }
        return new IsrRules(maxLagNanos, sessions, context.isLeaving());
    }

    /**
     * How the ISR should change; from now on it counts as if that might be in the register. Empty: nothing to do.
     *
     * @param registerVersion over which it is about to be written
     */
    public synchronized Optional<IsrProposal> propose(long maxLagNanos, long registerVersion) {
        Optional<IsrProposal> proposal = state.isrProposal(rules(maxLagNanos), moment());
        proposal.ifPresent(wanted -> state = state.proposed(wanted, registerVersion).state());
        return proposal;
    }

    // ---- following

    /** What to ask the leader for; empty when this broker does not follow, or is still busy with the last answer. */
    public synchronized Optional<ReplicaFetchRequest.Partition> nextFetch() {
        return state.mayFetch() && log.isOnline() ? Optional.of(new ReplicaFetchRequest.Partition(id, topicId,
                state.leaderEpoch(), log.logEndOffset(), log.epochOfLastRecord(), log.durableEndOffset())) : Optional.empty();
    }

    /** Takes over what a leader answered. */
    public TakenOver replicate(int leader, ReplicaFetchRequest.Partition asked, ReplicaFetchResponse.Partition answer) {
        Consequences after;
        Optional<Effect.LogChange> change;
        Writing begun;
        synchronized (this) {
            LeaderEpochEnd own = answer.diverging() == null ? null : log.endOffsetOf(answer.diverging().epoch());
            after = enter(state.answered(leader, asked, answer, own, moment()));
            change = after.effects().stream().filter(Effect.LogChange.class::isInstance)
                    .map(Effect.LogChange.class::cast).findFirst();
            begun = new Writing(asked.fetchOffset(), change.filter(Effect.AppendBatches.class::isInstance).isPresent(),
                    new CompletableFuture<>());
            if (begun.append()) {
                writing = begun;
            }
        }
        carryOut(after);
        CompletableFuture<?> changed = change.<CompletableFuture<?>>map(one -> changes.begin(one, answer)
                .whenComplete((done, failure) -> durable(begun, failure == null ? answer : null)))
                .orElse(CompletableFuture.completedFuture(null));
        changed.whenComplete((done, failure) -> begun.done().complete(null));
        return new TakenOver(begun.done(), changed);
    }

    /** Records are written and not yet forced: followers may copy them, and the next ones be fetched. The log's writer. */
    private void written() {
        Writing over = null;
        Consequences after = null;
        Set<Integer> followers;
        synchronized (this) {
            followers = state.followers();
            if (writing != null && log.logEndOffset() > writing.from()) {
                over = writing;
                writing = null;
                after = enter(state.logWritten(moment()));
            }
        }
        if (!followers.isEmpty()) {
            context.wake(followers);
        }
        if (over != null) {
            carryOut(after);
            over.done().complete(null);
        }
    }

    /** @param answer null when it could not be taken over */
    private void durable(Writing begun, ReplicaFetchResponse.Partition answer) {
        // What the leader has committed says something about this log only where the two agree.
        long committed = answer != null && answer.outcome() == Outcome.OK ? answer.highWatermark() : 0;
        Consequences after;
        synchronized (this) {
            boolean toldBefore = begun.append() && writing != begun;
            if (!toldBefore) {
                writing = null;
            }
            after = enter(toldBefore ? state.logForced(committed, moment()) : state.logChanged(committed, moment()));
        }
        carryOut(after);
    }

    // ---- healing

    /** A batch here is damaged, the one that holds this offset. Any thread. */
    public void foundDamage(long offset) {
        on(now -> now.foundDamage(offset));
        context.damaged(this);
    }

    /**
     * From now on the log is another's to change, until {@link #endHealing} or {@link #putHealingOff}; only while this broker follows and does not
     * count as in sync.
     *
     * @return an offset of the batch that is damaged; empty when there is none, or nothing can be done now
     */
    public synchronized OptionalLong beginHealing() {
        if (!state.mayHeal()) {
            return OptionalLong.empty();
        }
        enter(state.healing());
        return OptionalLong.of(state.damaged().first());
    }

    /** The damage at an offset is gone, or cannot be mended. */
    public void endHealing(long damagedAt) {
        on(now -> now.healed(damagedAt, moment()));
    }

    /** Healing did not work now, and is tried again. */
    public void putHealingOff() {
        on(now -> now.logChanged(0, moment()));
    }

    // ---- deletion, and the end

    /** @throws BrokerException OFFSET_OUT_OF_RANGE, NOT_LEADER */
    public CompletableFuture<Long> deleteRecordsBefore(long offset) {
        reads.check();
        if (offset > highWatermark()) {
            throw reads.outOfRange(offset);
        }
        return unlessRetired(log.deleteRecordsBefore(offset)).thenApply(start -> {
            on(now -> now.startMoved(start));
            return start;
        });
    }

    /** From now on everything is answered with this, also what is parked; the log stays as it is. */
    void retire(BrokerException reason) {
        Consequences after;
        synchronized (this) {
            retired = reason;
            after = enter(state.retired());
        }
        parked.close(reason);
        carryOut(after);
    }

    /** A log that goes away under a request fails it in the log's words; that the topic was deleted says more. */
    private <T> CompletableFuture<T> unlessRetired(CompletableFuture<T> change) {
        return change.exceptionally(failure -> {
            checkServing();
            throw BrokerErrors.translate(failure);
        });
    }

    void checkServing() {
        BrokerException reason = retired;
        if (reason != null) {
            throw new BrokerException(reason.kind(), reason.getMessage(), reason);
        }
    }

    /** @throws BrokerException NOT_LEADER, or why the partition serves nothing any more */
    public void requireLeadership() {
        checkServing();
        if (!state.isLeading()) {
            throw notLeader();
        }
    }

    private BrokerException notLeader() {
        return new BrokerException(ErrorKind.NOT_LEADER, state.leader() < 0
                ? "partition " + id + " has no leader now: no in-sync replica is up; try again later"
                : "broker " + context.brokerId() + " does not lead partition " + id + " (any more): try again in a moment");
    }
}
