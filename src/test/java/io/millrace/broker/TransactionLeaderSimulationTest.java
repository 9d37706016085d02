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

/** What transactions promise holds whatever fails at the leaders, for many seeds; see {@link SimulatedTransfers}. */
class TransactionLeaderSimulationTest {
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
    void whatIsCommittedIsShownOnceAndAsAWholeAndNothingElseIs() {
        int committed = 0;
        int late = 0;
        int refusals = 0;
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            SimulatedTransfers transfers = run(seed, 3, ModelCoordinator.Bug.NONE);
            committed += transfers.committed();
            late += transfers.late();
            refusals += transfers.refusals();
        }
        assertThat(committed).as("transactions are committed").isGreaterThan(SEEDS * 10);
        assertThat(late).as("appends come late").isGreaterThan(SEEDS);
        assertThat(refusals).as("appends are refused").isGreaterThan(SEEDS);
    }

    @Test
    void soItIsOnFiveBrokersWhoseReplicasMove() {
        int committed = 0;
        for (long seed = first(); seed < first() + SEEDS / 3; seed++) {
            committed += run(-1 - seed, 5, ModelCoordinator.Bug.NONE).committed();
        }
        assertThat(committed).as("transactions are committed").isGreaterThan(SEEDS);
    }

    @ParameterizedTest
    @EnumSource(value = ModelCoordinator.Bug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFoundByAMessageThatNamesTheViolation(ModelCoordinator.Bug bug) {
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

    private static SimulatedTransfers run(long seed, int brokers, ModelCoordinator.Bug bug) {
        SimulatedCluster cluster = new SimulatedCluster(seed, brokers, 1, PlantedBug.NONE);
        SimulatedTransfers transfers = new SimulatedTransfers(cluster, bug);
        cluster.inhabit(transfers);
        cluster.run(FAULTY_MS);
        return transfers;
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }
}
