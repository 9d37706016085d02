package io.millrace.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The largest group that shipped settings allow: a thousand consumers of a thousand partitions. */
final class ManyMembers {
    private static final String TOPIC = "bench-members";
    private static final String GROUP = "bench-members";
    private static final int MEMBERS = 1_000;
    private static final int PARTITIONS = 1_000;
    private static final int CLIENTS = 16;
    private static final int SESSION_MS = 1_800_000;
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Progress progress;
    private final BenchCluster cluster;

    ManyMembers(Progress progress, BenchCluster cluster) {
        this.progress = progress;
        this.cluster = cluster;
    }

    List<Figure> run() throws Exception {
        progress.say("coordination: " + MEMBERS + " consumers of " + PARTITIONS + " partitions");
        GroupConsumers consumers = new GroupConsumers(cluster.servers().uri());
        GroupQueries queries = new GroupQueries(consumers);
        cluster.admin().create(TOPIC, "os", PARTITIONS, BenchCluster.SERVERS);
        cluster.awaitWhole();
        consumers.create(GROUP, "c0", "json", SESSION_MS, TOPIC);
        queries.awaitStable(GROUP, PARTITIONS, PATIENCE);
        long coordinator = cluster.servers().pids().get(queries.coordinator(GROUP) - 1);
        double before = HeapInUse.afterCollection(coordinator);
        long begun = System.nanoTime();
        createOthers();
        double created = seconds(begun);
        progress.say("all are there and have subscribed after %.1f s".formatted(created));
        queries.awaitStable(GROUP, PARTITIONS, PATIENCE);
        double shared = seconds(begun);
        progress.say("each partition has its owner after %.1f s".formatted(shared));
        double heap = HeapInUse.afterCollection(coordinator);
        begun = System.nanoTime();
        consumers.delete(GROUP, "c1");
        queries.awaitStable(GROUP, PARTITIONS, PATIENCE);
        double left = seconds(begun);
        cluster.admin().delete(TOPIC);
        progress.say("one left: %.1f s, heap of the coordinator %.0f MiB, %.0f with one consumer".formatted(left, heap, before));
        return List.of(
                Figure.alone("coordination, 1,000 consumers of 1,000 partitions: until all have subscribed", "s", Samples.of(created),
                        new Target.None()),
                Figure.alone("the same, until each partition has its owner", "s", Samples.of(shared), new Target.None()),
                Figure.alone("the same, one leaves: until each partition has its owner", "s", Samples.of(left), new Target.None()),
                Figure.against("the same, heap of the coordinator", "MiB", Samples.of(heap), "with one consumer", Samples.of(before),
                        new Target.None()));
    }

    private void createOthers() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int first = client + 1;
                GroupConsumers consumers = new GroupConsumers(cluster.servers().uri(client % BenchCluster.SERVERS + 1));
                clients.add(threads.submit(() -> {
                    for (int member = first; member < MEMBERS; member += CLIENTS) {
                        consumers.create(GROUP, "c" + member, "json", SESSION_MS, TOPIC);
                    }
                    return null;
                }));
            }
            for (Future<?> client : clients) {
                client.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }
}
