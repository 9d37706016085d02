package io.millrace.bench;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How often groups commit: one group of 16 consumers, and 100 groups, beside one consumer of one group. Each consumer asks its
 * group's coordinator, which waits for all three replicas.
 */
final class CommitRates {
    private static final String TOPIC = "bench-commits";
    private static final int CONSUMERS = 16;
    private static final int GROUPS = 100;
    private static final int SESSION_MS = 1_800_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final BenchOptions options;
    private final Progress progress;
    private final BenchCluster cluster;
    private final GroupConsumers consumers;
    private final GroupQueries queries;

    CommitRates(BenchOptions options, Progress progress, BenchCluster cluster) {
        this.options = options;
        this.progress = progress;
        this.cluster = cluster;
        this.consumers = new GroupConsumers(cluster.servers().uri());
        this.queries = new GroupQueries(consumers);
    }

    List<Figure> run() throws Exception {
        progress.say("coordination: commits");
        cluster.admin().create(TOPIC, "os", CONSUMERS, BenchCluster.SERVERS);
        create("bench-alone", 1);
        create("bench-one", CONSUMERS);
        int[] owned = new int[CONSUMERS];
        for (int i = 0; i < CONSUMERS; i++) {
            owned[i] = consumers.partitions("bench-one", "c" + i)[0];
        }
        InetSocketAddress[] coordinators = new InetSocketAddress[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            create("bench-many-" + i, 1);
            coordinators[i] = coordinator("bench-many-" + i);
        }
        HttpLoad toAlone = new HttpLoad(coordinator("bench-alone"));
        HttpLoad toOne = new HttpLoad(coordinator("bench-one"));
        HttpLoad toMany = new HttpLoad(connection -> coordinators[connection]);
        Rounds<LoadResult> rounds = new Rounds<>();
        rounds.variant("alone", () -> toAlone.run(1, options.slice(), connection -> commit("bench-alone", 0, 0)));
        rounds.variant("one", () -> toOne.run(CONSUMERS, options.slice(),
                connection -> commit("bench-one", connection, owned[connection])));
        rounds.variant("many", () -> toMany.run(GROUPS, options.slice(), connection -> commit("bench-many-" + connection, 0, 0)));
        Map<String, List<LoadResult>> results = rounds.run(options.rounds() + 1, progress);
        results.values().forEach(each -> each.remove(0)); // the first round warms up
        cluster.admin().delete(TOPIC);
        List<LoadResult> alone = results.get("alone");
        return List.of(figure("coordination, commits of one group, 16 consumers", results.get("one"), alone),
                figure("coordination, commits of 100 groups", results.get("many"), alone),
                Figure.alone("coordination, commits of one consumer", "commits/s", perSecond(alone), new Target.None())
                        .with(alone.get(alone.size() / 2).latencies()));
    }

    private void create(String group, int members) throws Exception {
        for (int i = 0; i < members; i++) {
            consumers.create(group, "c" + i, "json", SESSION_MS, TOPIC);
        }
        queries.awaitStable(group, CONSUMERS, PATIENCE);
    }

    private InetSocketAddress coordinator(String group) throws Exception {
        return cluster.servers().address(queries.coordinator(group));
    }

    private Workload commit(String group, int consumer, int partition) {
        return Workload.repeat(new HttpRequests(cluster.servers().uri().getAuthority()).post(
                GroupConsumers.path(group, "c" + consumer) + "/offsets", HttpRequests.ANSWER, ByteBuffer.wrap(
                ("{\"offsets\":[{\"topic\":\"" + TOPIC + "\",\"partition\":" + partition + ",\"offset\":0}]}")
                        .getBytes(StandardCharsets.UTF_8))), 1);
    }

    private static Figure figure(String name, List<LoadResult> reached, List<LoadResult> alone) {
        return Figure.against(name, "commits/s", perSecond(reached), "one consumer, one commit after the other", perSecond(alone),
                new Target.None()).with(reached.get(reached.size() / 2).latencies());
    }

    private static Samples perSecond(List<LoadResult> results) {
        return new Samples(results.stream().map(LoadResult::requestsPerSecond).toList());
    }
}
