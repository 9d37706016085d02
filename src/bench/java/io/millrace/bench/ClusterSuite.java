package io.millrace.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Three servers on this machine as one cluster: what a record costs that is kept three times, how long writes pause when
 * a leader goes away, and what the cluster takes when nothing is to be done. Each part can be run alone.
 */
final class ClusterSuite {
    private static final int IDLE_SECONDS = 30;
    private static final int IDLE_PARTITIONS = 500;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();

    ClusterSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    List<Figure> run() throws Exception {
        ClusterFailures failures = new ClusterFailures(options, work, progress);
        if (options.cluster().stream().anyMatch(part -> part != ClusterPart.LINKS)) {
            inOneCluster(failures);
        }
        if (options.runs(ClusterPart.LINKS)) {
            progress.say("cluster: starting three servers with links that can be cut");
            figures.addAll(failures.links());
        }
        return figures;
    }

    private void inOneCluster(ClusterFailures failures) throws Exception {
        progress.say("cluster: starting three servers");
        long begun = System.nanoTime();
        try (BenchCluster cluster = BenchCluster.start(options, work)) {
            figures.add(Figure.alone("cluster, three servers started together until ready", "s",
                    Samples.of((System.nanoTime() - begun) / 1e9), new Target.None()));
            ClusterWrites writes = new ClusterWrites(options, work, progress, cluster);
            for (ClusterPart part : ClusterPart.values()) {
                if (options.runs(part)) {
                    figures.addAll(switch (part) {
                        case START, LINKS -> List.<Figure>of();
                        case IDLE -> idle(cluster);
                        case THROUGHPUT -> writes.throughput();
                        case LATENCY -> writes.latency();
                        case PARTITIONS -> writes.partitions();
                        case REGISTERS -> writes.registers();
                        case KILL -> failures.kills(cluster);
                        case PAUSE -> failures.halts(cluster);
                        case RESTART -> failures.fullRestart(cluster);
                    });
                }
            }
        }
    }

    private List<Figure> idle(BenchCluster cluster) throws Exception {
        double[] without = idleWith(cluster, 0);
        for (String topic : List.of("bench-idle-1", "bench-idle-2")) {
            cluster.admin().create(topic, "os", IDLE_PARTITIONS, BenchCluster.SERVERS);
        }
        double[] with = idleWith(cluster, 2 * IDLE_PARTITIONS);
        double[] resident = new double[BenchCluster.SERVERS];
        for (int i = 0; i < resident.length; i++) {
            resident[i] = ResidentSet.of(cluster.servers().pids().get(i)).rss();
        }
        if (options.profile()) {
            try (ClusterRecordings recordings = ClusterRecordings.start(cluster, work, "idle")) {
                TimeUnit.SECONDS.sleep(IDLE_SECONDS);
            }
        }
        for (String topic : List.of("bench-idle-1", "bench-idle-2")) {
            cluster.admin().delete(topic);
        }
        return List.of(
                Figure.alone("cluster, idle with 0 partitions, each server", "% of a core", Samples.of(without), new Target.None()),
                Figure.alone("cluster, idle with 1,000 partitions of 3 replicas, each server", "% of a core",
                        Samples.of(with), new Target.Below(3)),
                Figure.alone("cluster, resident set of each server then", "MiB", Samples.of(resident), new Target.None()));
    }

    private double[] idleWith(BenchCluster cluster, int partitions) throws Exception {
        Duration wait = options.idle();
        progress.say("cluster: idle with " + partitions + " partitions, " + wait.toMinutes() + " minutes");
        TimeUnit.SECONDS.sleep(wait.toSeconds());
        return cluster.percentOfACore(IDLE_SECONDS);
    }
}
