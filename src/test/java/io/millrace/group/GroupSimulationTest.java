package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.SimulatedGroups.PlantedBug;
import io.millrace.group.SimulatedGroups.Weather;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What consumer groups promise holds whatever fails, for many seeds; see {@link SimulatedGroups}. */
class GroupSimulationTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", LONG ? 4000 : 100);
    private static final int MILLIS = 60_000;

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
    @EnumSource(Weather.class)
    void noPartitionHasTwoOwnersNothingIsSkippedAndCommittedOffsetsDoNotGoBack(Weather weather) {
        long processed = 0;
        long replays = 0;
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            SimulatedGroups run = new SimulatedGroups(seed, weather, PlantedBug.NONE);
            processed += run.run(MILLIS);
            replays += run.promises.replays();
        }
        assertThat(processed).as("the runs do something").isGreaterThan(SEEDS * 100L);
        assertThat(replays).as("offsets that were moved back").isGreaterThan(SEEDS / 2);
    }

    @ParameterizedTest
    @EnumSource(Weather.class)
    void whatConsumersMakeOfEachRecordIsInOneTransactionThatIsCommittedWithTheOffsetBehindIt(Weather weather) {
        long processed = 0;
        int commits = 0;
        int aborts = 0;
        for (long seed = first(); seed < first() + SEEDS / 2; seed++) {
            SimulatedGroups run = new SimulatedGroups(seed, weather, PlantedBug.NONE, true);
            processed += run.run(MILLIS);
            commits += run.transactions.commits();
            aborts += run.transactions.aborts();
        }
        assertThat(processed).as("the runs do something").isGreaterThan(SEEDS * 50L);
        assertThat(commits).as("transactions that were committed").isGreaterThan(SEEDS * 10);
        assertThat(aborts).as("and such as were aborted").isGreaterThan(SEEDS);
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFound(PlantedBug bug) {
        Weather weather = bug == PlantedBug.TRUSTING_DELIVERIES ? Weather.DEATHS : Weather.STORM;
        List<String> found = new ArrayList<>();
        for (long seed = 1; seed <= 1000 && found.isEmpty(); seed++) {
            try {
                new SimulatedGroups(seed, weather, bug, bug.ofTransactions).run(MILLIS);
            } catch (AssertionError violation) {
                found.add(violation.getMessage().lines().findFirst().orElseThrow());
            }
        }
        assertThat(found).as("violations that " + bug + " leads to").isNotEmpty();
    }

    @Test
    void aRunIsTheSameWheneverItsSeedIs() {
        SimulatedGroups once = new SimulatedGroups(77, Weather.STORM, PlantedBug.NONE);
        SimulatedGroups again = new SimulatedGroups(77, Weather.STORM, PlantedBug.NONE);
        assertThat(again.run(20_000)).isEqualTo(once.run(20_000));
        assertThat(again.time.nanoTime()).isEqualTo(once.time.nanoTime());
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }
}
