package io.millrace.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Groups commit all the time while coordinators are killed: how long each waits, and that nothing acknowledged is lost. */
final class CoordinatorKills {
    private static final String TOPIC = "bench-failover";
    private static final int GROUPS = 24;
    private static final int PARTITIONS = 4;
    private static final int RECORDS = 100_000;
    private static final int A_BATCH = 10_000;
    private static final int SESSION_MS = 1_800_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int WARM_UP_SECONDS = 20;
    private static final int WATCHED_SECONDS = 15;
    private static final double BOUND = 2;

    private final BenchOptions options;
    private final Progress progress;
    private final BenchCluster cluster;
    private final List<Double> medians = new ArrayList<>();
    private final List<Double> longest = new ArrayList<>();
    private final List<Double> others = new ArrayList<>();
    /** As the medians, in as much time just before the kill. */
    private final List<Double> without = new ArrayList<>();

    CoordinatorKills(BenchOptions options, Progress progress, BenchCluster cluster) {
        this.options = options;
        this.progress = progress;
        this.cluster = cluster;
    }

    List<Figure> run() throws Exception {
        progress.say("coordination: coordinators of " + GROUPS + " groups are killed");
        fill();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(1)).build();
        GroupConsumers consumers = new GroupConsumers(cluster.servers().uri());
        List<SteadyCommitter> committers = new ArrayList<>();
        for (int i = 0; i < GROUPS; i++) {
            String group = "bench-failover-" + i;
            consumers.create(group, "c", "json", SESSION_MS, TOPIC);
            new GroupQueries(consumers).awaitStable(group, PARTITIONS, PATIENCE);
            committers.add(new SteadyCommitter(client, cluster, group, TOPIC, PARTITIONS, RECORDS));
        }
        ExecutorService threads = Executors.newFixedThreadPool(GROUPS);
        try {
            List<Future<Void>> running = new ArrayList<>();
            committers.forEach(each -> running.add(threads.submit(each)));
            TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
            for (int round = 1; round <= options.rounds(); round++) {
                kill(round, committers);
                requireAlive(running);
            }
            committers.forEach(SteadyCommitter::stop);
            for (Future<Void> each : running) {
                each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            requireKept(committers, 1);
            cluster.admin().delete(TOPIC);
        } finally {
            threads.shutdownNow();
        }
        return List.of(
                Figure.against("coordination, kill -9 of a coordinator under load, commits pause: median of its groups", "s",
                        new Samples(medians), "the longest pause in as much time before", new Samples(without),
                        new Target.MedianBelow(BOUND)),
                Figure.alone("the same, the group that waited longest", "s", new Samples(longest), new Target.MedianBelow(BOUND)),
                Figure.alone("the same, of the groups that others coordinate, the one that waited longest", "s", new Samples(others),
                        new Target.None()));
    }

    /** Offsets are committed up to the end of a log, and no farther. */
    private void fill() throws Exception {
        cluster.admin().create(TOPIC, "os", PARTITIONS, BenchCluster.SERVERS);
        cluster.awaitLeader(TOPIC, 0);
        cluster.awaitWhole();
        ByteBuffer batch = Batches.of(A_BATCH, 2);
        try (HttpConnection connection = new HttpConnection(cluster.servers().address())) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                ByteBuffer request = new HttpRequests(cluster.servers().uri().getAuthority()).post("/topics/" + TOPIC + "/partitions/"
                        + partition + "?acks=all", HttpRequests.BATCH, batch);
                for (int filled = 0; filled < RECORDS; filled += A_BATCH) {
                    HttpAnswer answer = connection.exchange(request);
                    if (!answer.successful()) {
                        throw new IOException("filling " + TOPIC + ": " + answer);
                    }
                }
            }
        }
    }

    private void kill(int round, List<SteadyCommitter> committers) throws Exception {
        GroupQueries queries = new GroupQueries(new GroupConsumers(cluster.servers().uri()));
        List<Integer> coordinators = new ArrayList<>();
        for (SteadyCommitter each : committers) {
            coordinators.add(queries.coordinator(each.group()));
        }
        int victim = coordinators.get(round % GROUPS);
        long begun = System.nanoTime();
        long watched = TimeUnit.SECONDS.toNanos(WATCHED_SECONDS);
        cluster.run("kill", victim);
        TimeUnit.SECONDS.sleep(WATCHED_SECONDS);
        List<Double> its = new ArrayList<>();
        List<Double> before = new ArrayList<>();
        double elsewhere = 0;
        for (int i = 0; i < GROUPS; i++) {
            double pause = committers.get(i).longestPause(begun, begun + watched);
            if (coordinators.get(i) == victim) {
                its.add(pause);
                before.add(committers.get(i).longestPause(begun - watched, begun));
            } else {
                elsewhere = Math.max(elsewhere, pause);
            }
        }
        Samples pauses = new Samples(its);
        medians.add(pauses.median());
        longest.add(pauses.max());
        others.add(elsewhere);
        without.add(new Samples(before).median());
        progress.say(("round %d, server %d killed: its %d groups paused for %.2f s (median; %.2f s before it), %.2f s at most;"
                + " another's for %.2f s").formatted(round, victim, its.size(), pauses.median(), without.get(round - 1),
                pauses.max(), elsewhere));
        requireKept(committers, victim % BenchCluster.SERVERS + 1);
        cluster.mend();
        TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
    }

    /** Every offset that was acknowledged before it is asked for is committed, and none that was not sent. */
    private void requireKept(List<SteadyCommitter> committers, int server) throws Exception {
        GroupQueries queries = new GroupQueries(new GroupConsumers(cluster.servers().uri(server)));
        for (SteadyCommitter each : committers) {
            long least = each.acknowledged();
            SortedMap<Integer, Long> committed = queries.committed(each.group());
            long most = each.sent();
            boolean kept = committed.size() == PARTITIONS
                    && committed.values().stream().allMatch(offset -> offset >= least && offset <= most);
            if (!kept) {
                throw new IllegalStateException("%s has %s committed, after %d was acknowledged and before %d was sent"
                        .formatted(each.group(), committed, least, most + 1));
            }
        }
        progress.say("no acknowledged offset is lost");
    }

    private static void requireAlive(List<Future<Void>> running) throws Exception {
        for (Future<Void> each : running) {
            if (each.isDone()) {
                each.get();
                throw new IllegalStateException("a consumer has committed all there is: the run is too long");
            }
        }
    }
}
