package io.millrace.broker;

import io.millrace.cluster.Member;
import io.millrace.cluster.RegisterStore;
import io.millrace.log.AppendResult;
import io.millrace.log.LogDirectory;
import io.millrace.log.OffsetAndTimestamp;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * This server's broker: the partitions it hosts, behind one door. Thread-safe.
 *
 * <p>Methods that return a future never throw a {@link BrokerException}: the future fails with it. Futures complete on
 * the caller's thread or on a worker's, never on the thread that writes the logs.
 */
public final class Broker implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Broker.class.getName());

    /**
     * @param brokerId             this broker's id
     * @param defaultPartitions    of a topic created without a number
     * @param maxPartitions        largest number of partitions of one topic
     * @param topicDefaults        server's defaults of topic configuration keys; a key that is absent has the built-in
     *                             one, see {@link TopicConfigKey#defaultValue()}
     * @param maxUncompressedBytes largest batch after decompression
     * @param retentionIntervalMs  how often retention is applied, in ms; at the same times the topics are read again
     */
    public record Options(int brokerId, int defaultPartitions, int maxPartitions, Map<String, String> topicDefaults,
                          int maxUncompressedBytes, long retentionIntervalMs) {
    }

    private final List<LogDirectory> directories;
    private final Clock clock;
    private final Partitioners partitioners;
    private final HostedPartitions hosted;
    private final TopicCatalog catalog;
    private final Topics topics;
    private final Appends appends;
    private final Fetches fetches;
    private final Handoff handoff;
    private final ScheduledFuture<?> housekeeping;
    private final AutoCloseable doorbell;
    private volatile boolean closed;

    private Broker(Options options, RegisterStore registers, List<LogDirectory> directories, Executor workers,
                   ScheduledExecutorService timers, Clock clock, LongSupplier nanoTime, BrokerObserver observer) {
        this.directories = List.copyOf(directories);
        this.clock = clock;
        this.partitioners = Partitioners.load();
        TopicConfig defaults = TopicConfig.of(options.topicDefaults(), Map.of());
        partitioners.find(defaults.partitioner());

        TopicStore store = new TopicStore(registers);
        DeletedTopics deleted = new DeletedTopics(registers);
        StrayLogs strays = new StrayLogs();
        this.handoff = new Handoff(workers, timers);
        this.hosted = new HostedPartitions(options.brokerId(), directories, workers, handoff);
        this.catalog = new TopicCatalog(store, deleted, hosted, options.topicDefaults(), observer);
        this.topics = new Topics(options, store, deleted, catalog, hosted, partitioners, strays);
        this.appends = new Appends(hosted, handoff, observer, options.maxUncompressedBytes());
        this.fetches = new Fetches(handoff, timers, nanoTime, observer);

        new LogRecovery(this.directories, catalog, deleted, hosted, strays, defaults).run();
        this.doorbell = registers.subscribe(this::registerChanged);
        this.housekeeping = timers.scheduleWithFixedDelay(this::keepHouse, options.retentionIntervalMs(),
                options.retentionIntervalMs(), TimeUnit.MILLISECONDS);
    }

    /**
     * Reads the topics from the registers and recovers every log; blocks until done. Logs whose topic was deleted are
     * removed, logs of no known topic are left alone and reported. A log that cannot be opened makes only its partition
     * unavailable.
     *
     * @param directories all that are configured, already open, their writers running; closed by their owner, after the
     *                    broker. One that is left out looks like one whose logs are lost
     * @param workers     runs recovery and the continuations of requests
     * @param timers      wakes parked fetches and applies retention
     * @throws BrokerException       INVALID_CONFIG when a default is not allowed, UNAVAILABLE when the registers cannot
     *                               be read
     * @throws IllegalStateException when two partitioners have the same name
     */
    public static Broker open(Options options, RegisterStore registers, List<LogDirectory> directories,
                              Executor workers, ScheduledExecutorService timers, Clock clock, BrokerObserver observer) {
        return open(options, registers, directories, workers, timers, clock, System::nanoTime, observer);
    }

    /** @param nanoTime measures how long fetches wait, in ns */
    static Broker open(Options options, RegisterStore registers, List<LogDirectory> directories, Executor workers,
                       ScheduledExecutorService timers, Clock clock, LongSupplier nanoTime, BrokerObserver observer) {
        return new Broker(options, registers, directories, workers, timers, clock, nanoTime, observer);
    }

    public Topics topics() {
        return topics;
    }

    /**
     * @throws BrokerException UNKNOWN_TOPIC, UNAVAILABLE, INVALID_CONFIG when the topic's partitioner is not deployed
     */
    public RecordAccumulator accumulator(String topic) {
        checkOpen();
        CachedTopic known = catalog.get(topic);
        PartitionSelector selector = new PartitionSelector(known, partitioners.find(known.usableConfig().partitioner()),
                partition -> hosted.isWritable(topic, partition));
        return new RecordAccumulator(known, selector, clock);
    }

    /**
     * Appends what was accumulated. Fails with OVERLOADED, before anything is written, when the queue is full; an
     * append that is refused after others were queued is an error of its own records in the result. Fails as well when
     * every append failed.
     *
     * @param acks with {@link Acks#NONE} the future completes once all is queued, with -1 for each offset
     */
    public CompletableFuture<ProduceResult> produce(RecordAccumulator records, Acks acks) {
        return answer(() -> appends.produce(records, acks));
    }

    /**
     * Validates raw batches and appends them as they are. The buffer belongs to the log until the append is done:
     * offsets are written into it.
     *
     * @return completes with the offsets; with {@link Acks#NONE} once queued, with -1 for each. Fails with
     *         INVALID_BATCH, RECORD_TOO_LARGE, OVERLOADED, UNKNOWN_TOPIC, UNKNOWN_PARTITION, LOG_DIRECTORY_OFFLINE
     */
    public CompletableFuture<AppendResult> append(String topic, int partition, ByteBuffer batches, Acks acks) {
        return answer(() -> appends.append(partition(topic, partition), batches, acks));
    }

    /**
     * Reads what is below the high watermark. Holds no thread while it waits, and waits only while the read reaches the
     * high watermark. Cancel the future to give the fetch up.
     *
     * @return fails with OFFSET_OUT_OF_RANGE, INVALID_REQUEST, CORRUPT_LOG, UNKNOWN_TOPIC (also when the topic is
     *         deleted meanwhile), UNKNOWN_PARTITION, LOG_DIRECTORY_OFFLINE, UNAVAILABLE when the broker is closed
     */
    public CompletableFuture<FetchResult> fetch(FetchRequest request) {
        return answer(() -> {
            Fetches.check(request);
            return fetches.fetch(partition(request.topic(), request.partition()), request);
        });
    }

    /** @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION */
    public PartitionOffsets offsets(String topic, int partition) {
        checkOpen();
        Partition hosting = partition(topic, partition);
        return new PartitionOffsets(hosting.log().logStartOffset(), hosting.highWatermark());
    }

    /**
     * The first record that can be fetched whose timestamp (ms since the epoch) is the given one or later.
     *
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, INVALID_REQUEST, CORRUPT_LOG
     */
    public Optional<OffsetAndTimestamp> offsetForTimestamp(String topic, int partition, long timestamp) {
        checkOpen();
        Fetches.checkNotNegative("the timestamp", timestamp);
        return BrokerErrors.translating(() -> partition(topic, partition).offsetForTimestamp(timestamp));
    }

    /**
     * Deletes the records before an offset, at most up to the high watermark.
     *
     * @return completes with the new beginning offset; fails with OFFSET_OUT_OF_RANGE, INVALID_REQUEST, UNKNOWN_TOPIC,
     *         UNKNOWN_PARTITION
     */
    public CompletableFuture<Long> deleteRecords(String topic, int partition, long beforeOffset) {
        return answer(() -> {
            Fetches.checkNotNegative("the offset", beforeOffset);
            return handoff.offWriter(partition(topic, partition).deleteRecordsBefore(beforeOffset));
        });
    }

    /** The hosted partitions that work, sorted by topic and partition. */
    public List<PartitionStatus> partitions() {
        return hosted.working().stream().map(Partition::status).toList();
    }

    /** Why hosted partitions do not work: a sentence for each, none when all is well. For operators. */
    public List<String> unavailablePartitions() {
        return hosted.unavailable();
    }

    /** Leader's side of replication; completes when there is something new or its wait has passed; holds no thread. */
    public CompletableFuture<ReplicaFetchResponse> replicaFetch(ReplicaFetchRequest request) {
        return CompletableFuture.completedFuture(new ReplicaFetchResponse(List.of()));
    }

    /**
     * The broker that leads a partition when it is another one; empty: this one does.
     *
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, NOT_LEADER when no broker leads it now
     */
    public Optional<Member> remoteLeader(String topic, int partition) {
        partition(topic, partition);
        return Optional.empty();
    }

    public ClusterDescription cluster() {
        return new ClusterDescription(-1, 0, 0, true, null, List.of(), List.of(), List.of());
    }

    public Reassignments reassignments() {
        throw new BrokerException(ErrorKind.INVALID_REQUEST, "there is one broker only");
    }

    /** Ends parked fetches and refuses new work; the directories stay open. */
    @Override
    public void close() {
        closed = true;
        topics.close();
        housekeeping.cancel(false);
        try {
            doorbell.close();
        } catch (Exception failure) {
            LOG.log(Level.WARNING, "the subscription to the registers could not be ended", failure);
        }
        hosted.close(BrokerErrors.closed());
        fetches.close();
    }

    /** What is hosted, for tests. */
    HostedPartitions hosted() {
        return hosted;
    }

    /** How many fetches are parked. */
    int waitingFetches() {
        return fetches.waiting();
    }

    private Partition partition(String topic, int partition) {
        CachedTopic known = catalog.get(topic);
        if (partition < 0 || partition >= known.partitionCount()) {
            throw BrokerErrors.unknownPartition(topic, partition, known.partitionCount());
        }
        return hosted.get(topic, partition, known.id());
    }

    private <T> CompletableFuture<T> answer(Supplier<CompletableFuture<T>> request) {
        try {
            checkOpen();
            return request.get();
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(BrokerErrors.translate(failure));
        }
    }

    private void checkOpen() {
        if (closed) {
            throw BrokerErrors.closed();
        }
    }

    private void registerChanged(String key) {
        // The registers' own thread must not be kept, and our own changes ring as well.
        TopicStore.nameOf(key).ifPresent(name -> handoff.execute(() -> catalog.refreshQuietly(name)));
    }

    private void keepHouse() {
        directories.forEach(Broker::applyRetention);
        handoff.execute(catalog::refreshAll);
    }

    private static void applyRetention(LogDirectory directory) {
        if (directory.failure() != null) {
            return;
        }
        try {
            directory.applyRetention().whenComplete((done, failure) -> {
                if (failure != null) {
                    LOG.log(Level.WARNING, "retention was not applied in " + directory.root(), failure);
                }
            });
        } catch (RuntimeException failure) {
            // It must not end the schedule, which serves the other directories too.
            LOG.log(Level.WARNING, "retention was not applied in " + directory.root(), failure);
        }
    }
}
