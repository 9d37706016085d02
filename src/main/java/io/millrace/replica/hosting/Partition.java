package io.millrace.replica.hosting;

import io.millrace.log.CorruptLogException;
import io.millrace.log.IsolationLevel;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.Asking;
import io.millrace.replica.core.FollowerAnswer;
import io.millrace.replica.core.IsrProposal;
import io.millrace.replica.core.IsrRules;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaState;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A replica of a partition on this broker: its log, its {@link ReplicaState state}, and what leaders, followers and
 * consumers do with it. The state decides; a {@link ReplicaShell shell} feeds it events and carries the effects out.
 * Thread-safe.
 */
public final class Partition implements PartitionSlot {
    private static final System.Logger LOG = System.getLogger(Partition.class.getName());
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final TopicPartition id;
    private final UUID topicId;
    private final PartitionLog log;
    private final ReplicaContext context;
    private final ReplicaShell replica;
    private final PartitionReads reads;
    private final PartitionAppends appends;
    private final FollowerChanges changes;

    /**
     * A leader's answer that is being taken over.
     *
     * @param written completes when the log has it, before it is as durable as the flush policy says
     * @param durable completes when that is so; fails when it could not be taken over
     */
    public record TakenOver(CompletableFuture<Void> written, CompletableFuture<?> durable) {
    }

    public Partition(TopicPartition id, UUID topicId, PartitionLog log, TopicConfig config, ReplicaContext context,
                     Executor wakers) {
        this.id = id;
        this.topicId = topicId;
        this.log = log;
        this.context = context;
        this.replica = new ReplicaShell(this, log, config, context, wakers);
        this.reads = new PartitionReads(this, log, context);
        this.appends = new PartitionAppends(id, log, replica, context);
        this.changes = new FollowerChanges(id, log, replica);
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
        return replica.config();
    }

    /** As of now; may be older than a change that is on its way. */
    public ReplicaState state() {
        return replica.state();
    }

    /** Its state, under the lock that guards it. */
    ReplicaShell replica() {
        return replica;
    }

    /** What producers append. */
    public PartitionAppends appends() {
        return appends;
    }

    /** What consumers read. */
    public PartitionReads reads() {
        return reads;
    }

    public long highWatermark() {
        return replica.watermark().highWatermark();
    }

    Watermark watermark() {
        return replica.watermark();
    }

    /** How many bytes came that such a reader may read, since the partition was opened; or more. */
    public long readableBytes(IsolationLevel isolation) {
        return replica.watermark().bytes(isolation);
    }

    public ParkedFetches parked(IsolationLevel isolation) {
        return replica.parked(isolation);
    }

    void reconfigure(TopicConfig changed) {
        replica.reconfigure(changed);
    }

    boolean isWritable() {
        return !replica.isRetired() && log.isOnline();
    }

    /** Whether another in-sync replica is on one of these brokers. */
    public boolean hasOtherInSync(Set<Integer> brokers) {
        return state().isr().stream().anyMatch(other -> other != context.brokerId() && brokers.contains(other));
    }

    /** Takes over what the register says; an older version is passed over. */
    public void assign(Topic.Assignment changed, long registerVersion) {
        replica.on(now -> now.assigned(changed, registerVersion, replica.moment()));
    }

    // ---- leading

    /** See {@link ReplicaState#confirmed}. */
    public void confirmed(Topic.Assignment found, int epoch, long end) {
        replica.on(now -> now.confirmed(found, epoch, end, replica.moment()));
    }

    /** The register could not be read; the next tick or append asks again. */
    public void notConfirmed() {
        replica.on(ReplicaState::notConfirmed);
    }

    /**
     * Answers one follower: notes how far it is, and reads what it lacks.
     *
     * @return null when there is nothing to tell
     */
    public ReplicaFetchResponse.Partition fetch(ReplicaFetchRequest.Partition request, int follower, String session,
                                                Asking asking, int maxBytes) {
        FollowerAnswer.Given given;
        ReplicaShell.Consequences after;
        synchronized (replica) {
            given = state().asked(request, follower, session, log.endOffsetOf(request.lastFetchedEpoch()), asking,
                    replica.moment());
            after = replica.enter(given.transition());
        }
        replica.carryOut(after);
        FollowerAnswer answer = given.answer();
        boolean more = request.fetchOffset() < log.logEndOffset();
        if (answer.outcome() == Outcome.BELOW_START) {
            return belowStart(request, answer, maxBytes);
        } else if (answer.outcome() != Outcome.OK) {
            return answer(answer, NOTHING);
        } else if (!more || maxBytes <= 0) {
            return answer.news() || more ? answer(answer, NOTHING) : null;
        }
        try {
            ByteBuffer found = log.read(request.fetchOffset(), Long.MAX_VALUE, maxBytes, ReadMemory.UNBOUNDED::take);
            return endsWithin(request, found)
                    ? answer(FollowerAnswer.of(Outcome.BELOW_START), RecordBatch.at(found).baseOffset(), NOTHING)
                    : answer(answer, found);
        } catch (CorruptLogException damage) {
            foundDamage(request.fetchOffset());
        } catch (RuntimeException failure) {
            LOG.log(Level.DEBUG, "a follower of " + id + " could not be answered", failure);
        }
        return answer(FollowerAnswer.of(Outcome.FAILED), NOTHING);
    }

    /** Whether a follower's records end where none of this log's do, which its epoch does not tell where that has gone here. */
    private static boolean endsWithin(ReplicaFetchRequest.Partition request, ByteBuffer found) {
        if (request.lastFetchedEpoch() < 0 || !found.hasRemaining()) {
            return false;
        }
        RecordBatch first = RecordBatch.at(found);
        return first.baseOffset() < request.fetchOffset() && first.recordCount() > 0;
    }

    /**
     * The log may start within a batch: a follower without records begins with the whole of it, and moves its own start
     * then. Any other is told to begin anew there.
     */
    private ReplicaFetchResponse.Partition belowStart(ReplicaFetchRequest.Partition request, FollowerAnswer answer, int maxBytes) {
        long start = log.logStartOffset();
        try {
            ByteBuffer found = log.read(start, Long.MAX_VALUE, Math.max(1, maxBytes), ReadMemory.UNBOUNDED::take);
            long first = found.hasRemaining() ? RecordBatch.at(found).baseOffset() : start;
            boolean begins = request.lastFetchedEpoch() < 0 && request.fetchOffset() == first && first < start;
            return begins ? answer(FollowerAnswer.of(Outcome.OK), start, found) : answer(answer, first, NOTHING);
        } catch (RuntimeException failure) { // damaged there, or moved on meanwhile: the follower asks again
            LOG.log(Level.DEBUG, "the first batch of " + id + " could not be read for a follower", failure);
            return answer(FollowerAnswer.of(Outcome.FAILED), NOTHING);
        }
    }

    private ReplicaFetchResponse.Partition answer(FollowerAnswer answer, ByteBuffer batches) {
        return answer(answer, log.logStartOffset(), batches);
    }

    private ReplicaFetchResponse.Partition answer(FollowerAnswer answer, long logStart, ByteBuffer batches) {
        ReplicaState now = state();
        return new ReplicaFetchResponse.Partition(id, answer.outcome(), now.leaderEpoch(), now.highWatermark(), logStart,
                answer.diverging(), batches);
    }

    /** The present leadership of this broker; empty when it does not lead. */
    public Optional<Leadership> leadership() {
        return Leadership.of(this, context);
    }

    /** Regularly: looks for replicas that lag and appends that waited too long. */
    public void tick(long maxLagNanos) {
        appends.expire();
        replica.on(now -> now.ticked(rules(maxLagNanos), replica.moment()));
    }

    private IsrRules rules(long maxLagNanos) {
        Map<Integer, String> sessions = new HashMap<>();
        for (int follower : state().followers()) {
            String session = context.session(follower);
            if (session != null) {
                sessions.put(follower, session);
            }
        }
        return new IsrRules(maxLagNanos, sessions, context.isLeaving());
    }

    /**
     * How the ISR should change; from now on it counts as if that might be in the register. Empty: nothing to do.
     *
     * @param registerVersion over which it is about to be written
     */
    public Optional<IsrProposal> propose(long maxLagNanos, long registerVersion) {
        ReplicaShell.Consequences after;
        Optional<IsrProposal> proposal;
        synchronized (replica) {
            ReplicaState now = state();
            proposal = now.isrProposal(rules(maxLagNanos), replica.moment());
            if (proposal.isEmpty()) {
                return proposal;
            }
            after = replica.enter(now.proposed(proposal.get(), registerVersion));
        }
        replica.carryOut(after);
        return proposal;
    }

    // ---- following

    /** What to ask the leader for; empty when this broker does not follow, or is still busy with the last answer. */
    public Optional<ReplicaFetchRequest.Partition> nextFetch() {
        synchronized (replica) {
            ReplicaState now = state();
            return now.mayFetch() && log.isOnline() ? Optional.of(new ReplicaFetchRequest.Partition(id, topicId,
                    now.leaderEpoch(), log.logEndOffset(), log.epochOfLastRecord(), log.durableEndOffset())) : Optional.empty();
        }
    }

    /** Takes over what a leader answered. */
    public TakenOver replicate(int leader, ReplicaFetchRequest.Partition asked, ReplicaFetchResponse.Partition answer) {
        return changes.takeOver(leader, asked, answer);
    }

    /** Records are written and not yet forced: followers may copy them, and the next ones be fetched. The log's writer. */
    private void written() {
        Set<Integer> followers = state().followers();
        if (!followers.isEmpty()) {
            context.wake(id, followers);
        }
        changes.written();
    }

    // ---- healing

    /** A batch here is damaged, the one that holds this offset. Any thread. */
    public void foundDamage(long offset) {
        replica.on(now -> now.foundDamage(offset));
        context.damaged(this);
    }

    /**
     * From now on the log is another's to change, until {@link #endHealing} or {@link #putHealingOff}; only while this
     * broker follows and does not count as in sync.
     *
     * @return an offset of the batch that is damaged; empty when there is none, or nothing can be done now
     */
    public OptionalLong beginHealing() {
        synchronized (replica) {
            ReplicaState now = state();
            if (!now.mayHeal()) {
                return OptionalLong.empty();
            }
            replica.enter(now.healing());
            return OptionalLong.of(now.damaged().first());
        }
    }

    /** The damage at an offset is gone, or cannot be mended. */
    public void endHealing(long damagedAt) {
        replica.on(now -> now.healed(damagedAt, replica.moment()));
    }

    /** Healing did not work now, and is tried again. */
    public void putHealingOff() {
        replica.on(now -> now.logChanged(0, replica.moment()));
    }

    // ---- deletion, and the end

    /** @throws BrokerException OFFSET_OUT_OF_RANGE, NOT_LEADER, POLICY_VIOLATION where records of the topic are not deleted */
    public CompletableFuture<Long> deleteRecordsBefore(long offset) {
        reads.check();
        if (!config().log().cleanup().deletes()) {
            throw new BrokerException(ErrorKind.POLICY_VIOLATION, ("topic '%s' is compacted and deletes nothing: set its"
                    + " cleanup.policy to compact,delete or delete first, or send tombstones").formatted(id.topic()));
        }
        if (offset > highWatermark()) {
            throw reads.outOfRange(offset);
        }
        return replica.unlessRetired(log.deleteRecordsBefore(offset)).thenApply(start -> {
            replica.on(now -> now.startMoved(start));
            return start;
        });
    }

    /** From now on everything is answered with this, also what is parked; the log stays as it is. */
    void retire(BrokerException reason) {
        replica.retire(reason);
    }

    void checkServing() {
        replica.checkServing();
    }

    /** @throws BrokerException NOT_LEADER, or why the partition serves nothing any more */
    public void requireLeadership() {
        replica.requireLeadership();
    }
}
