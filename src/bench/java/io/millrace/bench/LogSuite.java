package io.millrace.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The log's figures: JMH, one fork of every benchmark a round. */
final class LogSuite {
    private static final double MIB = 1 << 20;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;

    LogSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    List<Figure> run() throws RunnerException {
        progress.say("log: JMH, " + options.rounds() + " rounds");
        Map<String, List<Double>> scores = new HashMap<>();
        for (int round = 1; round <= options.rounds(); round++) {
            StringBuilder line = new StringBuilder();
            for (Map.Entry<String, Double> score : round(round).entrySet()) {
                scores.computeIfAbsent(score.getKey(), name -> new ArrayList<>()).add(score.getValue());
                line.append(' ').append(score.getKey()).append(' ').append(Math.round(score.getValue())).append(';');
            }
            progress.say("round " + round + ":" + line);
        }
        return figures(name -> new Samples(scores.get(name)));
    }

    private interface Scores {
        Samples of(String benchmark);
    }

    private static List<Figure> figures(Scores scores) {
        Samples append = scores.of("LogAppendBenchmark.millrace");
        Samples oneForce = scores.of("LogCommitBenchmark.oneForceABatch");
        Samples read = scores.of("LogReadBenchmark.millrace");
        return List.of(
                Figure.against("log append, flush=os, 100 x 1 KiB", "MiB/s", append, "FileChannel.write, heap buffers",
                        scores.of("LogAppendBenchmark.bareHeap"), new Target.Ratio(0.6)),
                Figure.against("the same against direct buffers", "MiB/s", append, "FileChannel.write, direct buffers",
                        scores.of("LogAppendBenchmark.bareDirect"), new Target.None()),
                Figure.against("log append, flush=commit, 64 producers", "batches/s",
                        scores.of("LogCommitBenchmark.withoutThreads"), "one force a batch", oneForce,
                        new Target.Ratio(20)),
                Figure.against("the same, each producer a thread", "batches/s",
                        scores.of("LogCommitBenchmark.withThreads"), "one force a batch", oneForce,
                        new Target.Ratio(20)),
                spread(scores, "here", 16, new Target.Ratio(0.8)),
                spread(scores, "2ms", 16, new Target.Ratio(0.8)),
                spread(scores, "here", 100, new Target.None()),
                spread(scores, "2ms", 100, new Target.None()),
                Figure.against("log read, 1 MiB fetches", "MiB/s", read, "FileChannel.read, a new heap buffer each",
                        scores.of("LogReadBenchmark.bareHeap"), new Target.Ratio(0.7)),
                Figure.against("the same against one direct buffer", "MiB/s", read, "FileChannel.read, direct buffer",
                        scores.of("LogReadBenchmark.bareDirect"), new Target.None()));
    }

    private static Figure spread(Scores scores, String disk, int producers, Target target) {
        String variant = " disk=" + disk + " producers=" + producers + " partitions=";
        return Figure.against("log append, flush=commit, 100 partitions, " + producers + " producers, disk: " + disk,
                "batches/s", scores.of("LogSpreadBenchmark.commit" + variant + 100), "one partition",
                scores.of("LogSpreadBenchmark.commit" + variant + 1), target);
    }

    private static String variant(BenchmarkParams params) {
        return Stream.of("disk", "producers", "partitions").filter(params.getParamsKeys()::contains)
                .map(key -> " " + key + "=" + params.getParam(key)).collect(Collectors.joining());
    }

    /** MiB/s of the benchmarks that count bytes, operations/s of the others. */
    private Map<String, Double> round(int round) throws RunnerException {
        ChainedOptionsBuilder jmh = new OptionsBuilder()
                .include("io\\.millrace\\.bench\\.Log(Append|Commit|Spread|Read)Benchmark\\..*")
                .forks(1)
                .warmupIterations(2).warmupTime(TimeValue.milliseconds(options.slice().toMillis() / 4))
                .measurementIterations(2).measurementTime(TimeValue.milliseconds(options.slice().toMillis() / 3))
                .jvmArgs("-Xmx512m", "-XX:G1HeapRegionSize=4m", "-Djdk.nio.maxCachedBufferSize=262144", "-D" + BenchFolder.ROOT_PROPERTY + "=" + work)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.NORMAL)
                .output(work.resolve("jmh-" + round + ".txt").toString());
        if (options.profile() && round == 1) {
            jmh.addProfiler("jfr", "dir=" + work.resolve("jfr") + ";configName=profile");
        }
        Map<String, Double> scores = new TreeMap<>();
        for (RunResult result : new Runner(jmh.build()).run()) {
            String name = result.getParams().getBenchmark();
            Result<?> bytes = result.getSecondaryResults().get("bytes");
            scores.put(name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1)
                            + variant(result.getParams()),
                    bytes == null ? result.getPrimaryResult().getScore() : bytes.getScore() / MIB);
        }
        return scores;
    }
}
