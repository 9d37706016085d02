package io.millrace.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What to run and for how long, from {@code name=value} arguments.
 *
 * @param project     the checkout, where deploy/local.sh and target/ are
 * @param suites      which of log, compaction, coordinators, http, front, memory, groups, soak, polls, cluster,
 *                    coordination, transactions
 * @param rounds      interleaved rounds of every figure
 * @param slice       how long one variant is loaded in one round
 * @param soak        length of the soak
 * @param polls       length of the soak by polls
 * @param cluster     which parts of the cluster's suite
 * @param kills       how often the cluster's leader is killed
 * @param coordination which parts of the suite of groups in a cluster
 * @param transactions which parts of the suite of transactions
 * @param front       which parts of the suite of the front
 * @param commits     length of the soak by commits
 * @param idle        how long the cluster does nothing before it is measured idle
 * @param profile     record a flight recording of the server under load, and of the log's benchmarks
 * @param port        servers listen at the ports after it
 * @param before      a checkout of an earlier version with its package, to compare with; null: none
 */
record BenchOptions(Path project, List<String> suites, int rounds, Duration slice, Duration soak, Duration polls,
                    Set<ClusterPart> cluster, int kills, Set<CoordinationPart> coordination, Set<TransactionPart> transactions,
                    Set<FrontPart> front, Duration commits, Duration idle, boolean profile, int port, Path before) {
    private static final Set<String> SUITES = Set.of("log", "compaction", "coordinators", "http", "front", "memory", "groups", "soak",
            "polls", "cluster", "coordination", "transactions");
    private static final String DEFAULT_SUITES = "log,compaction,coordinators,http,front,memory,groups,cluster,coordination,transactions";
    /** Below the ephemeral ports, and of its own, so that servers which someone tries out are left alone. */
    private static final int DEFAULT_PORT = 19_280;

    /** @throws IllegalArgumentException for an argument that is not known or out of range */
    static BenchOptions parse(String[] arguments) {
        Map<String, String> given = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("expected name=value, found '" + argument + "'");
            }
            given.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        List<String> suites = List.of(take(given, "suites", DEFAULT_SUITES).split(","));
        BenchOptions options = new BenchOptions(
                Path.of(take(given, "project", ".")).toAbsolutePath().normalize(),
                suites,
                number(given, "rounds", 5, 1, 100),
                Duration.ofSeconds(number(given, "seconds", 4, 1, 600)),
                Duration.ofMinutes(number(given, "soak.minutes", 10, 1, 24 * 60)),
                Duration.ofMinutes(number(given, "polls.minutes", 3, 1, 24 * 60)),
                PartNames.parse(ClusterPart.class, take(given, "cluster.parts", "all")),
                number(given, "kills", 10, 1, 1_000),
                PartNames.parse(CoordinationPart.class, take(given, "coordination.parts", "all")),
                PartNames.parse(TransactionPart.class, take(given, "transactions.parts", "all")),
                PartNames.parse(FrontPart.class, take(given, "front.parts", "all")),
                Duration.ofMinutes(number(given, "commits.minutes", suites.contains("soak") ? 30 : 3, 1, 24 * 60)),
                Duration.ofMinutes(number(given, "idle.minutes", 10, 0, 24 * 60)),
                Boolean.parseBoolean(take(given, "profile", "false")),
                number(given, "port", DEFAULT_PORT, 1_024, 60_000),
                before(take(given, "before", "")));
        if (!given.isEmpty()) {
            throw new IllegalArgumentException("unknown arguments: " + given.keySet());
        }
        if (!SUITES.containsAll(options.suites)) {
            throw new IllegalArgumentException("suites are " + SUITES + ", found " + options.suites);
        }
        return options;
    }

    private static Path before(String path) {
        return path.isEmpty() ? null : Path.of(path).toAbsolutePath().normalize();
    }

    /** For a second server beside the first. */
    BenchOptions elsewhere(Path checkout, int otherPort) {
        return new BenchOptions(checkout, suites, rounds, slice, soak, polls, cluster, kills, coordination, transactions, front, commits,
                idle, profile, otherPort, null);
    }

    Path target() {
        return project.resolve("target");
    }

    boolean runs(String suite) {
        return suites.contains(suite);
    }

    boolean runs(ClusterPart part) {
        return cluster.contains(part);
    }

    boolean runs(CoordinationPart part) {
        return coordination.contains(part);
    }

    boolean runs(FrontPart part) {
        return front.contains(part);
    }

    private static String take(Map<String, String> given, String name, String otherwise) {
        String value = given.remove(name);
        return value == null || value.isBlank() ? otherwise : value.trim();
    }

    private static int number(Map<String, String> given, String name, int otherwise, int least, int most) {
        String text = take(given, name, Integer.toString(otherwise));
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " is not a number: '" + text + "'", e);
        }
        throw new IllegalArgumentException(name + " must be " + least + " to " + most + ", found " + text);
    }
}
