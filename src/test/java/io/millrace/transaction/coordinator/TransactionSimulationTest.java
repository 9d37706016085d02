package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.transaction.coordinator.SimulatedTransactions.PlantedBug;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What transactions promise holds whatever fails, for many seeds; see {@link SimulatedTransactions}. */
class TransactionSimulationTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", LONG ? 4000 : 80);
    private static final int MILLIS = 20_000;

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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void allOfATransactionIsCommittedOrNothingAndAsItWasTold(boolean stormy) {
        long committed = 0;
        long aborted = 0;
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            SimulatedTransactions run = new SimulatedTransactions(seed, stormy, PlantedBug.NONE);
            try {
                committed += run.run(MILLIS);
            } catch (RuntimeException | Error violation) {
                throw new AssertionError("seed " + seed + ": " + violation.getMessage(), violation);
            }
            aborted += run.promises.aborted;
        }
        assertThat(committed).as("the runs do something").isGreaterThan(SEEDS * (stormy ? 10L : 100L));
        assertThat(aborted).as("the runs do something").isGreaterThan(SEEDS * (stormy ? 10L : 40L));
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFound(PlantedBug bug) {
        List<String> found = new ArrayList<>();
        for (long seed = 1; seed <= 300 && found.isEmpty(); seed++) {
            try {
                new SimulatedTransactions(seed, true, bug).run(MILLIS);
            } catch (AssertionError violation) {
                found.add(violation.getMessage());
            }
        }
        assertThat(found).as("violations that " + bug + " leads to").isNotEmpty();
    }

    @Test
    void aRunIsTheSameWheneverItsSeedIs() {
        SimulatedTransactions once = new SimulatedTransactions(77, true, PlantedBug.NONE);
        SimulatedTransactions again = new SimulatedTransactions(77, true, PlantedBug.NONE);
        assertThat(again.run(5_000)).isEqualTo(once.run(5_000));
        assertThat(again.records).isEqualTo(once.records);
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }
}
