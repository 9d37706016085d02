package io.millrace.broker;

import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.LocalNotes;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.SingleMembership;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.produce.Appends;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.broker.produce.RecordRules;
import io.millrace.log.AppendResult;
import io.millrace.log.Closing;
import io.millrace.log.CorruptLogException;
import io.millrace.log.IsolationLevel;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.controller.ClusterDescription;
import io.millrace.metadata.controller.ClusterView;
import io.millrace.metadata.controller.Reassignments;
import io.millrace.metadata.topics.Topics;
import io.millrace.replica.Departure;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.PartitionOffsets;
import io.millrace.replica.hosting.PartitionStatus;
import io.millrace.replica.hosting.ReadMemory;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * This server's broker: the partitions it hosts, behind one door. Thread-safe.
 *
 * <p>Methods that return a future never throw a {@link BrokerException}: the future fails with it. Futures complete on
 * the caller's thread or on a worker's, never on the thread that writes the logs.
 */
public final class Broker implements AutoCloseable {
    private final BrokerParts parts;
    private final Upkeep upkeep;
    private final Departure departure;
    private final Supplier<AgreementStatus> agreement;
    private volatile boolean closed;

    private Broker(BrokerOptions options, RegisterStore registers, Membership membership, Transport transport,
                   Supplier<AgreementStatus> agreement, List<LogDirectory> directories, LocalNotes notes, Executor workers,
                   Executor healing, AgreementCalls calls, ScheduledExecutorService timers, Clock clock, LongSupplier nanoTime,
                   BrokerObserver observer) {
        this.agreement = agreement;
        this.parts = new BrokerParts(options, registers, membership, transport, directories, notes, workers, healing, calls,
                timers, clock, nanoTime, observer);
        parts.recover();
        this.upkeep = new Upkeep(parts, registers, membership, timers, options.retentionIntervalMs());
        this.departure = new Departure(parts.brokers, parts.hosted, parts.replication, upkeep::control, agreement);
    }

    /**
     * Reads the topics from the registers and recovers every log; blocks until done. Logs whose topic was deleted are
     * removed, logs of no known topic are set aside and reported. A log that cannot be opened makes only its partition
     * unavailable.
     *
     * @param membership  who else there is; {@link SingleMembership}: nobody
     * @param transport   reaches the others
     * @param agreement   how it stands
     * @param directories all that are configured, already open, their writers running; closed by their owner, after the
     *                    broker. One that is left out looks like one whose logs are lost
     * @param notes       of this server alone; they outlive the log directories
     * @param workers     runs recovery and the continuations of requests
     * @param healing     reads and writes whole segments of damaged logs, and may wait for the disk meanwhile
     * @param calls       of the agreement, for this broker alone; closed with it
     * @param timers      wakes parked fetches and applies retention
     * @throws BrokerException       INVALID_CONFIG when a default is not allowed, UNAVAILABLE when the registers cannot be read
     * @throws IllegalStateException when two partitioners have the same name
     */
    public static Broker open(BrokerOptions options, RegisterStore registers, Membership membership, Transport transport,
                              Supplier<AgreementStatus> agreement, List<LogDirectory> directories, LocalNotes notes, Executor workers,
                              Executor healing, AgreementCalls calls, ScheduledExecutorService timers, Clock clock, BrokerObserver observer) {
        return open(options, registers, membership, transport, agreement, directories, notes, workers, healing, calls, timers,
                clock, System::nanoTime, observer);
    }

    /** @param nanoTime measures how long fetches wait and leases hold, in ns */
    static Broker open(BrokerOptions options, RegisterStore registers, Membership membership, Transport transport,
                       Supplier<AgreementStatus> agreement, List<LogDirectory> directories, LocalNotes notes, Executor workers,
                       Executor healing, AgreementCalls calls, ScheduledExecutorService timers, Clock clock, LongSupplier nanoTime,
                       BrokerObserver observer) {
        return new Broker(options, registers, membership, transport, agreement, directories, notes, workers, healing, calls,
                timers, clock, nanoTime, observer);
    }

    public Topics topics() {
        return parts.topics;
    }

    /**
     * @throws BrokerException UNKNOWN_TOPIC, INTERNAL_TOPIC, UNAVAILABLE, INVALID_CONFIG when the topic's partitioner is not deployed
     */
    public RecordAccumulator accumulator(String topic) {
        checkOpen();
        return parts.accumulator(topic);
    }

    /**
     * For records that were accepted before, and may be in the logs: each is to name its partition, and no rule of the topic
     * refuses it any more. @throws BrokerException UNKNOWN_TOPIC, INTERNAL_TOPIC
     */
    public RecordAccumulator repetition(String topic) {
        checkOpen();
        return parts.repetition(topic);
    }

    /**
     * Appends what was accumulated. Fails with OVERLOADED, before anything is written, when the queue is full; an
     * append that is refused after others were queued is an error of its own records in the result. Fails as well when
     * every append failed.
     *
     * @param acks with {@link Acks#NONE} the future completes once all is queued, with -1 for each offset
     */
    public CompletableFuture<ProduceResult> produce(RecordAccumulator records, Acks acks) {
        return answer(() -> parts.appends.produce(records, parts.targets(records, acks), acks));
    }

    /**
     * Validates raw batches and appends them as they are. The buffer belongs to the log until the append is done, and gets offsets.
     *
     * @return completes with the offsets; with {@link Acks#NONE} once queued, with -1 for each. Fails with INVALID_BATCH,
     *         RECORD_TOO_LARGE, OVERLOADED, UNKNOWN_TOPIC, INTERNAL_TOPIC, UNKNOWN_PARTITION, LOG_DIRECTORY_OFFLINE
     */
    public CompletableFuture<AppendResult> append(String topic, int partition, ByteBuffer batches, Acks acks) {
        return append(topic, partition, batches, acks, RecordRules.IN_FORCE);
    }

    /** As above. @param rules which of the topic's the records are held against */
    public CompletableFuture<AppendResult> append(String topic, int partition, ByteBuffer batches, Acks acks, RecordRules rules) {
        return answer(() -> parts.appends.append(parts.writable(topic, partition), batches, acks, rules, null));
    }

    /** What is written in transactions. */
    public TransactionalPartitions transactions() {
        checkOpen();
        return parts.transactions;
    }

    /**
     * Reads what is below the high watermark. Holds no thread while it waits, and waits only while the read reaches the
     * high watermark. Cancel the future to give the fetch up.
     *
     * @return fails with OFFSET_OUT_OF_RANGE, INVALID_REQUEST, CORRUPT_LOG, UNKNOWN_TOPIC (also when the topic is deleted
     *         meanwhile), UNKNOWN_PARTITION, LOG_DIRECTORY_OFFLINE, UNAVAILABLE when the broker is closed
     */
    public CompletableFuture<FetchResult> fetch(FetchRequest request) {
        return fetch(request, ReadMemory.UNBOUNDED);
    }

    /**
     * As above. @param memory that is taken for what is read, also when that is only after a wait: fails, too, as
     * {@link ReadMemory#take} does
     */
    public CompletableFuture<FetchResult> fetch(FetchRequest request, ReadMemory memory) {
        return answer(() -> {
            Fetches.check(request);
            return parts.fetches.fetch(parts.routes.led(request.topic(), request.partition()), request, memory);
        });
    }

    /**
     * Reads several partitions, wherever they are led, below their high watermarks. Waits, holding no thread, while
     * fewer bytes than asked for have come in all; not when a partition fails, or has more than was read. The partitions
     * of a leader that gives no first answer within 3 s fail. Cancel the future to give the fetch up.
     *
     * @return fails only with INVALID_REQUEST, or UNAVAILABLE when this broker is closed: each partition has a failure
     *         of its own, those of {@link #fetch}, NOT_LEADER when none leads it now, UNAVAILABLE when its leader
     *         cannot be reached, and UNKNOWN_TOPIC_ID when the topic of that name is another one than was asked for
     */
    public CompletableFuture<FetchAllResult> fetchAll(FetchAllRequest request) {
        return fetchAll(request, ReadMemory.UNBOUNDED);
    }

    /**
     * As above. @param memory that is taken for what is read, also when that is only after a wait. A partition for which there
     * is none fails as {@link ReadMemory#take} does
     */
    public CompletableFuture<FetchAllResult> fetchAll(FetchAllRequest request, ReadMemory memory) {
        return answer(() -> parts.fetchAlls.everywhere(request, memory));
    }

    /** As {@link #fetchAll}, of the partitions that this broker leads; the others fail with NOT_LEADER. */
    public CompletableFuture<FetchAllResult> fetchAllLocal(FetchAllRequest request, ReadMemory memory) {
        return answer(() -> parts.fetchAlls.local(request, memory));
    }

    /**
     * Makes sure that a partition can be appended to here, as far as that is known before there are any batches.
     *
     * @throws BrokerException UNKNOWN_TOPIC, INTERNAL_TOPIC, UNKNOWN_PARTITION, NOT_LEADER
     */
    public void requireLed(String topic, int partition) {
        checkOpen();
        parts.writable(topic, partition).requireLeadership();
    }

    /** As {@link #offsets(String, int, IsolationLevel)}, for who reads uncommitted. */
    public PartitionOffsets offsets(String topic, int partition) {
        return offsets(topic, partition, IsolationLevel.READ_UNCOMMITTED);
    }

    /** @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, NOT_LEADER; UNAVAILABLE while a new leader knows no end yet */
    public PartitionOffsets offsets(String topic, int partition, IsolationLevel isolation) {
        checkOpen();
        return parts.routes.led(topic, partition).reads().offsets(isolation);
    }

    /**
     * The first record that such a reader can fetch whose timestamp (ms since the epoch) is the given one or later.
     *
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, INVALID_REQUEST, CORRUPT_LOG
     */
    public Optional<OffsetAndTimestamp> offsetForTimestamp(String topic, int partition, long timestamp, IsolationLevel isolation) {
        checkOpen();
        Fetches.checkNotNegative("the timestamp", timestamp);
        return BrokerErrors.translating(() -> parts.routes.led(topic, partition).reads().offsetForTimestamp(timestamp, isolation));
    }

    /**
     * Deletes the records before an offset, at most up to the high watermark.
     *
     * @return completes with the new beginning offset; fails with OFFSET_OUT_OF_RANGE, INVALID_REQUEST, INTERNAL_TOPIC,
     *         UNKNOWN_TOPIC, UNKNOWN_PARTITION, POLICY_VIOLATION where the topic is compacted only
     */
    public CompletableFuture<Long> deleteRecords(String topic, int partition, long beforeOffset) {
        return answer(() -> {
            Fetches.checkNotNegative("the offset", beforeOffset);
            return parts.continuations.offWriter(parts.writable(topic, partition).deleteRecordsBefore(beforeOffset));
        });
    }

    /** A stored batch is damaged: the replica is healed from another one, where there is one. Any thread; returns at once. */
    public void foundDamage(CorruptLogException damage) {
        parts.hosted.damaged(new TopicPartition(damage.topic(), damage.partition()), damage.nextReadableOffset() - 1);
    }

    /** The hosted partitions that work, sorted by topic and partition. */
    public List<PartitionStatus> partitions() {
        return parts.hosted.working().stream().map(HostedPartitions::status).toList();
    }

    /** Why hosted partitions do not work: a sentence for each, none when all is well. For operators. */
    public List<String> unavailablePartitions() {
        return parts.hosted.unavailable();
    }

    /** Partitions of which this broker had the only log, which is gone: a sentence for each. For operators. */
    public List<String> lostPartitions() {
        return parts.hosted.lost();
    }

    /** Logs that were set aside because they belong to no topic that is known: a sentence for each. For operators. */
    public List<String> strayLogs() {
        return parts.strays.all();
    }

    // ---- the cluster

    /**
     * The broker that leads a partition, when it is another one; empty: this one does.
     *
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, NOT_LEADER when none does now, or it is not in touch
     */
    public Optional<Member> remoteLeader(String topic, int partition) {
        checkOpen();
        return parts.routes.remoteLeader(topic, partition);
    }

    /**
     * The leader's side of replication. Completes when there is something new, or the request's time is over; holds no
     * thread meanwhile.
     *
     * @return fails with UNAVAILABLE when the follower is not known in its session
     */
    public CompletableFuture<ReplicaFetchResponse> replicaFetch(ReplicaFetchRequest request) {
        return answer(() -> parts.replication.fetch(request));
    }

    /**
     * How far replicas on this broker reach.
     *
     * @param topicId of the very topic
     * @return of those that are here and can be used
     */
    public List<ReplicaEnd> replicaEnds(String topic, UUID topicId, List<Integer> partitions) {
        checkOpen();
        return parts.hosted.ends(topic, topicId, partitions);
    }

    /** The brokers of the cluster, as this one knows them. */
    public BrokerRegistry brokers() {
        return parts.brokers;
    }

    /** What this broker leads, for who keeps the state in memory that an internal topic's partitions hold. */
    public Leaderships leaderships() {
        checkOpen();
        return parts.leaderships;
    }

    /** Partitions that move to other brokers. */
    public Reassignments reassignments() {
        checkOpen();
        return parts.moves;
    }

    /** The cluster as this broker sees it. */
    public ClusterDescription cluster() {
        checkOpen();
        return ClusterView.describe(parts.brokers, parts.controller.elected(), parts.catalog, agreement.get());
    }

    /**
     * Hands leaderships over, ends parked fetches and refuses new work; the directories stay open. Blocks as {@link #leave} does.
     */
    @Override
    public void close() {
        Closing.all(this::leave,
                () -> closed = true,
                parts.topics::close,
                upkeep::close,
                parts.calls::close,
                parts.replication::close,
                () -> parts.fetchAlls.close(BrokerErrors.closed()),
                () -> parts.hosted.close(BrokerErrors.closed()),
                parts.fetches::close,
                parts.deadlines::close);
    }

    /**
     * Prepares the end: fetches that wait are answered with what there is, and wait no more; other brokers take over what
     * they can. Everything is served meanwhile, and afterwards as by a broker that leads nothing. Blocks until others
     * lead, for some seconds at most. May be called again. @return completes when those fetches are answered
     */
    public CompletableFuture<?> leave() {
        CompletableFuture<?> answered = parts.fetches.hurry();
        if (!parts.alone && !closed) {
            departure.complete();
        }
        return answered;
    }

    /** One step of {@link #leave()}, for tests in which nothing may block. */
    boolean advanceLeaving() {
        return departure.advance();
    }

    /** What is hosted, for tests. */
    HostedPartitions hosted() {
        return parts.hosted;
    }

    /** How many fetches are parked. */
    int waitingFetches() {
        return parts.fetches.waiting() + parts.deadlines.size();
    }

    private <T> CompletableFuture<T> answer(Supplier<CompletableFuture<T>> request) {
        try {
            checkOpen();
            return request.get();
        } catch (RuntimeException | OutOfMemoryError failure) {
            return CompletableFuture.failedFuture(BrokerErrors.outcome(failure));
        }
    }

    private void checkOpen() {
        if (closed) {
            throw BrokerErrors.closed();
        }
    }
}
