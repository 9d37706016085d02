package io.millrace.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One consumer commits a thousand partitions at once, again and again, while the servers' memory is watched. The load stops
 * for each look at them, so that a collection is no commit's latency.
 */
final class CommitSoak {
    private static final String TOPIC = "bench-soak-commits";
    private static final String GROUP = "bench-soak";
    private static final int PARTITIONS = 1_000;
    private static final int SESSION_MS = 1_800_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration WARM_UP = Duration.ofSeconds(30);
    private static final Duration WINDOW = Duration.ofSeconds(15);
    /** What counts as noise, not growth. */
    private static final double GROWTH_BOUND_MIB = 32;

    private final BenchOptions options;
    private final Progress progress;
    private final BenchCluster cluster;
    private final List<LoadResult> windows = new ArrayList<>();
    /** After each window, of each server. */
    private final List<List<ServerState>> states = new ArrayList<>();

    CommitSoak(BenchOptions options, Progress progress, BenchCluster cluster) {
        this.options = options;
        this.progress = progress;
        this.cluster = cluster;
    }

    List<Figure> run() throws Exception {
        progress.say("coordination: one consumer commits " + PARTITIONS + " partitions, " + options.commits().toMinutes() + " minutes");
        GroupConsumers consumers = new GroupConsumers(cluster.servers().uri());
        GroupQueries queries = new GroupQueries(consumers);
        cluster.admin().create(TOPIC, "os", PARTITIONS, BenchCluster.SERVERS);
        cluster.awaitWhole();
        consumers.create(GROUP, "c", "json", SESSION_MS, TOPIC);
        queries.awaitStable(GROUP, PARTITIONS, PATIENCE);
        HttpLoad load = new HttpLoad(cluster.servers().address(queries.coordinator(GROUP)));
        Workload commits = Workload.repeat(new HttpRequests(cluster.servers().uri().getAuthority()).post(
                GroupConsumers.path(GROUP, "c") + "/offsets", HttpRequests.ANSWER, everyPartition()), 1);
        load.run(1, WARM_UP, connection -> commits);
        long end = System.nanoTime() + options.commits().toNanos();
        while (windows.size() < 3 || System.nanoTime() < end) {
            windows.add(load.run(1, WINDOW, connection -> commits));
            states.add(look());
            progress.say("commits: " + windows.get(windows.size() - 1));
        }
        cluster.admin().delete(TOPIC);
        return figures();
    }

    private static ByteBuffer everyPartition() {
        return StandardCharsets.UTF_8.encode(IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> "{\"topic\":\"" + TOPIC + "\",\"partition\":" + partition + ",\"offset\":0}")
                .collect(Collectors.joining(",", "{\"offsets\":[", "]}")));
    }

    private List<ServerState> look() throws Exception {
        List<ServerState> now = new ArrayList<>();
        for (int server = 1; server <= BenchCluster.SERVERS; server++) {
            now.add(ServerState.of(cluster.servers().pids().get(server - 1), cluster.servers().data(server)));
            progress.say("server " + server + ": " + now.get(server - 1));
        }
        return now;
    }

    /** The last third of the time beside the first, of which the warm-up is no part. */
    private List<Figure> figures() {
        double[] growth = IntStream.range(0, BenchCluster.SERVERS).mapToDouble(server ->
                mean(last(states), server) - mean(first(states), server)).toArray();
        return List.of(
                Figure.alone("soak by commits, growth of each server's heap from first to last third", "MiB", Samples.of(growth),
                        new Target.Required(new Target.Below(GROWTH_BOUND_MIB))),
                servers("heap after a collection", "MiB", ServerState::heap),
                servers("threads", "threads", ServerState::threads),
                servers("open files", "files", ServerState::files),
                servers("data folder", "MiB", ServerState::data),
                commits("commits of 1,000 partitions", "commits/s", LoadResult::requestsPerSecond)
                        .with(Map.of("refused", windows.stream().mapToDouble(LoadResult::refused).sum())),
                commits("p50 of a commit", "ms", LoadResult::p50),
                commits("p99 of a commit", "ms", LoadResult::p99));
    }

    private Figure servers(String name, String unit, ToDoubleFunction<ServerState> value) {
        return Figure.against("soak by commits, " + name + ", last third", unit, ofServers(last(states), value), "first third",
                ofServers(first(states), value), new Target.None());
    }

    private Figure commits(String name, String unit, ToDoubleFunction<LoadResult> value) {
        return Figure.against("soak by commits, " + name + ", last third", unit, ofWindows(last(windows), value), "first third",
                ofWindows(first(windows), value), new Target.None());
    }

    private static Samples ofServers(List<List<ServerState>> looks, ToDoubleFunction<ServerState> value) {
        return new Samples(looks.stream().flatMap(List::stream).map(value::applyAsDouble).toList());
    }

    private static Samples ofWindows(List<LoadResult> windows, ToDoubleFunction<LoadResult> value) {
        return new Samples(windows.stream().map(value::applyAsDouble).toList());
    }

    private static double mean(List<List<ServerState>> looks, int server) {
        return looks.stream().mapToDouble(look -> look.get(server).heap()).average().orElseThrow();
    }

    private static <T> List<T> first(List<T> all) {
        return all.subList(0, all.size() / 3);
    }

    private static <T> List<T> last(List<T> all) {
        return all.subList(all.size() - all.size() / 3, all.size());
    }
}
