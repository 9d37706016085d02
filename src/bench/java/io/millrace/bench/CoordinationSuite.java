package io.millrace.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Consumer groups whose coordinators are three packaged servers on this machine, with shipped settings: what they commit in a
 * second, how many consumers one has, how long commits wait when a coordinator dies, and whether memory stays flat.
 */
final class CoordinationSuite {
    private final BenchOptions options;
    private final Path work;
    private final Progress progress;

    CoordinationSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.work = work;
        this.progress = progress;
    }

    /** The chosen parts, in one cluster. */
    List<Figure> run() throws Exception {
        return run(options.coordination());
    }

    List<Figure> run(Set<CoordinationPart> parts) throws Exception {
        progress.say("coordination: starting three servers");
        List<Figure> figures = new ArrayList<>();
        try (BenchCluster cluster = BenchCluster.start(options, work)) {
            cluster.awaitWhole();
            for (CoordinationPart part : parts) {
                figures.addAll(switch (part) {
                    case COMMITS -> new CommitRates(options, progress, cluster).run();
                    case MEMBERS -> new ManyMembers(progress, cluster).run();
                    case FAILOVER -> new CoordinatorKills(options, progress, cluster).run();
                    case SOAK -> new CommitSoak(options, progress, cluster).run();
                });
            }
        }
        return figures;
    }
}
