package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.SimulatedCluster.PlantedBug;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What replication promises holds whatever fails, for many seeds; see {@link SimulatedCluster}. */
class ReplicationSimulationTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", LONG ? 5000 : 100);
    private static final int FAULTY_MS = 60_000;

    /** Held, or the setting would be forgotten: thousands of faults make many lines. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace");

    @BeforeAll
    static void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void speakAgain() {
        LOGGER.setLevel(null);
    }

    @Test
    void nothingAcknowledgedIsLostAndNothingCommittedChangesOnThreeBrokers() {
        long acknowledged = 0;
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            SimulatedCluster cluster = new SimulatedCluster(seed, 3, 1, PlantedBug.NONE);
            cluster.run(FAULTY_MS);
            acknowledged += cluster.acknowledgements();
        }
        assertThat(acknowledged).as("the runs do something").isGreaterThan(SEEDS * 20L);
    }

    @Test
    void nothingAcknowledgedIsLostAndNothingCommittedChangesOnFiveBrokersWhoseReplicasMove() {
        long acknowledged = 0;
        for (long seed = first(); seed < first() + SEEDS / 3; seed++) {
            SimulatedCluster cluster = fiveBrokers(seed);
            cluster.run(FAULTY_MS);
            acknowledged += cluster.acknowledgements();
        }
        assertThat(acknowledged).as("the runs do something").isGreaterThan(SEEDS * 5L);
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFoundByAMessageThatNamesTheViolation(PlantedBug bug) {
        List<String> found = new ArrayList<>();
        for (long seed = 1; seed <= 400 && found.isEmpty(); seed++) {
            try {
                new SimulatedCluster(seed, 3, 1, bug).run(FAULTY_MS);
            } catch (AssertionError violation) {
                String message = violation.getMessage().lines().findFirst().orElseThrow();
                boolean onlyStuck = message.contains("not whole again"); // which for most bugs names nothing
                if (!onlyStuck || Pattern.compile(bug.violation()).matcher(message).find()) {
                    found.add(message);
                }
            }
        }
        assertThat(found).as("violations that " + bug + " leads to").singleElement().asString()
                .containsPattern(bug.violation());
    }

    /** Each partition in a register of its own in two of three runs, in one of them only after the first restarts. */
    private static SimulatedCluster fiveBrokers(long seed) {
        SimulatedCluster cluster = new SimulatedCluster(-1 - seed, 5, 2, seed % 3 == 0 ? 2 : 1, PlantedBug.NONE);
        if (seed % 3 == 1) {
            cluster.createInOneRegister();
        }
        return cluster;
    }

    /** In another process what a hash set gives first is another, where the order goes by identities or a salt. */
    @Test
    void aRunIsTheSameInEveryProcessWhenItsSeedIs() throws IOException {
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2",
                "-cp", System.getProperty("java.class.path"), Traces.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader lines = other.inputReader()) {
            assertThat(lines.lines().toList()).isEqualTo(Traces.ofSomeSeeds());
        } finally {
            other.destroyForcibly();
        }
    }

    /** What happens in some runs. */
    static final class Traces {
        private Traces() {
        }

        public static void main(String[] none) {
            quiet();
            ofSomeSeeds().forEach(System.out::println);
        }

        private static List<String> ofSomeSeeds() {
            List<String> traces = new ArrayList<>();
            for (long seed = 1; seed <= 6; seed++) {
                // Partitions enough for their order to matter.
                for (SimulatedCluster cluster : List.of(new SimulatedCluster(seed, 3, 6, PlantedBug.NONE), fiveBrokers(seed))) {
                    cluster.run(20_000);
                    traces.add(seed + ": " + cluster.trace());
                }
            }
            return traces;
        }
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }
}
