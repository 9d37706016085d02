package io.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What exactly once costs in a cluster of three packaged servers, with shipped settings and three replicas: idempotent
 * producers, transactions of a thousand records, the commit of a small one, and ten thousand that are open. Each beside the same
 * without it, in the same rounds.
 */
final class TransactionSuite {
    private static final Duration WARM_UP = Duration.ofSeconds(30);
    private static final int CONNECTIONS = 4;
    /** With so many, what transactions write beside their records is gathered. */
    private static final int MANY_CONNECTIONS = 16;
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;
    private static final int RECORDS = 1_000;
    private static final int VALUE_BYTES = 100;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;

    TransactionSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    /** The chosen parts, in one cluster. */
    List<Figure> run() throws Exception {
        progress.say("transactions: starting three servers");
        List<Figure> figures = new ArrayList<>();
        try (BenchCluster cluster = BenchCluster.start(options, work)) {
            cluster.awaitWhole();
            for (TransactionPart part : options.transactions()) {
                figures.addAll(switch (part) {
                    case IDEMPOTENCE -> List.of(
                            idempotence(cluster, "1 MiB batches of 1 KiB", Batches.upTo(MIB)),
                            idempotence(cluster, "batches of 100 x 100 B", Batches.of(100, VALUE_BYTES)));
                    case THROUGHPUT -> List.of(
                            throughput(cluster, new Shape(10, VALUE_BYTES, CONNECTIONS), new Target.Ratio(0.8)),
                            throughput(cluster, new Shape(4, KIB, CONNECTIONS), new Target.Ratio(0.8)),
                            throughput(cluster, new Shape(10, VALUE_BYTES, MANY_CONNECTIONS), new Target.None()),
                            throughput(cluster, new Shape(4, KIB, MANY_CONNECTIONS), new Target.None()),
                            throughput(cluster, new Shape(1, VALUE_BYTES, CONNECTIONS), new Target.None()));
                    case COMMIT -> commit(cluster);
                    case OPEN -> new OpenTransactions(progress, cluster).run();
                });
            }
        }
        return figures;
    }

    private Figure idempotence(BenchCluster cluster, String what, ByteBuffer batch) throws Exception {
        progress.say("transactions: idempotent producers, " + what);
        ProducerAdmin admin = new ProducerAdmin(cluster.servers().uri());
        List<Producer> producers = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            producers.add(admin.idempotent());
        }
        BenchCluster.Lane plain = stamped(cluster, "bench-plain", null, batch, CONNECTIONS);
        BenchCluster.Lane idempotent = stamped(cluster, "bench-idempotent", producers, batch, CONNECTIONS);
        plain.run(WARM_UP);
        idempotent.run(WARM_UP);
        Map<String, List<LoadResult>> results = new Rounds<LoadResult>()
                .variant("plain", () -> plain.run(options.slice()))
                .variant("idempotent", () -> idempotent.run(options.slice()))
                .run(options.rounds(), progress);
        cluster.admin().delete("bench-plain");
        cluster.admin().delete("bench-idempotent");
        return figure("transactions, idempotent producers, " + what + ", 4 connections", results.get("idempotent"), "without producer ids",
                results.get("plain"), new Target.Ratio(0.95));
    }

    /** @param producers of each connection; null: nobody */
    private static BenchCluster.Lane stamped(BenchCluster cluster, String topic, List<Producer> producers, ByteBuffer batch,
                                             int connections) throws IOException, InterruptedException {
        return cluster.lane(topic, "commit", BenchCluster.SERVERS, connections, requests -> {
            List<Workload> workloads = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                workloads.add(new StampedBatch(producers == null ? null : producers.get(i), requests.post("/topics/" + topic
                        + "/partitions/0?acks=all", HttpRequests.BATCH, batch), batch.remaining()));
            }
            return workloads::get;
        });
    }

    /**
     * Of transactions of a thousand records.
     *
     * @param writes     requests, in which the records of one are
     * @param valueBytes of each record
     */
    private record Shape(int writes, int valueBytes, int connections) {
        private int records() {
            return RECORDS / writes;
        }

        @Override
        public String toString() {
            return "1,000 x %s in %d request%s, %d connections".formatted(valueBytes == KIB ? "1 KiB" : valueBytes + " B", writes,
                    writes == 1 ? "" : "s", connections);
        }
    }

    private Figure throughput(BenchCluster cluster, Shape shape, Target target) throws Exception {
        progress.say("transactions: of " + shape);
        ByteBuffer batch = Batches.transactional(shape.records(), shape.valueBytes());
        BenchCluster.Lane plain = stamped(cluster, "bench-plain", null, Batches.of(shape.records(), shape.valueBytes()), shape.connections());
        String topic = "bench-transactions-%d-%d-%d".formatted(shape.writes(), shape.valueBytes(), shape.connections());
        BenchCluster.Lane transactional = transactions(cluster, topic, shape.connections(), shape.writes(), batch);
        plain.runOn(WARM_UP);
        transactional.runOn(WARM_UP);
        // nothing is emptied: a transaction may be under way when a slice is over, and goes on in the next one
        Map<String, List<LoadResult>> results = new Rounds<LoadResult>()
                .variant("plain", () -> plain.runOn(options.slice()))
                .variant("transactions", () -> transactional.runOn(options.slice()))
                .run(options.rounds(), progress);
        cluster.admin().delete("bench-plain");
        return figure("transactions of " + shape, results.get("transactions"), "the same requests without transactions, acks=all",
                results.get("plain"), target);
    }

    private static BenchCluster.Lane transactions(BenchCluster cluster, String topic, int connections, int writes, ByteBuffer batch)
            throws IOException, InterruptedException {
        List<Producer> producers = new ArrayList<>();
        ProducerAdmin admin = new ProducerAdmin(cluster.servers().uri());
        for (int i = 0; i < connections; i++) {
            producers.add(admin.transactional(topic + "-" + i));
        }
        return cluster.lane(topic, "commit", BenchCluster.SERVERS, connections, requests -> {
            List<Workload> workloads = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                workloads.add(new TransactionWorkload(requests, topic + "-" + i, producers.get(i), topic, batch, writes));
            }
            return workloads::get;
        });
    }

    /** The commit of a transaction of one record, beside one record. */
    private List<Figure> commit(BenchCluster cluster) throws Exception {
        progress.say("transactions: commits of one record");
        BenchCluster.Lane record = cluster.lane("bench-record", "commit", BenchCluster.SERVERS, "all", Batches.of(1, VALUE_BYTES), 1, 1);
        BenchCluster.Lane lane = transactions(cluster, "bench-commit", 1, 1, Batches.transactional(1, VALUE_BYTES));
        TransactionWorkload transactions = (TransactionWorkload) lane.workloads().forConnection(0);
        InetSocketAddress leader = cluster.servers().address(cluster.awaitLeader("bench-commit", 0));
        record.runOn(WARM_UP);
        CommitLatencies.measure(leader, transactions, WARM_UP);
        List<CommitLatencies> commits = new ArrayList<>();
        List<LoadResult> records = new ArrayList<>();
        for (int round = 1; round <= options.rounds(); round++) {
            records.add(record.runOn(options.slice()));
            commits.add(CommitLatencies.measure(leader, transactions, options.slice()));
            progress.say("round %d, one record: %s".formatted(round, records.get(round - 1)));
            progress.say("round %d, commits: %s".formatted(round, commits.get(round - 1)));
        }
        cluster.admin().delete("bench-record");
        return List.of(
                latency("the commit of a transaction of one record, p50", commits, CommitLatencies::commitP50, records, LoadResult::p50,
                        new Target.RatioBelow(4)),
                latency("the same, p99", commits, CommitLatencies::commitP99, records, LoadResult::p99, new Target.None()),
                latency("a whole transaction of one record, p50", commits, CommitLatencies::wholeP50, records, LoadResult::p50,
                        new Target.None()));
    }

    private static Figure latency(String what, List<CommitLatencies> commits, ToDoubleFunction<CommitLatencies> ofCommits,
                                  List<LoadResult> records, ToDoubleFunction<LoadResult> ofRecords, Target target) {
        return Figure.against("transactions, " + what, "ms", new Samples(commits.stream().map(ofCommits::applyAsDouble).toList()),
                "one record, acks=all", new Samples(records.stream().map(ofRecords::applyAsDouble).toList()), target);
    }

    private static Figure figure(String name, List<LoadResult> reached, String beside, List<LoadResult> limit, Target target) {
        return Figure.against(name, "records/s", perSecond(reached), beside, perSecond(limit), target)
                .with(reached.get(reached.size() / 2).latencies());
    }

    private static Samples perSecond(List<LoadResult> results) {
        return new Samples(results.stream().map(LoadResult::recordsPerSecond).toList());
    }
}
