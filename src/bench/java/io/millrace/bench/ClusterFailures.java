package io.millrace.bench;

import io.millrace.process.Links;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How long writes pause when servers die, halt, or do not reach each other. */
final class ClusterFailures {
    private static final int WRITERS = 3;
    private static final int CUT_SECONDS = 20;
    private static final int HEALED_SECONDS = 24;
    private static final double LINKS_BOUND = 6;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();

    ClusterFailures(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    /** The leader of what is measured is killed while others write as well. */
    List<Figure> kills(BenchCluster cluster) throws Exception {
        double[] pauses = new double[options.kills()];
        String load = "bench-kill-load";
        cluster.admin().create(load, "commit", WRITERS, BenchCluster.SERVERS);
        try (SteadyWriters writers = new SteadyWriters(cluster, load, WRITERS)) {
            measure(cluster, "kill", "launch", pauses);
        }
        return List.of(Figure.alone("cluster, writes pause after kill -9 of the leader, under load", "s",
                Samples.of(pauses), new Target.MedianBelow(1.5)));
    }

    List<Figure> halts(BenchCluster cluster) throws Exception {
        double[] pauses = new double[options.rounds()];
        measure(cluster, "pause", "resume", pauses);
        return List.of(Figure.alone("cluster, writes pause after SIGSTOP of the leader", "s", Samples.of(pauses),
                new Target.MedianBelow(10)));
    }

    private void measure(BenchCluster cluster, String command, String undo, double[] pauses) throws Exception {
        progress.say("cluster: writes pause after " + command);
        String topic = "bench-" + command;
        cluster.admin().create(topic, "commit", 1, BenchCluster.SERVERS);
        for (int round = 0; round < pauses.length; round++) {
            int victim = cluster.awaitLeader(topic, 0);
            int survivor = victim % BenchCluster.SERVERS + 1;
            cluster.awaitAcknowledged(topic, survivor);
            cluster.run(command, victim);
            long begun = System.nanoTime();
            cluster.awaitAcknowledged(topic, survivor);
            pauses[round] = seconds(begun);
            progress.say("round %d: %.2f s".formatted(round + 1, pauses[round]));
            cluster.run(undo, victim);
            cluster.mend();
        }
    }

    List<Figure> fullRestart(BenchCluster cluster) throws Exception {
        progress.say("cluster: killing all servers");
        String topic = "bench-restart";
        cluster.admin().create(topic, "commit", 1, BenchCluster.SERVERS);
        cluster.awaitLeader(topic, 0);
        cluster.awaitAcknowledged(topic, 1);
        for (int server = 1; server <= BenchCluster.SERVERS; server++) {
            cluster.run("kill", server);
        }
        long begun = System.nanoTime();
        cluster.servers().startAll(BenchCluster.SERVERS);
        cluster.awaitAcknowledged(topic, 1);
        return List.of(Figure.alone("cluster, all killed, until a record is acknowledged again", "s",
                Samples.of(seconds(begun)), new Target.None()));
    }

    /** Writers of partitions with different leaders while a link is cut and when it is whole again; then a kill. */
    List<Figure> links() throws Exception {
        Links links;
        try {
            links = Links.between(BenchCluster.SERVERS);
        } catch (IOException impossible) {
            progress.say("cluster: links are not cut, because no network namespaces can be made here: " + impossible.getMessage());
            return List.of();
        }
        try (links; BenchCluster cluster = BenchCluster.start(options, work, links)) {
            cluster.admin().create("bench-links", "commit", WRITERS, BenchCluster.SERVERS);
            cluster.awaitLeader("bench-links", 0);
            cluster.awaitWhole();
            try (SteadyWriters writers = new SteadyWriters(cluster, "bench-links", WRITERS)) {
                TimeUnit.SECONDS.sleep(5);
                cut(cluster, links, writers, "one way", false);
                cut(cluster, links, writers, "between two of three", true);
                killAfterCut(cluster, links, writers);
            }
        }
        return List.copyOf(figures);
    }

    private void cut(BenchCluster cluster, Links links, SteadyWriters writers, String how, boolean bothWays)
            throws Exception {
        double[] ofAll = new double[options.rounds()];
        double[] ofOne = new double[options.rounds()];
        for (int round = 0; round < ofAll.length; round++) {
            int from = round % BenchCluster.SERVERS + 1;
            int to = from % BenchCluster.SERVERS + 1;
            long begun = System.nanoTime();
            cutFor(links, from, to, bothWays);
            SteadyWriters.Pauses pauses = writers.since(begun);
            ofAll[round] = pauses.ofAll();
            ofOne[round] = pauses.ofOne();
            progress.say("link %d to %d cut %s: no writer for %.2f s, one of them for %.2f s".formatted(from, to, how,
                    pauses.ofAll(), pauses.ofOne()));
            cluster.mend();
            TimeUnit.SECONDS.sleep(5);
        }
        figures.add(Figure.alone("cluster, link cut " + how + ", all writers pause", "s", Samples.of(ofAll),
                new Target.Below(LINKS_BOUND)));
        figures.add(Figure.alone("cluster, link cut " + how + ", longest pause of one writer", "s", Samples.of(ofOne),
                new Target.None()));
    }

    private static void cutFor(Links links, int from, int to, boolean bothWays) throws Exception {
        links.cut(from, to);
        if (bothWays) {
            links.cut(to, from);
        }
        TimeUnit.SECONDS.sleep(CUT_SECONDS);
        links.heal(from, to);
        if (bothWays) {
            links.heal(to, from);
        }
        TimeUnit.SECONDS.sleep(CUT_SECONDS);
    }

    /** A server is killed some time after a link was healed that had been cut one way. */
    private void killAfterCut(BenchCluster cluster, Links links, SteadyWriters writers) throws Exception {
        cutFor(links, 1, 2, false);
        TimeUnit.SECONDS.sleep(HEALED_SECONDS - CUT_SECONDS);
        int victim = cluster.admin(3).leader("bench-links", 0);
        cluster.run("kill", victim);
        long begun = System.nanoTime();
        TimeUnit.SECONDS.sleep(CUT_SECONDS);
        SteadyWriters.Pauses pauses = writers.since(begun);
        figures.add(Figure.alone("cluster, kill -9 of a leader " + HEALED_SECONDS + " s after a link was healed, all writers pause",
                "s", Samples.of(pauses.ofAll()), new Target.Below(LINKS_BOUND)));
        progress.say("kill after a cut: no writer for %.2f s, one of them for %.2f s".formatted(pauses.ofAll(), pauses.ofOne()));
        cluster.mend();
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }
}
