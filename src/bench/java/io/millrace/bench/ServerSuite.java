package io.millrace.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What is measured on one packaged server: its memory when idle, HTTP, and consumer groups. */
final class ServerSuite {
    private static final int SETTLE_SECONDS = 15;
    private static final double IDLE_BOUND_MIB = 512;

    private final BenchOptions options;
    private final Path work;
    private final Progress progress;

    ServerSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    List<Figure> run() throws Exception {
        List<Figure> figures = new ArrayList<>();
        if (options.runs("memory")) {
            progress.say("memory: starting a server without anything beside it");
            try (LocalServer server = LocalServer.start(options, work, Map.of())) {
                figures.addAll(idle(server));
            }
        }
        if (options.runs("http")) {
            progress.say("http: starting a server");
            Path dropins = LimitsWar.writeInto(work.resolve("dropins")).getParent();
            Map<String, String> environment = Map.of("MILLRACE_LOCAL_DROPINS", dropins.toString());
            try (LocalServer server = LocalServer.start(options, work, environment)) {
                figures.addAll(new HttpSuite(options, work, progress, server).run());
            }
        }
        if (options.runs("groups")) {
            progress.say("groups: starting a server");
            try (LocalServer server = LocalServer.start(options, work, Map.of())) {
                figures.addAll(new GroupSuite(options, progress, server).run());
            }
        }
        return figures;
    }

    private List<Figure> idle(LocalServer server) throws Exception {
        TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
        double[] rss = new double[options.rounds()];
        double[] pss = new double[options.rounds()];
        for (int i = 0; i < rss.length; i++) {
            ResidentSet now = ResidentSet.of(server.pid());
            rss[i] = now.rss();
            pss[i] = now.pss();
            TimeUnit.SECONDS.sleep(1);
        }
        return List.of(
                Figure.alone("server idle, resident set", "MiB", Samples.of(rss), new Target.Below(IDLE_BOUND_MIB)),
                Figure.alone("server idle, proportional set", "MiB", Samples.of(pss), new Target.None()));
    }
}
