package io.millrace.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** What writing costs in a cluster: a record that is kept three times, many partitions at once, registers. */
final class ClusterWrites {
    private static final int MIB = 1 << 20;
    private static final int CONNECTIONS = 4;
    /** The compilers of three servers share the cores with the load: what is measured before they are done is them. */
    private static final Duration WARM_UP = Duration.ofSeconds(20);
    private static final int PARTITIONS = 100;
    private static final int MANY_CONNECTIONS = 16;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;
    private final BenchCluster cluster;

    ClusterWrites(BenchOptions options, Path work, Progress progress, BenchCluster cluster) {
        this.options = options;
        this.work = work;
        this.progress = progress;
        this.cluster = cluster;
    }

    List<Figure> throughput() throws Exception {
        List<Figure> figures = new ArrayList<>();
        ByteBuffer batch = Batches.upTo(MIB);
        int records = batch.remaining() / 1035;
        for (String flush : List.of("commit", "os")) {
            progress.say("cluster: raw produce, 1 MiB batches of 1 KiB, flush=" + flush);
            String one = "bench-one-" + flush;
            String three = "bench-three-" + flush;
            BenchCluster.Lane single = cluster.lane(one, flush, 1, "1", batch, records, CONNECTIONS);
            BenchCluster.Lane triple = cluster.lane(three, flush, BenchCluster.SERVERS, "all", batch, records, CONNECTIONS);
            single.run(WARM_UP);
            triple.run(WARM_UP.multipliedBy(2));
            Map<String, List<LoadResult>> results = new Rounds<LoadResult>()
                    .variant("one", () -> single.run(options.slice()))
                    .variant("three", () -> triple.run(options.slice()))
                    .run(options.rounds(), progress);
            Target ratio = new Target.Ratio(0.27);
            figures.add(Figure.against("cluster, raw produce, acks=all, 3 replicas, flush=" + flush, "records/s",
                    samples(results.get("three"), LoadResult::recordsPerSecond), "acks=1, 1 replica, one server",
                    samples(results.get("one"), LoadResult::recordsPerSecond),
                    flush.equals("os") ? new Target.Both(ratio, new Target.Above(45_000)) : ratio)
                    .with(results.get("three").get(0).latencies()));
            profile("three-" + flush, triple);
            cluster.admin().delete(one);
            cluster.admin().delete(three);
        }
        return figures;
    }

    /** Each server while the lane is loaded once more. */
    private void profile(String name, BenchCluster.Lane lane) throws Exception {
        if (!options.profile()) {
            return;
        }
        try (ClusterRecordings recordings = ClusterRecordings.start(cluster, work, name)) {
            lane.run(options.slice().multipliedBy(3));
        }
    }

    List<Figure> latency() throws Exception {
        progress.say("cluster: single records at low load");
        ByteBuffer record = Batches.of(1, 100);
        BenchCluster.Lane one = cluster.lane("bench-low-one", "commit", 1, "1", record, 1, 1);
        BenchCluster.Lane all = cluster.lane("bench-low-all", "commit", BenchCluster.SERVERS, "all", record, 1, 1);
        one.run(WARM_UP);
        all.run(WARM_UP.multipliedBy(3));
        Map<String, List<LoadResult>> results = new Rounds<LoadResult>()
                .variant("one", () -> one.run(options.slice()))
                .variant("three", () -> all.run(options.slice()))
                .run(options.rounds(), progress);
        List<Figure> figures = List.of(
                latency(results, "p50", LoadResult::p50, new Target.None()),
                latency(results, "p99", LoadResult::p99, new Target.RatioBelow(3)));
        profile("latency", all);
        cluster.admin().delete("bench-low-one");
        cluster.admin().delete("bench-low-all");
        return figures;
    }

    private static Figure latency(Map<String, List<LoadResult>> results, String name,
                                  ToDoubleFunction<LoadResult> value, Target target) {
        return Figure.against("cluster, one record, one connection, flush=commit, acks=all, 3 replicas, " + name, "ms",
                samples(results.get("three"), value), "acks=1, 1 replica", samples(results.get("one"), value), target);
    }

    /** One record a request, to one server that leads all: one partition, and many in turn. Copies are not what is measured. */
    List<Figure> partitions() throws Exception {
        progress.say("cluster: " + PARTITIONS + " partitions written at once");
        ByteBuffer record = Batches.of(1, 100);
        BenchCluster.Lane one = cluster.lane("bench-one-partition", "commit", 1, "1", record, 1, MANY_CONNECTIONS);
        String many = "bench-many-partitions";
        cluster.admin().create(many, "commit", PARTITIONS * BenchCluster.SERVERS, 1);
        int leader = cluster.awaitLeader(many, 0);
        List<ByteBuffer> requests = new ArrayList<>();
        HttpRequests http = new HttpRequests(cluster.servers().uri(leader).getAuthority());
        for (int partition = 0; requests.size() < PARTITIONS; partition++) {
            if (cluster.admin(leader).leader(many, partition) == leader) {
                requests.add(http.post("/topics/" + many + "/partitions/" + partition + "?acks=1", HttpRequests.BATCH, record));
            }
        }
        HttpLoad load = new HttpLoad(cluster.servers().address(leader));
        Rounds.Slice<LoadResult> spread = () -> load.run(MANY_CONNECTIONS, options.slice(),
                connection -> Workload.inTurn(requests, connection * PARTITIONS / MANY_CONNECTIONS, 1));
        one.run(WARM_UP);
        spread.measure();
        Map<String, List<LoadResult>> results = new Rounds<LoadResult>()
                .variant("one", () -> one.run(options.slice()))
                .variant("many", spread)
                .run(options.rounds(), progress);
        cluster.admin().delete("bench-one-partition");
        cluster.admin().delete(many);
        return List.of(Figure.against("cluster, " + PARTITIONS + " partitions written at once, flush=commit", "requests/s",
                samples(results.get("many"), LoadResult::requestsPerSecond), "one partition",
                samples(results.get("one"), LoadResult::requestsPerSecond), new Target.Ratio(0.8)));
    }

    List<Figure> registers() throws Exception {
        progress.say("cluster: register writes");
        int writers = 8;
        for (int i = 0; i < writers; i++) {
            cluster.admin().create("bench-register-" + i, "os", 1, 1);
        }
        double[] perSecond = new double[options.rounds()];
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            for (int round = 0; round < perSecond.length; round++) {
                perSecond[round] = registerWrites(threads, writers) / (options.slice().toNanos() / 1e9);
            }
        } finally {
            threads.shutdownNow();
        }
        for (int i = 0; i < writers; i++) {
            cluster.admin().delete("bench-register-" + i);
        }
        return List.of(Figure.alone("cluster, register writes (topic configuration), 8 writers", "writes/s",
                Samples.of(perSecond), new Target.None()));
    }

    private int registerWrites(ExecutorService threads, int writers) throws Exception {
        long end = System.nanoTime() + options.slice().toNanos();
        List<Future<Integer>> lanes = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            String topic = "bench-register-" + i;
            lanes.add(threads.submit(() -> writeUntil(topic, end)));
        }
        int written = 0;
        for (Future<Integer> lane : lanes) {
            written += lane.get(options.slice().toSeconds() + 60, TimeUnit.SECONDS);
        }
        return written;
    }

    private int writeUntil(String topic, long end) throws IOException, InterruptedException {
        int written = 0;
        while (System.nanoTime() < end) {
            cluster.admin().alter(topic, "retention.ms", Integer.toString(1_000_000 + written++));
        }
        return written;
    }

    private static Samples samples(List<LoadResult> results, ToDoubleFunction<LoadResult> value) {
        return new Samples(results.stream().map(value::applyAsDouble).toList());
    }
}
