package io.millrace.broker;

import io.millrace.agreement.LocalNotes;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.SingleMembership;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.broker.fetch.FetchAlls;
import io.millrace.broker.fetch.Fetches;
import io.millrace.broker.produce.Appends;
import io.millrace.broker.produce.PartitionSelector;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.Lease;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.brokers.PageReaders;
import io.millrace.metadata.config.Partitioners;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.TopicMoves;
import io.millrace.metadata.registers.DeletedTopics;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.metadata.topics.Topics;
import io.millrace.replica.ReplicaRecovery;
import io.millrace.replica.Replication;
import io.millrace.replica.Routes;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.CreatedLogs;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.LocalLogs;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.StrayLogs;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/** What a broker is made of, put together from below; all of it works once {@link #recover} has returned. */
final class BrokerParts {
    final boolean alone;
    final List<LogDirectory> directories;
    final Clock clock;
    final Partitioners partitioners;
    final StrayLogs strays = new StrayLogs();
    final TopicStore store;
    final ContinuationExecutor continuations;
    final BrokerRegistry brokers;
    final HostedPartitions hosted;
    final Replication replication;
    final TopicCatalog catalog;
    final Topics topics;
    final Routes routes;
    final Appends appends;
    final Fetches fetches;
    final FetchAlls fetchAlls;
    final Deadlines deadlines;
    final Leaderships leaderships;
    final Controller controller;
    final TopicMoves moves;
    final Transport transport;
    final AgreementCalls calls;
    final TransactionalPartitions transactions = new TransactionalPartitions(this);
    /** How long acks=all waits. */
    final long commitNanos;
    private final DeletedTopics deleted;
    private final LocalLogs logs;
    private final PageReaders readers;
    private final TopicConfig defaults;

    /** As for {@link Broker#open}. */
    BrokerParts(BrokerOptions options, RegisterStore registers, Membership membership, Transport transport,
                List<LogDirectory> directories, LocalNotes notes, Executor workers, Executor healing,
                AgreementCalls calls, ScheduledExecutorService timers, Clock clock, LongSupplier nanoTime, BrokerObserver observer) {
        this.directories = List.copyOf(directories);
        this.transport = transport;
        this.alone = membership instanceof SingleMembership;
        this.clock = clock;
        this.calls = calls;
        this.partitioners = Partitioners.load();
        this.defaults = TopicConfig.checked(options.topicDefaults(), Map.of());
        partitioners.find(defaults.partitioner());

        this.store = new TopicStore(registers, options.partitionsPerPage());
        this.deleted = new DeletedTopics(registers, options.brokerId());
        this.logs = new LocalLogs(directories, new CreatedLogs(notes), strays);
        this.continuations = new ContinuationExecutor(workers, timers);
        this.brokers = new BrokerRegistry(registers, membership);
        Lease lease = new Lease(options.replication().leaseNanos(), nanoTime);
        this.hosted = new HostedPartitions(options.brokerId(), alone);
        this.deadlines = new Deadlines(timers, nanoTime);
        this.replication = new Replication(options.replication(), hosted, logs, workers, healing, brokers, store, transport,
                continuations, calls, timers, deadlines, nanoTime, lease,
                replicas -> new TopicCatalog(store, deleted, replicas, calls, options.topicDefaults(), observer));
        this.catalog = replication.topics();
        this.readers = new PageReaders(registers, brokers);
        this.topics = new Topics(options.topicLimits(), registers, store, readers, deleted, catalog, replication.hosting(),
                partitioners, brokers);
        this.moves = new TopicMoves(store, catalog, brokers);

        this.routes = new Routes(alone, catalog, hosted, brokers);
        this.commitNanos = options.replication().commitNanos();
        this.appends = new Appends(continuations, observer, options.maxUncompressedBytes(), commitNanos, clock);
        this.fetches = new Fetches(continuations, new Deadlines(timers, nanoTime), observer);
        this.fetchAlls = new FetchAlls(routes, transport, continuations, deadlines, nanoTime, observer);

        this.leaderships = new Leaderships(topics, catalog, hosted, replication, routes, calls);
        this.controller = new Controller(registers, brokers, store, readers, this::replicaEnds, catalog, lease, nanoTime,
                options.replication().balanceNanos());
    }

    /** @throws BrokerException as {@link Broker#accumulator} says */
    RecordAccumulator accumulator(String topic) {
        TopicName.requireOpen(topic);
        CachedTopic known = routes.topic(topic);
        PartitionSelector selector = new PartitionSelector(known, partitioners.find(known.usableConfig().partitioner()),
                partition -> routes.isWritable(known, partition));
        return new RecordAccumulator(known, selector, clock);
    }

    /** @throws BrokerException as {@link Broker#repetition} says */
    RecordAccumulator repetition(String topic) {
        TopicName.requireOpen(topic);
        return RecordAccumulator.ofRepetition(routes.topic(topic), clock);
    }

    /** A partition that this broker leads, or should, and that is for users to change. */
    Partition writable(String topic, int partition) {
        TopicName.requireOpen(topic);
        return routes.led(topic, partition);
    }

    /** Where the records of a request go, for each partition that it touches. */
    List<Appends.Target> targets(RecordAccumulator records, Acks acks) {
        return records.touched().stream().map(batches -> target(records.topic(), records.topicId(), batches.partition(), acks,
                records.transactionalId())).toList();
    }

    private Appends.Target target(String topic, UUID topicId, int partition, Acks acks, String transactionalId) {
        CachedTopic known = catalog.get(topic);
        if (!known.id().equals(topicId)) {
            throw BrokerErrors.unknownTopic(topic);
        }
        Optional<Member> remote = routes.remoteLeader(known, partition);
        if (remote.isPresent()) {
            return new Appends.Remote((batches, span) -> transport.append(remote.get(), topic, partition, batches, acks,
                    transactionalId, span));
        }
        return new Appends.Local(hosted.get(topic, partition, topicId));
    }

    private CompletableFuture<List<ReplicaEnd>> replicaEnds(Member broker, String topic, UUID topicId,
                                                            List<Integer> partitions) {
        return broker.brokerId() == hosted.brokerId()
                ? CompletableFuture.completedFuture(hosted.ends(topic, topicId, partitions))
                : transport.replicaEnds(broker, topic, topicId, partitions);
    }

    /** Enters this broker among the others and recovers its logs; blocks. What was begun is ended when it fails. */
    void recover() {
        try {
            brokers.refresh();
            readers.enter();
            if (!alone) {
                brokers.arrive();
            }
            new ReplicaRecovery(logs, catalog, deleted, hosted, replication.hosting(), defaults, alone ? null : store).run();
            brokers.enter();
        } catch (RuntimeException failure) {
            // Some partitions may follow their leaders already.
            calls.close();
            replication.close();
            hosted.close(BrokerErrors.closed());
            deadlines.close();
            throw failure;
        }
    }
}
