package io.millrace.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs the chosen suites, prints one table of their figures and writes them to {@code target/benchmarks.json}. */
public final class Benchmarks {
    private Benchmarks() {
    }

    public static void main(String[] arguments) throws Exception {
        BenchOptions options = BenchOptions.parse(arguments);
        Path work = Files.createDirectories(options.target().resolve("bench"));
        Progress progress = new Progress(System.out);
        List<Figure> figures = new ArrayList<>();
        if (options.runs("log")) {
            figures.addAll(new LogSuite(options, work, progress).run());
        }
        if (options.runs("compaction")) {
            figures.addAll(new CompactionSuite(options, progress).run());
        }
        if (options.runs("coordinators")) {
            figures.addAll(new CoordinatorSuite(options, work, progress).run());
        }
        if (options.runs("http") || options.runs("memory") || options.runs("groups")) {
            figures.addAll(new ServerSuite(options, work, progress).run());
        }
        if (options.runs("front")) {
            figures.addAll(new FrontSuite(options, work, progress).run());
        }
        if (options.runs("soak")) {
            figures.addAll(new SoakSuite(options, work, progress).run());
        }
        if (options.runs("polls")) {
            figures.addAll(new PollSoakSuite(options, work, progress).run());
        }
        if (options.runs("cluster")) {
            figures.addAll(new ClusterSuite(options, work, progress).run());
        }
        if (options.runs("coordination")) {
            figures.addAll(new CoordinationSuite(options, work, progress).run());
        } else if (options.runs("soak")) {
            figures.addAll(new CoordinationSuite(options, work, progress).run(Set.of(CoordinationPart.SOAK)));
        }
        if (options.runs("transactions")) {
            figures.addAll(new TransactionSuite(options, work, progress).run());
        }
        new FigureTable(System.out).print(figures);
        Path json = options.target().resolve("benchmarks.json");
        new FigureJson(json).write(environment(options), figures);
        progress.say("written to " + json);
        List<String> broken = figures.stream().filter(figure -> figure.target() instanceof Target.Required && !figure.met())
                .map(Figure::name).toList();
        if (!broken.isEmpty()) {
            throw new IllegalStateException("beyond the bound: " + broken);
        }
    }

    private static Map<String, String> environment(BenchOptions options) throws Exception {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("time", Instant.now().toString());
        environment.put("java", Runtime.version().toString());
        environment.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        environment.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        environment.put("load average", Files.readString(Path.of("/proc/loadavg")).trim());
        environment.put("file store", Files.getFileStore(options.project()).type());
        environment.put("rounds", Integer.toString(options.rounds()));
        environment.put("seconds a slice", Long.toString(options.slice().toSeconds()));
        return environment;
    }
}
