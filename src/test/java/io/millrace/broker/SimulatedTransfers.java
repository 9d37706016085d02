package io.millrace.broker;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.broker.produce.RecordRules;
import io.millrace.log.IsolationLevel;
import io.millrace.log.ProducerLimits;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.Partition;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Applications that write to a topic of a {@link SimulatedCluster} in transactions, and readers of what is committed. What must
 * hold: readers are shown each record of a committed transaction once and none of an aborted one; each transaction in a log is
 * ended as the coordinator decided, and nothing of it comes behind that; readers reach the end.
 */
final class SimulatedTransfers implements SimulatedCluster.Inhabitants {
    private static final String TOPIC = "transfers";
    private static final int PARTITIONS = 2;
    private static final int APPLICATIONS = 4;
    /** How long an application waits for the answer of an append. */
    private static final int PATIENCE_MS = 1_200;
    private static final int LONGEST_STEP_MICROS = 200_000;
    private static final int VERDICT_MS = 90_000;
    /** When the last message has come, each of an append, its verification and what follows from that. */
    private static final int LATEST_MS = 25_000;

    private final SimulatedCluster cluster;
    private final ModelCoordinator coordinator;
    private final List<Application> applications = new ArrayList<>();
    private final List<Reader> readers = new ArrayList<>();
    /** What was acknowledged, by transaction. */
    private final Map<ProducerIdAndEpoch, List<String>> acknowledged = new HashMap<>();
    private UUID topicId;
    private long values;
    private int committed;
    private int late;
    private boolean settling;
    /** The first violation, or null. */
    private String violated;

    SimulatedTransfers(SimulatedCluster cluster, ModelCoordinator.Bug bug) {
        this.cluster = cluster;
        this.coordinator = new ModelCoordinator(cluster, TOPIC, bug);
        for (int i = 0; i < APPLICATIONS; i++) {
            applications.add(new Application("shop-" + i));
        }
        for (int i = 0; i < PARTITIONS; i++) {
            readers.add(new Reader(new TopicPartition(TOPIC, i)));
        }
    }

    /** How many transactions were committed whose commit was answered. */
    int committed() {
        return committed;
    }

    /** How many appends came to a leader after their application had given them up. */
    int late() {
        return late;
    }

    /** How many of them were refused by the coordinator. */
    int refusals() {
        return coordinator.refusals();
    }

    // ---- in the cluster

    /** So few that most are forgotten with their markers, and what comes late is not refused because of its epoch. */
    @Override
    public ProducerLimits producers() {
        return new ProducerLimits(TimeUnit.DAYS.toMillis(1), 1);
    }

    @Override
    public void opened(SimulatedServer server) {
        server.broker().transactions().verifyWith(coordinator.verifier(server.timers()),
                (id, producerId, epoch) -> CompletableFuture.completedFuture(null));
    }

    @Override
    public int acts() {
        return 1;
    }

    @Override
    public boolean isHosting(SimulatedServer server) {
        return topicId == null || server.broker().hosted().working().stream().filter(each -> each.topic().equals(TOPIC)).count()
                < PARTITIONS;
    }

    @Override
    public void act() {
        raise();
        if (topicId == null) {
            create();
            return;
        }
        switch (cluster.random().nextInt(20)) {
            case 0 -> cluster.moveSomething(cluster.servers().get(cluster.random().nextInt(cluster.servers().size())), TOPIC, PARTITIONS);
            case 1 -> cluster.servers().get(cluster.random().nextInt(cluster.servers().size())).setSlow(true);
            case 2, 3, 4, 5 -> cluster.servers().forEach(each -> each.setSlow(false));
            default -> readers.get(cluster.random().nextInt(PARTITIONS)).poll();
        }
    }

    private void create() {
        cluster.servers().stream().filter(SimulatedServer::isWell).findFirst().ifPresent(server -> {
            try {
                server.broker().topics().create(TOPIC, PARTITIONS, 3, Map.of("segment.bytes", "1024", "min.insync.replicas",
                        Integer.toString(1 + cluster.random().nextInt(2))));
            } catch (BrokerException notNow) {
                cluster.note("topic " + TOPIC + ": " + notNow.getMessage());
            }
            topicId = cluster.registered(TOPIC).map(Topic::id).orElse(null);
            if (topicId != null) {
                applications.forEach(Application::goOn);
            }
        });
    }

    private Optional<SimulatedServer> leader(TopicPartition partition) {
        int leader = cluster.registered(TOPIC).orElseThrow().partitions().get(partition.partition()).leader();
        return leader < 1 ? Optional.empty() : Optional.of(cluster.server(leader));
    }

    /** One transaction after the other; where it does not know how one went, it aborts. */
    private final class Application {
        private final String id;
        private ProducerIdAndEpoch producer;
        /** Goes up when it gives up what is under way. */
        private int attempt;
        private int waiting;
        private int written;
        private boolean failed;
        /** Of the present transaction: whether it counts its records, and how many it has in each partition. */
        private boolean counting;
        private final Map<TopicPartition, Integer> sequences = new HashMap<>();
        /** What it asked for, and was not answered. */
        private TransactionResult ending;

        private Application(String id) {
            this.id = id;
        }

        /** Until everything has healed. */
        private void goOn() {
            cluster.time().soon(LONGEST_STEP_MICROS, () -> {
                if (!settling) {
                    coordinator.tick();
                    act();
                    goOn();
                }
            });
        }

        private void act() {
            if (cluster.random().nextInt(150) == 0) {
                begin(null); // it crashes: another one begins with its id
            }
            if (producer == null) {
                begin(coordinator.init(id));
            } else if (ending != null) {
                end(ending);
            } else if (waiting > 0 && (counting || cluster.random().nextInt(3) > 0)) {
                return;
            } else if (written < 4 && !failed && cluster.random().nextInt(4) > 0) {
                write();
            } else if (waiting == 0) {
                end(failed || cluster.random().nextInt(6) == 0 ? TransactionResult.ABORT : TransactionResult.COMMIT);
            }
        }

        private void begin(ProducerIdAndEpoch next) {
            attempt++;
            producer = next;
            waiting = 0;
            written = 0;
            failed = false;
            counting = cluster.random().nextBoolean();
            sequences.clear();
            ending = null;
        }

        /** The answer gets lost now and then. */
        private void end(TransactionResult result) {
            ending = result;
            try {
                ProducerIdAndEpoch before = producer;
                ProducerIdAndEpoch next = coordinator.end(id, before, result);
                if (next != null && cluster.random().nextInt(8) > 0) {
                    committed += result == TransactionResult.COMMIT && written > 0 ? 1 : 0;
                    begin(next);
                }
            } catch (BrokerException fenced) {
                begin(null);
            }
        }

        private void write() {
            TopicPartition partition = new TopicPartition(TOPIC, cluster.random().nextInt(PARTITIONS));
            List<String> batch = new ArrayList<>();
            for (int i = cluster.random().nextInt(3); i >= 0; i--) {
                batch.add("value-" + ++values);
            }
            int sequence = counting ? sequences.merge(partition, batch.size(), Integer::sum) - batch.size() : RecordBatch.NO_SEQUENCE;
            waiting++;
            written++;
            int of = attempt;
            send(partition, batch, sequence, of);
            if (counting && cluster.random().nextInt(3) == 0) {
                send(partition, batch, sequence, of); // what is sent again is not written again
            }
            cluster.time().after(PATIENCE_MS, () -> answered(of, batch, false));
        }

        private void send(TopicPartition partition, List<String> batch, int sequence, int of) {
            ProducerIdAndEpoch by = producer;
            leader(partition).filter(any -> cluster.random().nextInt(60) > 0).ifPresent(server -> cluster.time().soon(
                    cluster.random().nextInt(20) == 0 ? 6_000_000 : 3_000, () -> server.receive(() -> {
                        late += of == attempt ? 0 : 1;
                        server.broker().transactions().append(TOPIC, partition.partition(), bytes(by, batch, sequence), Acks.ALL,
                                        RecordRules.IN_FORCE, id)
                                .whenComplete((done, failure) -> cluster.time().soon(3_000, () -> {
                                    if (failure == null) {
                                        answered(of, batch, true);
                                    } else if (!counting) {
                                        answered(of, batch, false);
                                    }
                                }));
                    })));
        }

        private void answered(int of, List<String> batch, boolean done) {
            boolean known = done && acknowledged.getOrDefault(producer, List.of()).containsAll(batch);
            if (of != attempt || waiting == 0 || known || ending != null) {
                return;
            }
            if (done) {
                acknowledged.computeIfAbsent(producer, any -> new ArrayList<>()).addAll(batch);
                waiting--;
            } else if (!acknowledged.getOrDefault(producer, List.of()).containsAll(batch)) {
                failed = true;
                waiting--;
            }
        }

        private ByteBuffer bytes(ProducerIdAndEpoch by, List<String> batch, int sequence) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(by.producerId(), by.epoch(), sequence)
                    .transactional();
            batch.forEach(value -> builder.append(SimulatedServer.BEGIN_MS, null, BrokerHarness.bytes(value), List.of()));
            return builder.build();
        }
    }

    /** Reads what is committed, from the beginning on, once. */
    private final class Reader {
        private final TopicPartition partition;
        private final Map<String, ProducerIdAndEpoch> shown = new LinkedHashMap<>();
        private long offset;

        private Reader(TopicPartition partition) {
            this.partition = partition;
        }

        private void poll() {
            long from = offset;
            leader(partition).filter(SimulatedServer::isUp).ifPresent(server -> server.receive(() -> server.broker().fetch(
                    new FetchRequest(TOPIC, partition.partition(), new FetchPosition.AtOffset(from), IsolationLevel.READ_COMMITTED,
                            false, -1, 0, 1 + cluster.random().nextInt(2_000), 0)).thenAccept(result -> read(from, result))));
        }

        private void read(long from, FetchResult result) {
            if (from != offset) {
                return;
            }
            offset = result.nextOffset();
            for (RecordBatch batch : RecordBatch.in(result.batches())) {
                ProducerIdAndEpoch by = new ProducerIdAndEpoch(batch.producerId(), batch.producerEpoch());
                check(coordinator.outcome(by) == TransactionResult.COMMIT, "a record of " + by + " is shown in " + partition
                        + ", whose transaction ended so: " + coordinator.outcome(by));
                batch.records().forEachRemaining(record -> {
                    if (record.offset() >= from) {
                        String value = BrokerHarness.text(record.value());
                        check(shown.put(value, by) == null, value + " is shown twice in " + partition);
                    }
                });
            }
        }
    }

    // ---- what must hold

    @Override
    public void settle() {
        settling = true;
        if (topicId == null) {
            return;
        }
        long quiet = cluster.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(LATEST_MS);
        await("every transaction is ended", () -> cluster.time().nanoTime() > quiet && coordinator.isResting(), coordinator::tick);
        await("every leader is whole", () -> readers.stream().allMatch(reader -> wholeLog(reader.partition) != null), () -> { });
        LoggedTransfers logged = new LoggedTransfers(cluster, coordinator);
        readers.forEach(reader -> logged.check(reader.partition, wholeLog(reader.partition)));
        await("readers reach the end", () -> readers.stream().allMatch(reader -> wholeLog(reader.partition) != null
                && reader.offset == wholeLog(reader.partition).logEndOffset()), () -> readers.forEach(Reader::poll));
        checkShown();
        raise();
    }

    private void await(String what, BooleanSupplier holds, Runnable meanwhile) {
        long until = cluster.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(VERDICT_MS);
        while (!holds.getAsBoolean()) {
            cluster.check(cluster.time().nanoTime() < until, "held back: it never came that " + what);
            meanwhile.run();
            cluster.advance(100);
            raise();
        }
    }

    /** Of the leader, when all of it is committed; or null. */
    private PartitionLog wholeLog(TopicPartition id) {
        Partition partition = leader(id).map(server -> server.partition(id, topicId)).orElse(null);
        return partition == null || !partition.state().isLeading() || partition.highWatermark() != partition.log().logEndOffset()
                ? null : partition.log();
    }

    private void checkShown() {
        Set<String> shown = new HashSet<>();
        readers.forEach(reader -> shown.addAll(reader.shown.keySet()));
        Set<String> expected = new HashSet<>();
        acknowledged.forEach((by, batch) -> {
            if (coordinator.outcome(by) == TransactionResult.COMMIT) {
                expected.addAll(batch);
            }
        });
        check(shown.equals(expected), "of what was committed this was not shown, or this was shown and not committed: "
                + difference(expected, shown) + ", " + difference(shown, expected));
    }

    private static List<String> difference(Set<String> these, Set<String> others) {
        return these.stream().filter(value -> !others.contains(value)).sorted(Comparator.naturalOrder()).toList();
    }

    /** Answers come to futures, which keep what is thrown there to themselves: it is thrown again with the next step. */
    private void check(boolean holds, String violation) {
        if (!holds && violated == null) {
            violated = violation;
        }
    }

    private void raise() {
        cluster.check(violated == null, violated);
        cluster.check(coordinator.violated() == null, coordinator.violated());
    }
}
