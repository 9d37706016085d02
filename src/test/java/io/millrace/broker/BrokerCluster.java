package io.millrace.broker;

import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.InMemoryNotes;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.RecordRules;
import io.millrace.log.AppendResult;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.Topic;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.ReplicationOptions;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.tracing.TraceSpan;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Three brokers on real disks in one process, with threads of their own and calls instead of a network. */
final class BrokerCluster implements AutoCloseable {
    static final String TOPIC = "orders";
    private static final int BROKERS = 3;

    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(2);
    private final List<Member> members = new ArrayList<>();
    final List<LogDirectory> directories = new ArrayList<>();
    final List<Broker> brokers = new ArrayList<>();
    /** Ids of brokers that answer no fetch of several partitions. */
    final Set<Integer> unreachable = ConcurrentHashMap.newKeySet();
    private volatile boolean lost;

    BrokerCluster(Path root) {
        for (int id = 1; id <= BROKERS; id++) {
            members.add(new Member(id, "session-" + id, "http://" + id, null));
            LogDirectory directory = LogDirectory.open(root.resolve("broker-" + id),
                    new LogDirectory.Options(1 << 24, 1000, 1000), Clock.systemUTC(), LogObserver.NONE);
            threads.execute(directory);
            directories.add(directory);
        }
        ReplicationOptions options = new ReplicationOptions(TimeUnit.SECONDS.toNanos(10),
                TimeUnit.SECONDS.toNanos(10), TimeUnit.HOURS.toNanos(1), TimeUnit.SECONDS.toNanos(10), 0,
                ReplicationOptions.AHEAD_BYTES);
        for (int id = 1; id <= BROKERS; id++) {
            brokers.add(Broker.open(new BrokerOptions(id, 1, 10, Map.of(), 1 << 20, 3_600_000, options), registers,
                    new View(members.get(id - 1)), new Calls(),
                    () -> new AgreementStatus(lost ? "the majority is lost" : null, 1, Set.of(), BROKERS, BROKERS), List.of(directories.get(id - 1)),
                    new InMemoryNotes(),
                    threads, threads, new AgreementCalls(threads, 4, 1_000, 5_000), timers, Clock.systemUTC(), new BrokerObserver() { }));
        }
        brokers.get(0).topics().create(TOPIC, 1, BROKERS, Map.of("segment.bytes", "1024"));
        Awaiting.until(() -> brokers.stream().allMatch(broker -> broker.topics().names().contains(TOPIC)));
    }

    private final class View implements Membership {
        private final Member self;

        private View(Member self) {
            this.self = self;
        }

        @Override
        public Member self() {
            return self;
        }

        @Override
        public List<Member> live() {
            return List.copyOf(members);
        }

        @Override
        public AutoCloseable listen(Runnable changed) {
            return () -> { };
        }
    }

    private final class Calls implements Transport {
        @Override
        public CompletableFuture<ReplicaFetchResponse> fetch(Member leader, ReplicaFetchRequest request) {
            return brokers.size() < leader.brokerId()
                    ? CompletableFuture.failedFuture(new BrokerException(ErrorKind.UNAVAILABLE, "not up yet"))
                    : brokers.get(leader.brokerId() - 1).replicaFetch(request);
        }

        @Override
        public CompletableFuture<FetchAllResult> fetchAll(Member leader, FetchAllRequest request, ReadMemory memory) {
            return unreachable.contains(leader.brokerId())
                    ? CompletableFuture.failedFuture(new BrokerException(ErrorKind.UNAVAILABLE, "cannot be reached"))
                    : brokers.get(leader.brokerId() - 1).fetchAllLocal(request, memory);
        }

        @Override
        public CompletableFuture<List<ReplicaEnd>> replicaEnds(Member broker, String topic, UUID topicId, List<Integer> partitions) {
            return CompletableFuture.completedFuture(brokers.get(broker.brokerId() - 1).replicaEnds(topic, topicId, partitions));
        }

        @Override
        public CompletableFuture<AppendResult> append(Member leader, String topic, int partition, ByteBuffer batches,
                                                      Acks acks, String transactionalId, TraceSpan span) {
            Broker to = brokers.get(leader.brokerId() - 1);
            return transactionalId == null ? to.append(topic, partition, batches, acks, RecordRules.KEPT)
                    : to.transactions().append(topic, partition, batches, acks, RecordRules.KEPT, transactionalId);
        }
    }

    Topic.Assignment assignment() {
        return new TopicStore(registers, TopicStore.PARTITIONS_PER_PAGE).read(TOPIC).orElseThrow().topic().partitions().get(0);
    }

    Broker leader() {
        return brokers.get(assignment().leader() - 1);
    }

    /** Appends a record with acks=all, to whoever leads, until that is acknowledged. */
    long produce(String value) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        batch.append(1, null, BrokerHarness.bytes(value), List.of());
        ByteBuffer bytes = batch.build();
        long[] offset = {-1};
        Awaiting.until(() -> {
            try {
                ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
                offset[0] = BrokerHarness.get(leader().append(TOPIC, 0, copy, Acks.ALL)).baseOffset();
                return true;
            } catch (BrokerException | IndexOutOfBoundsException again) {
                return false;
            }
        });
        return offset[0];
    }

    String read(Broker broker, long offset) {
        return BrokerHarness.values(BrokerHarness.get(broker.fetch(new FetchRequest(TOPIC, 0,
                new FetchPosition.AtOffset(offset), 1, 1, 5_000)))).get(0);
    }

    PartitionLog log(int brokerId) {
        return brokers.get(brokerId - 1).hosted().working().get(0).log();
    }

    @Override
    public void close() {
        lost = true;
        registers.setAvailable(false); // they stop as if killed: nothing is handed over
        brokers.forEach(Broker::close);
        directories.forEach(LogDirectory::close);
        timers.shutdownNow();
        threads.shutdownNow();
    }
}
