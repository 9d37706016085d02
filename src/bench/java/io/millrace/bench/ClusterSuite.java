package io.millrace.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;

/**
 * Three servers on this machine as one cluster: what a record costs that is kept three times, how long writes pause when
 * a leader goes away, and what the cluster takes when nothing is to be done.
 */
final class ClusterSuite {
    private static final int SERVERS = 3;
    private static final int MIB = 1 << 20;
    private static final int CONNECTIONS = 4;
    private static final int SETTLE_SECONDS = 20;
    private static final int IDLE_SECONDS = 30;
    private static final int IDLE_PARTITIONS = 500;
    private static final double TICKS_PER_SECOND = 100;
    private static final long LONGEST_PAUSE_SECONDS = 120;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();
    private LocalServer cluster;

    ClusterSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    List<Figure> run() throws Exception {
        progress.say("cluster: starting three servers");
        long begun = System.nanoTime();
        try (LocalServer started = LocalServer.start(options.project(), work, Map.of(), SERVERS)) {
            cluster = started;
            alone("cluster, three servers started together until ready", "s", new Target.None(), seconds(begun));
            throughput();
            latency();
            registerWrites();
            pauses("kill", "launch", "cluster, writes pause after kill -9 of the leader", 3);
            pauses("pause", "resume", "cluster, writes pause after SIGSTOP of the leader", 10);
            fullRestart();
            idle();
        }
        return figures;
    }

    private void throughput() throws Exception {
        ByteBuffer batch = Batches.upTo(MIB);
        int records = batch.remaining() / 1035;
        for (String flush : List.of("commit", "os")) {
            progress.say("cluster: raw produce, 1 MiB batches of 1 KiB, flush=" + flush);
            String one = "bench-one-" + flush;
            String three = "bench-three-" + flush;
            Lane single = lane(one, flush, 1, "1", batch, records);
            Lane triple = lane(three, flush, SERVERS, "all", batch, records);
            Rounds<LoadResult> rounds = new Rounds<>();
            single.run(options.slice().multipliedBy(2));
            triple.run(options.slice().multipliedBy(2));
            rounds.variant("one", () -> single.run(options.slice()));
            rounds.variant("three", () -> triple.run(options.slice()));
            Map<String, List<LoadResult>> results = rounds.run(options.rounds(), progress);
            figures.add(Figure.against("cluster, raw produce, acks=all, 3 replicas, flush=" + flush, "records/s",
                    samples(results.get("three"), LoadResult::recordsPerSecond), "acks=1, 1 replica, one server",
                    samples(results.get("one"), LoadResult::recordsPerSecond), flush.equals("os")
                            ? new Target.Both(new Target.Ratio(0.25), new Target.Above(45_000)) : new Target.Ratio(0.25))
                    .with(results.get("three").get(0).latencies()));
            admin().delete(one);
            admin().delete(three);
        }
    }

    /** Load on one partition, sent to its leader. */
    private record Lane(HttpLoad load, ByteBuffer request, int connections, int records, Runnable emptied) {
        LoadResult run(Duration duration) throws IOException, InterruptedException {
            LoadResult result = load.run(connections, duration, connection -> Workload.repeat(request, records));
            emptied.run();
            return result;
        }
    }

    private Lane lane(String topic, String flush, int replicas, String acks, ByteBuffer body, int records)
            throws Exception {
        admin().create(topic, flush, 1, replicas);
        TimeUnit.SECONDS.sleep(2);
        int leader = admin().leader(topic, 0);
        HttpRequests requests = new HttpRequests(cluster.uri(leader).getAuthority());
        TopicAdmin atLeader = new TopicAdmin(cluster.uri(leader));
        return new Lane(new HttpLoad(cluster.address(leader)), requests.post("/topics/" + topic
                + "/partitions/0?acks=" + acks, HttpRequests.BATCH, body), CONNECTIONS, records, () -> {
                    try {
                        atLeader.empty(topic);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
    }

    private void latency() throws Exception {
        progress.say("cluster: single records at low load");
        ByteBuffer batch = Batches.of(1, 100);
        Lane one = lane("bench-low-one", "commit", 1, "1", batch, 1);
        Lane all = lane("bench-low-all", "commit", SERVERS, "all", batch, 1);
        for (Lane lane : List.of(one, all)) {
            Lane lonely = new Lane(lane.load(), lane.request(), 1, 1, lane.emptied());
            lonely.run(options.slice());
            List<LoadResult> results = new ArrayList<>();
            for (int round = 0; round < options.rounds(); round++) {
                results.add(lonely.run(options.slice()));
            }
            String name = lane == one ? "acks=1, 1 replica" : "acks=all, 3 replicas";
            figures.add(Figure.alone("cluster, one record, one connection, " + name + ", p50", "ms",
                    samples(results, LoadResult::p50), new Target.None()));
            figures.add(Figure.alone("cluster, one record, one connection, " + name + ", p99", "ms",
                    samples(results, LoadResult::p99), new Target.None()));
        }
    }

    private void registerWrites() throws Exception {
        progress.say("cluster: register writes");
        int writers = 8;
        for (int i = 0; i < writers; i++) {
            admin().create("bench-register-" + i, "os", 1, 1);
        }
        double[] perSecond = new double[options.rounds()];
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            for (int round = 0; round < perSecond.length; round++) {
                long end = System.nanoTime() + options.slice().toNanos();
                List<Future<Integer>> lanes = new ArrayList<>();
                for (int i = 0; i < writers; i++) {
                    String topic = "bench-register-" + i;
                    lanes.add(threads.submit(() -> {
                        int written = 0;
                        while (System.nanoTime() < end) {
                            admin().alter(topic, "retention.ms", Integer.toString(1_000_000 + written++));
                        }
                        return written;
                    }));
                }
                int written = 0;
                for (Future<Integer> lane : lanes) {
                    written += lane.get();
                }
                perSecond[round] = written / (options.slice().toNanos() / 1e9);
            }
        } finally {
            threads.shutdownNow();
        }
        alone("cluster, register writes (topic configuration), 8 writers", "writes/s", new Target.None(), perSecond);
    }

    /** @param bound seconds that the median of the pauses is to stay below */
    private void pauses(String command, String undo, String name, int bound) throws Exception {
        progress.say(name);
        String topic = "bench-" + command;
        admin().create(topic, "commit", 1, SERVERS);
        TimeUnit.SECONDS.sleep(2);
        double[] pauses = new double[options.rounds()];
        for (int round = 0; round < pauses.length; round++) {
            int victim = anyone().leader(topic, 0);
            int survivor = victim % SERVERS + 1;
            awaitAcknowledged(topic, survivor);
            cluster.run(command, victim);
            long begun = System.nanoTime();
            awaitAcknowledged(topic, survivor);
            pauses[round] = seconds(begun);
            progress.say("round %d: %.2f s".formatted(round + 1, pauses[round]));
            cluster.run(undo, victim);
            cluster.startAll(SERVERS);
            awaitWhole();
        }
        alone(name, "s", new Target.Below(bound), pauses);
    }

    /** Until every server says that all are up, take part in the agreement, and have every record. */
    private void awaitWhole() throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_PAUSE_SECONDS);
        int whole = 0;
        while (whole < SERVERS) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the cluster was not whole again within " + LONGEST_PAUSE_SECONDS + " s");
            }
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(cluster.uri(whole + 1)
                    .resolve("/admin/cluster")).timeout(Duration.ofSeconds(5)).build(),
                    HttpResponse.BodyHandlers.ofString());
            boolean well = answer.statusCode() == 200 && answer.body().contains("\"under_replicated\":[]")
                    && !answer.body().contains("\"live\":false") && !answer.body().contains("\"cp_member\":false");
            whole = well ? whole + 1 : 0;
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private TopicAdmin anyone() {
        return new TopicAdmin(cluster.uri(1));
    }

    private void awaitAcknowledged(String topic, int server) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_PAUSE_SECONDS);
        while (System.nanoTime() < deadline) {
            try {
                HttpResponse<String> answer = client.send(HttpRequest.newBuilder(cluster.uri(server).resolve("/topics/"
                        + topic + "/partitions/0?acks=all")).timeout(Duration.ofSeconds(2))
                        .header("Content-Type", HttpRequests.JSON)
                        .POST(HttpRequest.BodyPublishers.ofString("{\"records\":[{\"value\":1}]}")).build(),
                        HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    return;
                }
            } catch (IOException unreachable) {
                // the leader went away in the middle: asked again
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        throw new IOException("nothing was acknowledged for " + LONGEST_PAUSE_SECONDS + " s");
    }

    private void fullRestart() throws Exception {
        progress.say("cluster: killing all servers");
        for (int server = 1; server <= SERVERS; server++) {
            cluster.run("kill", server);
        }
        long begun = System.nanoTime();
        cluster.startAll(SERVERS);
        awaitAcknowledged("bench-kill", 1);
        alone("cluster, all killed, until a record is acknowledged again", "s", new Target.None(), seconds(begun));
    }

    private void idle() throws Exception {
        progress.say("cluster: idle with " + 2 * IDLE_PARTITIONS + " partitions");
        admin().create("bench-idle-1", "os", IDLE_PARTITIONS, SERVERS);
        admin().create("bench-idle-2", "os", IDLE_PARTITIONS, SERVERS);
        TimeUnit.SECONDS.sleep(SETTLE_SECONDS * 3L);
        double[] before = ticks();
        TimeUnit.SECONDS.sleep(IDLE_SECONDS);
        double[] after = ticks();
        double[] percent = new double[SERVERS];
        double[] resident = new double[SERVERS];
        for (int i = 0; i < SERVERS; i++) {
            percent[i] = (after[i] - before[i]) / TICKS_PER_SECOND / IDLE_SECONDS * 100;
            resident[i] = ResidentSet.of(cluster.pids().get(i)).rss();
        }
        alone("cluster, idle with 1,000 partitions, each server", "% of a core", new Target.Below(5), percent);
        alone("cluster, resident set of each server", "MiB", new Target.None(), resident);
    }

    private double[] ticks() throws IOException {
        double[] ticks = new double[SERVERS];
        for (int i = 0; i < SERVERS; i++) {
            String stat = Files.readString(Path.of("/proc", Long.toString(cluster.pids().get(i)), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            ticks[i] = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
        }
        return ticks;
    }

    private TopicAdmin admin() {
        return new TopicAdmin(cluster.uri());
    }

    private void alone(String name, String unit, Target target, double... values) {
        figures.add(Figure.alone(name, unit, Samples.of(values), target));
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    private static Samples samples(List<LoadResult> results, ToDoubleFunction<LoadResult> value) {
        return new Samples(results.stream().map(value::applyAsDouble).toList());
    }
}
