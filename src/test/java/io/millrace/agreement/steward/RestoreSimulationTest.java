package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.steward.SimulatedAgreement.PlantedBug;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What was acknowledged stays whatever stops between any two steps, for many seeds; see {@link SimulatedAgreement}. */
class RestoreSimulationTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", LONG ? 5000 : 200);
    private static final int STEPS = 400;

    /** Held, or the setting would be forgotten: thousands of restores make many lines. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace.agreement.steward");

    @BeforeAll
    static void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    private static SimulatedAgreement run(long seed, PlantedBug bug) {
        SimulatedAgreement agreement = new SimulatedAgreement(seed, seed % 2 == 0 ? 3 : 5, bug);
        try {
            agreement.run(STEPS);
        } catch (AssertionError violation) {
            throw new AssertionError("seed " + seed + ": " + violation.getMessage().strip(), violation);
        }
        return agreement;
    }

    @Test
    void whatWasAcknowledgedStaysWhateverStopsBetweenAnyTwoSteps() {
        long writes = 0;
        long wipes = 0;
        long restores = 0;
        long behind = 0;
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            SimulatedAgreement agreement = run(seed, PlantedBug.NONE);
            writes += agreement.writes();
            wipes += agreement.wipes();
            restores += agreement.restores();
            behind += agreement.behind();
        }
        System.out.println(SEEDS + " seeds: " + writes + " changes acknowledged, " + restores + " restores, " + wipes
            + " disks lost, " + behind + " attempts in an old group");
        assertThat(writes).as("changes that were acknowledged").isGreaterThan(SEEDS * 10L);
        assertThat(restores).as("restores").isGreaterThan(SEEDS * 3L);
        assertThat(wipes).as("disks that were lost").isGreaterThan(SEEDS / 2);
        assertThat(behind).as("attempts in an old group").isGreaterThan(SEEDS * 5L);
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFound(PlantedBug bug) {
        List<String> found = new ArrayList<>();
        for (long seed = 1; seed <= 2000 && found.isEmpty(); seed++) {
            try {
                run(seed, bug);
            } catch (AssertionError violation) {
                found.add(violation.getMessage().lines().findFirst().orElseThrow());
            }
        }
        System.out.println(bug + ": " + found);
        assertThat(found).as("violations that " + bug + " leads to").hasSize(1).first().asString()
            .containsAnyOf("acknowledged", "two CP groups");
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }
}
