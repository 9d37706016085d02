package io.millrace.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Ten thousand transactional ids, each with a transaction under way, and what they take of the servers' heaps. */
final class OpenTransactions {
    private static final String TOPIC = "bench-open";
    private static final int IDS = 10_000;
    private static final int PARTITIONS = 16;
    private static final int CLIENTS = 16;
    /** All must be there before the first one's time is up. */
    private static final long PATIENCE_SECONDS = 600;
    private static final double MIB = 1 << 20;

    private final Progress progress;
    private final BenchCluster cluster;
    private final Producer[] producers = new Producer[IDS];

    OpenTransactions(Progress progress, BenchCluster cluster) {
        this.progress = progress;
        this.cluster = cluster;
    }

    /** What is done with one of them. */
    @FunctionalInterface
    private interface Step {
        void take(ProducerAdmin admin, int id) throws Exception;
    }

    List<Figure> run() throws Exception {
        progress.say("transactions: " + IDS + " open ones");
        cluster.admin().create(TOPIC, "os", PARTITIONS, BenchCluster.SERVERS);
        cluster.awaitWhole();
        Samples without = heaps();
        double opened = each((admin, id) -> {
            producers[id] = admin.transactional(name(id));
            admin.write(name(id), producers[id], TOPIC, id % PARTITIONS);
        });
        ProducerAdmin one = new ProducerAdmin(cluster.servers().uri());
        for (int id = 0; id < IDS; id += IDS / 20) {
            one.require("Ongoing", name(id));
        }
        Samples with = heaps();
        double ended = each((admin, id) -> admin.abort(name(id), producers[id]));
        Samples after = heaps();
        cluster.admin().delete(TOPIC);
        double bytes = IntStream.range(0, BenchCluster.SERVERS).mapToDouble(i -> with.rounds().get(i) - without.rounds().get(i)).sum()
                * MIB / IDS;
        progress.say("heaps in MiB: %s without, %s with, %s when all were aborted; %.0f bytes for each in all servers together"
                .formatted(text(without), text(with), text(after), bytes));
        return List.of(
                Figure.against("transactions, 10,000 open ones: heap of each server", "MiB", with, "before", without, new Target.None()),
                Figure.alone("the same, heap for each in all servers together", "bytes", Samples.of(bytes), new Target.None()),
                Figure.against("the same, heap of each server when all were aborted", "MiB", after, "before", without, new Target.None()),
                Figure.alone("the same, begun with a record each, 16 clients", "transactions/s", Samples.of(IDS / opened), new Target.None()),
                Figure.alone("the same, aborted", "transactions/s", Samples.of(IDS / ended), new Target.None()));
    }

    private static String name(int id) {
        return "bench-open-" + id;
    }

    private Samples heaps() throws Exception {
        double[] heaps = new double[BenchCluster.SERVERS];
        for (int i = 0; i < heaps.length; i++) {
            heaps[i] = HeapInUse.afterCollection(cluster.servers().pids().get(i));
        }
        return Samples.of(heaps);
    }

    private static String text(Samples heaps) {
        return heaps.rounds().stream().map("%.0f"::formatted).collect(Collectors.joining(", "));
    }

    /** @return the seconds that it took for all of them */
    private double each(Step step) throws Exception {
        long begun = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int first = client;
                ProducerAdmin admin = new ProducerAdmin(cluster.servers().uri(client % BenchCluster.SERVERS + 1));
                clients.add(threads.submit(() -> {
                    for (int id = first; id < IDS; id += CLIENTS) {
                        step.take(admin, id);
                    }
                    return null;
                }));
            }
            for (Future<?> client : clients) {
                client.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        return (System.nanoTime() - begun) / 1e9;
    }
}
