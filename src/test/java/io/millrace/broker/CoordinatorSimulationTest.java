package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.SimulatedCluster.PlantedBug;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What coordinators promise holds whatever fails, for many seeds; see {@link SimulatedCoordinators}. */
class CoordinatorSimulationTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", LONG ? 1500 : 12);
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
    void everyAnswerIsOfOneHistoryThatHasWhatWasAnsweredAndNothingThatWasRefused() {
        int answers = 0;
        int refusals = 0;
        int unknown = 0;
        int transactions = 0;
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            SimulatedCoordinators coordinators = run(seed, 3, PlantedLog.Bug.NONE);
            answers += coordinators.answers();
            refusals += coordinators.refusals();
            unknown += coordinators.unknown();
            transactions += coordinators.transactions();
        }
        assertThat(answers).as("the runs do something").isGreaterThan(SEEDS * 20);
        assertThat(refusals).as("changes are refused").isGreaterThan(SEEDS);
        assertThat(transactions).as("transactions are committed").isGreaterThan(SEEDS * 2);
        assertThat(unknown).as("outcomes are not known").isPositive();
    }

    @Test
    void soItIsOnFiveBrokersWhoseReplicasMove() {
        int answers = 0;
        for (long seed = first(); seed < first() + SEEDS / 3; seed++) {
            answers += run(-1 - seed, 5, PlantedLog.Bug.NONE).answers();
        }
        assertThat(answers).as("the runs do something").isGreaterThan(SEEDS * 5);
    }

    @ParameterizedTest
    @EnumSource(value = PlantedLog.Bug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFoundByAMessageThatNamesTheViolation(PlantedLog.Bug bug) {
        List<String> found = new ArrayList<>();
        for (long seed = 1; seed <= 200 && found.isEmpty(); seed++) {
            try {
                run(seed, 3, bug);
            } catch (AssertionError violation) {
                found.add(violation.getMessage().lines().findFirst().orElseThrow());
            }
        }
        assertThat(found).as("violations that " + bug + " leads to").singleElement().asString()
                .containsPattern(bug.violation());
    }

    private static SimulatedCoordinators run(long seed, int brokers, PlantedLog.Bug bug) {
        SimulatedCluster cluster = new SimulatedCluster(seed, brokers, 1, PlantedBug.NONE);
        SimulatedCoordinators coordinators = new SimulatedCoordinators(cluster, bug);
        cluster.inhabit(coordinators);
        cluster.run(FAULTY_MS);
        return coordinators;
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }
}
