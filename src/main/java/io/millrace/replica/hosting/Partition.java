package io.millrace.replica.hosting;

import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogQueueFullException;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicCatalog;
import io.millrace.metadata.TopicConfig;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.Acks;
import io.millrace.replica.core.FetchPosition;
import io.millrace.replica.core.FetchResult;
import io.millrace.replica.core.Follower;
import io.millrace.replica.core.Leadership;
import io.millrace.replica.core.PartitionOffsets;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaFetchResponse.EpochEnd;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.core.Watermark;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;

/**
 * A replica of a partition on this broker: its log, its role in the present leader epoch, its high watermark, and who
 * waits for that to move. Thread-safe; the role changes under the object's own lock only.
 *
 * <p>As a leader it counts a record as committed once every in-sync replica has it, and moves the high watermark only
 * while there are as many in-sync replicas as the topic asks for. As a follower it takes over what its leader sends,
 * and cuts its log where the leader's epochs say that the two differ, never by the high watermark. Sources: Kafka's
 * KIP-101 and KIP-595 (truncation by epochs, found out in the fetch), KIP-497 (the maximal ISR), KIP-966 (the high
 * watermark stands while the ISR is too small).
 */
public final class Partition implements PartitionSlot {
    private static final System.Logger LOG = System.getLogger(Partition.class.getName());
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();
    private static final int NO_EPOCH = -1;

    private final TopicPartition id;
    private final UUID topicId;
    private final ReplicaLog log;
    private final ReplicaContext context;
    private final ParkedFetches parked;
    private volatile Watermark watermark;
    /** Replaced under the topic's lock, see {@link TopicCatalog}. */
    private volatile TopicConfig config;
    /** Why the partition serves nothing any more, once it was retired. */
    private volatile BrokerException retired;

    // Guarded by this.
    private Topic.Assignment assignment;
    private long version = -1;
    /** Null unless this broker leads. */
    private Leadership leadership;
    /** Whether a follower's change of the log is under way: a new leadership begins only after it. */
    private boolean replicating;
    private boolean confirming;

    public Partition(TopicPartition id, UUID topicId, ReplicaLog log, TopicConfig config, ReplicaContext context,
              Executor wakers) {
        this.id = id;
        this.topicId = topicId;
        this.log = log;
        this.config = config;
        this.context = context;
        this.watermark = new Watermark(log.startOffset(), 0);
        this.parked = new ParkedFetches(wakers, this::committedBytes);
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

    public ReplicaLog log() {
        return log;
    }

    public TopicConfig config() {
        return config;
    }

    public long highWatermark() {
        return watermark.highWatermark();
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

    // ---- roles

    /** Takes over what the register says; an older version is passed over. */
    public void assign(Topic.Assignment changed, long registerVersion) {
        List<Runnable> tell = new ArrayList<>();
        synchronized (this) {
            if (registerVersion <= version) {
                return;
            }
            version = registerVersion;
            assignment = changed;
            takeRole(tell);
        }
        tell.forEach(Runnable::run);
    }

    /** Under the lock. */
    private void takeRole(List<Runnable> tell) {
        boolean leads = assignment.leader() == context.brokerId() && retired == null;
        if (leads && leadership != null && assignment.leaderEpoch() == leadership.epoch() + 1) {
            List<Integer> followers = List.copyOf(leadership.followers());
            leadership.goOnIn(assignment.leaderEpoch());
            tell.add(() -> context.wake(followers));
        }
        if (leadership != null && (!leads || leadership.epoch() != assignment.leaderEpoch())) {
            BrokerException over = notLeader();
            leadership.end(new BrokerException(ErrorKind.NOT_COMMITTED, over.getMessage()
                    + "; what was sent may have been written, and may yet be lost: look, or send it again"), tell);
            List<Integer> followers = List.copyOf(leadership.followers());
            leadership = null;
            tell.add(() -> parked.expel(over));
            tell.add(() -> context.wake(followers));
        }
        if (leads && leadership == null && !replicating) {
            leadership = new Leadership(context.brokerId(), assignment.leaderEpoch(), log.endOffset());
            LOG.log(Level.DEBUG, "leading {0} in epoch {1} from offset {2} on", id,
                    Integer.toString(assignment.leaderEpoch()), Long.toString(log.endOffset()));
        }
        if (leadership != null) {
            leadership.assigned(assignment, version, context.nanoTime());
            advance(tell);
        }
    }

    /** The broker to follow, or empty when this one leads or nobody does. */
    public synchronized Optional<Integer> leaderToFollow() {
        boolean follows = assignment != null && retired == null && assignment.leader() != context.brokerId()
                && assignment.leader() >= 0 && assignment.replicas().contains(context.brokerId());
        return follows ? Optional.of(assignment.leader()) : Optional.empty();
    }

    /** Whether the register counts this replica as in sync. */
    public synchronized boolean isInSync() {
        return assignment != null && assignment.isr().contains(context.brokerId());
    }

    /** Whether any replica at all counts as in sync. */
    synchronized boolean hasInSync() {
        return assignment != null && !assignment.isr().isEmpty();
    }

    /** Whether another in-sync replica is on one of these brokers. */
    public synchronized boolean hasOtherInSync(Set<Integer> brokers) {
        return assignment != null && assignment.isr().stream()
                .anyMatch(replica -> replica != context.brokerId() && brokers.contains(replica));
    }

    public synchronized boolean isLeader() {
        return leadership != null;
    }

    boolean isWritable() {
        return retired == null && log.isOnline();
    }

    public synchronized int leaderEpoch() {
        return assignment == null ? NO_EPOCH : assignment.leaderEpoch();
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
        Leadership led;
        CompletableFuture<AppendResult> queued;
        synchronized (this) {
            led = requireLeadership();
            if (acks == Acks.ALL && led.isr().size() < config.minInSyncReplicas()) {
                throw new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, ("partition %s has %d of %d replicas in sync,"
                        + " min.insync.replicas asks for %d: nothing was written; try again when more brokers are up")
                        .formatted(id, led.isr().size(), led.replicas().size(), config.minInSyncReplicas()));
            }
            queued = log.append(batches, led.epoch()); // here, so that the epochs reach the log in their order
        }
        return unlessRetired(queued.thenCompose(appended -> appended(led, appended, bytes, acks, deadline)));
    }

    private CompletableFuture<AppendResult> appended(Leadership led, AppendResult result, long bytes, Acks acks,
                                                     long deadline) {
        CompletableFuture<AppendResult> answer = new CompletableFuture<>();
        List<Runnable> tell = new ArrayList<>(2);
        Set<Integer> followers;
        synchronized (this) {
            if (leadership != led) {
                throw new BrokerException(ErrorKind.NOT_COMMITTED, "partition " + id + " got another leader while the"
                        + " records were written: they may be lost; look, or send them again");
            }
            led.appended(result, bytes, acks == Acks.ALL ? answer : null, deadline);
            if (acks != Acks.ALL) {
                tell.add(() -> answerLeased(answer, result));
            }
            advance(tell);
            followers = led.followers();
        }
        if (!followers.isEmpty()) {
            context.wake(followers);
        }
        tell.forEach(Runnable::run);
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

    /** Under the lock: moves the high watermark as far as it may go. */
    private void advance(List<Runnable> tell) {
        long end = leadership.replicatedEnd(log.endOffset());
        boolean enough = leadership.isr().size() >= Math.min(config.minInSyncReplicas(), leadership.replicas().size());
        if (!enough) {
            return;
        }
        if (leadership.isAloneInSync() && !context.isAlone()) {
            if (leadership.confirmedEnd() < end && !confirming) {
                confirming = true;
                tell.add(() -> context.confirm(this));
            }
            end = Math.min(end, leadership.confirmedEnd());
        }
        long before = watermark.highWatermark();
        long after = Math.max(before, end);
        // Also what is noted only now: the log shows the end of several appends before each of them is told.
        long bytes = leadership.commit(before, after, tell);
        if (after > before || bytes > 0) {
            watermark = new Watermark(after, watermark.bytes() + bytes);
            tell.add(parked::wake);
        }
    }

    /**
     * The topic's register was read, after {@code end} was the log's end: when this broker still leads in this epoch,
     * everything below is certainly no zombie's. A sole in-sync replica asks for it before it calls anything committed,
     * because no follower's refusal would tell it that its time is over.
     */
    public void confirmed(Topic.Assignment found, int epoch, long end) {
        List<Runnable> tell = new ArrayList<>();
        synchronized (this) {
            confirming = false;
            if (leadership != null && leadership.epoch() == epoch && found.leaderEpoch() == epoch
                    && found.leader() == context.brokerId() && found.isr().equals(List.of(context.brokerId()))) {
                leadership.confirmed(end);
                advance(tell);
            }
        }
        tell.forEach(Runnable::run);
    }

    /** The register could not be read; the next tick or append asks again. */
    public synchronized void notConfirmed() {
        confirming = false;
    }

    // ---- leading: followers

    /**
     * Answers one follower: notes how far it is, and reads what it lacks.
     *
     * @return null when there is nothing to tell
     */
    public ReplicaFetchResponse.Partition fetch(ReplicaFetchRequest.Partition request, int follower, String session,
                                         int maxBytes) {
        List<Runnable> tell = new ArrayList<>();
        ReplicaFetchResponse.Partition answer;
        synchronized (this) {
            answer = examine(request, follower, session, tell);
        }
        tell.forEach(Runnable::run);
        if (answer == null || answer.outcome() != Outcome.OK || maxBytes <= 0) {
            return answer;
        }
        ByteBuffer batches = NOTHING;
        if (request.fetchOffset() < log.endOffset()) {
            try {
                batches = log.read(request.fetchOffset(), Long.MAX_VALUE, maxBytes, ReadMemory.UNBOUNDED::take);
            } catch (CorruptLogException damage) {
                context.damaged(this, request.fetchOffset());
                return outcome(Outcome.FAILED, null);
            } catch (RuntimeException failure) {
                LOG.log(Level.DEBUG, "a follower of " + id + " could not be answered", failure);
                return outcome(Outcome.FAILED, null);
            }
        }
        return new ReplicaFetchResponse.Partition(id, Outcome.OK, answer.leaderEpoch(), answer.highWatermark(),
                answer.logStartOffset(), null, batches);
    }

    /** Under the lock: what to answer, without the batches; null: OK, and nothing but batches could be new. */
    private ReplicaFetchResponse.Partition examine(ReplicaFetchRequest.Partition request, int follower,
                                                   String session, List<Runnable> tell) {
        Leadership led = leadership;
        if (led == null) {
            if (request.leaderEpoch() > leaderEpoch()) {
                tell.add(() -> context.refresh(topic()));
            }
            return outcome(Outcome.NOT_LEADER, null);
        } else if (request.leaderEpoch() > led.epoch()) {
            tell.add(() -> context.refresh(topic()));
            return outcome(Outcome.UNKNOWN_EPOCH, null);
        } else if (request.leaderEpoch() < led.epoch()) {
            return outcome(Outcome.FENCED_EPOCH, null);
        }
        Follower state = led.follower(follower, session, context.nanoTime());
        if (state == null) {
            return outcome(Outcome.NOT_LEADER, null);
        } else if (request.fetchOffset() < log.startOffset()) {
            return outcome(Outcome.BELOW_START, null);
        }
        LeaderEpochEnd agreed = log.endOffsetOf(request.lastFetchedEpoch());
        boolean same = agreed.epoch() == request.lastFetchedEpoch() && request.fetchOffset() <= agreed.endOffset();
        boolean allBeforeStart = agreed.epoch() == LeaderEpochEnd.NO_EPOCH
                && request.fetchOffset() <= agreed.endOffset();
        if (!same && !allBeforeStart) {
            return outcome(Outcome.DIVERGED, new EpochEnd(agreed.epoch(), agreed.endOffset()));
        }
        long now = context.nanoTime();
        state.fetched(request.fetchOffset(), log.endOffset(), now);
        advance(tell);
        if (!led.isr().contains(follower) && !led.isProposing()
                && state.endOffset() >= Math.max(highWatermark(), led.startOffset())) {
            tell.add(() -> context.proposeIsr(this));
        }
        boolean news = state.tell(highWatermark(), log.startOffset());
        return news || request.fetchOffset() < log.endOffset() ? outcome(Outcome.OK, null) : null;
    }

    private ReplicaFetchResponse.Partition outcome(Outcome outcome, EpochEnd diverging) {
        return new ReplicaFetchResponse.Partition(id, outcome, leaderEpoch(), highWatermark(), log.startOffset(),
                diverging, NOTHING);
    }

    /** Regularly: looks for replicas that lag and appends that waited too long. */
    public void tick(long maxLagNanos) {
        List<Runnable> tell = new ArrayList<>();
        synchronized (this) {
            if (leadership == null) {
                return;
            }
            long now = context.nanoTime();
            leadership.expire(now, new BrokerException(ErrorKind.NOT_COMMITTED, "the in-sync replicas of partition "
                    + id + " did not have the records in time: they are written here and may be committed yet"), tell);
            if (leadership.isProposing() || !desiredIsr(maxLagNanos).equals(leadership.isr())) {
                tell.add(() -> context.proposeIsr(this));
            }
            advance(tell);
        }
        tell.forEach(Runnable::run);
    }

    private Set<Integer> desiredIsr(long maxLagNanos) {
        Set<Integer> desired = leadership.desiredIsr(highWatermark(), log.endOffset(), context.nanoTime(), maxLagNanos,
                context::session);
        if (context.isLeaving()) {
            desired.addAll(leadership.isr());
        }
        return desired;
    }

    /** How a leader wants the ISR changed, in the epoch in which it leads. */
    public record IsrProposal(int leaderEpoch, Set<Integer> in, Set<Integer> out) {
    }

    /**
     * How the ISR should change; from now on it counts as if that might be in the register. Empty: nothing to do.
     *
     * @param registerVersion over which it is about to be written
     */
    public synchronized Optional<IsrProposal> propose(long maxLagNanos, long registerVersion) {
        if (leadership == null) {
            return Optional.empty();
        }
        Set<Integer> desired = desiredIsr(maxLagNanos);
        if (desired.equals(leadership.isr()) && !leadership.isProposing()) {
            return Optional.empty();
        }
        Set<Integer> in = new TreeSet<>(desired);
        in.removeAll(leadership.isr());
        Set<Integer> out = new TreeSet<>(leadership.isr());
        out.removeAll(desired);
        leadership.propose(desired, registerVersion);
        return Optional.of(new IsrProposal(leadership.epoch(), in, out));
    }

    // ---- following

    /** What to ask the leader for; empty when this broker does not follow, or is still busy with the last answer. */
    public synchronized Optional<ReplicaFetchRequest.Partition> nextFetch() {
        if (replicating || leaderToFollow().isEmpty() || !log.isOnline()) {
            return Optional.empty();
        }
        return Optional.of(new ReplicaFetchRequest.Partition(id, topicId, assignment.leaderEpoch(), log.endOffset(),
                log.lastEpoch()));
    }

    /**
     * Takes over what a leader answered, unless it is no longer the leader that is followed, or the log is no longer as
     * it was when the leader was asked: a late answer must not cut what came after it.
     *
     * @return completes when the log has it; fails when it could not be taken over
     */
    public CompletableFuture<?> replicate(int leader, ReplicaFetchRequest.Partition asked,
                                   ReplicaFetchResponse.Partition answer) {
        synchronized (this) {
            if (replicating || leaderToFollow().filter(followed -> followed == leader).isEmpty()) {
                return CompletableFuture.completedFuture(null);
            }
            if (answer.outcome() == Outcome.FENCED_EPOCH || answer.outcome() == Outcome.NOT_LEADER) {
                context.refresh(topic());
            }
            if (answer.leaderEpoch() != assignment.leaderEpoch() || asked.leaderEpoch() != assignment.leaderEpoch()
                    || asked.fetchOffset() != log.endOffset() || asked.lastFetchedEpoch() != log.lastEpoch()) {
                return CompletableFuture.completedFuture(null);
            }
            replicating = true;
        }
        CompletableFuture<?> change;
        try {
            change = change(answer);
        } catch (LogQueueFullException busy) {
            change = CompletableFuture.failedFuture(busy);
        } catch (RuntimeException failure) {
            change = CompletableFuture.failedFuture(failure);
        }
        return change.whenComplete((done, failure) -> replicated(answer, failure == null));
    }

    private CompletableFuture<?> change(ReplicaFetchResponse.Partition answer) {
        switch (answer.outcome()) {
            case DIVERGED:
                return log.truncateTo(truncationPoint(answer.diverging()));
            case BELOW_START:
                LOG.log(Level.WARNING, "{0}: the leader has nothing left before offset {1}: this replica begins there",
                        id, Long.toString(answer.logStartOffset()));
                return log.startAt(answer.logStartOffset());
            case OK:
                break;
            default:
                return CompletableFuture.completedFuture(null);
        }
        if (answer.batches().hasRemaining()) {
            for (RecordBatch batch : RecordBatch.in(answer.batches())) {
                if (!batch.checksumMatches()) {
                    throw new IllegalStateException("the leader of " + id + " sent a damaged batch at offset "
                            + batch.baseOffset());
                } else if (batch.leaderEpoch() > answer.leaderEpoch()) {
                    throw new IllegalStateException("the leader of " + id + ", of epoch " + answer.leaderEpoch()
                            + ", sent a batch of epoch " + batch.leaderEpoch() + " at offset " + batch.baseOffset());
                }
            }
            return RecordBatch.at(answer.batches()).baseOffset() == log.endOffset()
                    ? log.appendReplicated(answer.batches()) : CompletableFuture.completedFuture(null);
        }
        long start = Math.min(answer.logStartOffset(), log.endOffset());
        return start > log.startOffset() ? log.deleteRecordsBefore(start) : CompletableFuture.completedFuture(null);
    }

    /** Where the two logs part: the end of the newest epoch that both have, in whichever it is shorter. */
    private long truncationPoint(EpochEnd leaders) {
        long own = log.endOffsetOf(leaders.epoch()).endOffset();
        long point = Math.max(log.startOffset(), Math.min(own, leaders.endOffset()));
        LOG.log(Level.INFO, "{0}: cutting the log from {1} back to {2}, where it parts from the leader''s", id,
                Long.toString(log.endOffset()), Long.toString(point));
        return point;
    }

    /**
     * Cuts off what is damaged, and what is behind it, to be fetched anew; only while this broker follows and does not
     * count as in sync.
     */
    public CompletableFuture<?> cutForHealing(long offset) {
        synchronized (this) {
            if (replicating || leadership != null || isInSync()) {
                return CompletableFuture.completedFuture(null);
            }
            replicating = true;
        }
        LOG.log(Level.WARNING, "{0}: cutting the damaged log at offset {1}; what was there is fetched from the leader",
                id, Long.toString(offset));
        return log.truncateTo(Math.max(offset, log.startOffset())).whenComplete((end, failure) -> {
            List<Runnable> tell = new ArrayList<>();
            synchronized (this) {
                replicating = false;
                watermark = new Watermark(Math.min(watermark.highWatermark(), log.endOffset()), watermark.bytes());
                takeRole(tell);
            }
            tell.forEach(Runnable::run);
        });
    }

    private void replicated(ReplicaFetchResponse.Partition answer, boolean done) {
        List<Runnable> tell = new ArrayList<>();
        synchronized (this) {
            replicating = false;
            if (done && leadership == null) {
                // What the leader has committed says something about this log only where the two are known to agree.
                long leaders = answer.outcome() == Outcome.OK ? answer.highWatermark() : 0;
                long mark = Math.min(Math.max(leaders, watermark.highWatermark()), log.endOffset());
                watermark = new Watermark(Math.max(log.startOffset(), mark), watermark.bytes());
            }
            if (assignment != null) {
                takeRole(tell);
            }
        }
        tell.forEach(Runnable::run);
    }

    // ---- reading

    /** Where a fetch begins. */
    public long resolve(FetchPosition from) {
        if (from instanceof FetchPosition.AtOffset at) {
            return at.offset();
        } else if (from instanceof FetchPosition.Earliest) {
            return log.startOffset();
        } else if (from instanceof FetchPosition.AtTimestamp at) {
            return offsetForTimestamp(at.timestamp()).map(OffsetAndTimestamp::offset)
                    .orElseGet(this::knownHighWatermark);
        }
        return knownHighWatermark();
    }

    /** The first committed record with this timestamp or a later one. */
    public Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        checkReadable();
        long end = highWatermark();
        return log.offsetForTimestamp(timestamp).filter(found -> found.offset() < end);
    }

    public PartitionOffsets offsets() {
        checkReadable();
        return new PartitionOffsets(log.startOffset(), knownHighWatermark());
    }

    /**
     * The high watermark, once it is certain that no reader has seen a higher one: a new leader knows it only as far as
     * it was told, and learns the rest from its followers.
     *
     * @throws BrokerException UNAVAILABLE until then
     */
    long knownHighWatermark() {
        if (!isHighWatermarkKnown()) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "partition " + id + " has just got a new leader, which"
                    + " does not know its high watermark yet: try again in a moment");
        }
        return highWatermark();
    }

    private synchronized boolean isHighWatermarkKnown() {
        return leadership != null && highWatermark() >= leadership.startOffset();
    }

    /**
     * What is committed at and after an offset; an offset between the high watermark and the log's end waits.
     *
     * @param lastEpoch leader epoch of the record before the offset, as the reader has it, or -1
     * @throws BrokerException OFFSET_OUT_OF_RANGE, also when the log does not have that record any more
     */
    public PartitionRead read(long offset, int maxBytes, int lastEpoch, ReadMemory memory) {
        return read(offset, lastEpoch,
                end -> offset >= end ? NOTHING.duplicate() : log.read(offset, end, maxBytes, memory::take));
    }

    /** As {@link #read}, without reading any batch. */
    public PartitionRead look(long offset) {
        return read(offset, NO_EPOCH, end -> NOTHING.duplicate());
    }

    private PartitionRead read(long offset, int lastEpoch, LongFunction<ByteBuffer> reading) {
        checkReadable();
        boolean known = isHighWatermarkKnown();
        Watermark seen = watermark;
        long end = seen.highWatermark();
        if (offset < log.startOffset() || offset > log.endOffset()) {
            throw outOfRange(offset);
        }
        checkSameHistory(offset, lastEpoch);
        ByteBuffer batches;
        try {
            batches = reading.apply(end);
        } catch (OffsetOutOfRangeException movedMeanwhile) {
            throw outOfRange(offset);
        } catch (CorruptLogException damage) {
            context.damaged(this, offset);
            throw damage;
        } catch (RuntimeException failure) {
            checkServing();
            throw failure;
        }
        long next = offset;
        long records = 0;
        int epoch = lastEpoch;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            next = batch.lastOffset() + 1;
            records += batch.recordCount();
            epoch = batch.leaderEpoch();
        }
        return new PartitionRead(new FetchResult(offset, next, known ? end : FetchResult.NOT_KNOWN, log.startOffset(),
                epoch, batches), records, seen);
    }

    private void checkSameHistory(long offset, int lastEpoch) {
        if (lastEpoch < 0) {
            return;
        }
        LeaderEpochEnd end = log.endOffsetOf(lastEpoch);
        if (end.epoch() != LeaderEpochEnd.NO_EPOCH && (end.epoch() != lastEpoch || end.endOffset() < offset)) {
            throw new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE, ("the record before offset %d, of leader epoch %d,"
                    + " is not in partition %s any more: the log was cut back, and goes on differently from offset %d"
                    + " on; go on from there").formatted(offset, lastEpoch, id, end.endOffset()));
        }
    }

    /** @throws BrokerException OFFSET_OUT_OF_RANGE, NOT_LEADER */
    public CompletableFuture<Long> deleteRecordsBefore(long offset) {
        checkReadable();
        if (offset > highWatermark()) {
            throw outOfRange(offset);
        }
        return unlessRetired(log.deleteRecordsBefore(offset)).thenApply(start -> {
            synchronized (this) {
                watermark = new Watermark(Math.max(start, watermark.highWatermark()), watermark.bytes());
            }
            return start;
        });
    }

    // ---- the end

    /** From now on everything is answered with this, also what is parked; the log stays as it is. */
    void retire(BrokerException reason) {
        List<Runnable> tell = new ArrayList<>();
        synchronized (this) {
            retired = reason;
            if (leadership != null) {
                leadership.end(reason, tell);
                leadership = null;
            }
        }
        parked.close(reason);
        tell.forEach(Runnable::run);
    }

    /** A log that goes away under a request fails it in the log's words; that the topic was deleted says more. */
    private <T> CompletableFuture<T> unlessRetired(CompletableFuture<T> change) {
        return change.exceptionally(failure -> {
            checkServing();
            throw BrokerErrors.translate(failure);
        });
    }

    private void checkServing() {
        BrokerException reason = retired;
        if (reason != null) {
            throw new BrokerException(reason.kind(), reason.getMessage(), reason);
        }
    }

    private void checkReadable() {
        checkServing();
        synchronized (this) {
            requireLeadership();
        }
        context.requireLease();
    }

    /** Under the lock. */
    private Leadership requireLeadership() {
        if (leadership == null) {
            throw notLeader();
        }
        return leadership;
    }

    private BrokerException notLeader() {
        int leader = assignment == null ? -1 : assignment.leader();
        return new BrokerException(ErrorKind.NOT_LEADER, leader < 0
                ? "partition " + id + " has no leader now: no in-sync replica is up; try again later"
                : "broker " + context.brokerId() + " does not lead partition " + id + " (any more): try again in a moment");
    }

    private BrokerException outOfRange(long offset) {
        return new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE,
                "offset %d is out of range: partition %d of topic '%s' has offsets %d to %d (the high watermark)"
                        .formatted(offset, partition(), topic(), log.startOffset(), highWatermark()));
    }
}
