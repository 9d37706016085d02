package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.PlantedLog;
import io.millrace.broker.SimulatedCluster;
import io.millrace.group.InhabitedGroups.PlantedBug;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What consumer groups promise holds over whole brokers and their logs, whatever fails, for many seeds; see {@link InhabitedGroups}. */
class InhabitedGroupsTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", LONG ? 1500 : 24);
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
    void whatTheClusterKeepsOfAGroupIsWhatGroupsPromiseWhateverFails() {
        Sums sums = new Sums();
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            sums.add(run(seed, 3, PlantedBug.NONE, PlantedLog.Bug.NONE));
        }
        assertThat(sums.processed).as("records are processed").isGreaterThan(SEEDS * 20L);
        assertThat(sums.replays).as("offsets are moved back").isPositive();
        assertThat(sums.resets).as("offsets are reset").isPositive();
        assertThat(sums.creations).as("the topic is created anew").isGreaterThan(SEEDS);
        assertThat(sums.leaderships).as("groups go from one broker to another").isGreaterThan(SEEDS * 2);
    }

    @Test
    void soItIsOnFiveBrokersWhoseReplicasMove() {
        Sums sums = new Sums();
        for (long seed = first(); seed < first() + SEEDS / 3; seed++) {
            sums.add(run(-seed, 5, PlantedBug.NONE, PlantedLog.Bug.NONE));
        }
        assertThat(sums.processed).as("records are processed").isGreaterThan(SEEDS * 5L);
    }

    @ParameterizedTest
    @EnumSource(value = PlantedLog.Bug.class, names = {"ANSWER_BEFORE_COMMIT", "LOAD_TO_HIGH_WATERMARK", "IGNORE_EPOCHS"})
    void aPlantedBugOfTheCoordinatorIsFound(PlantedLog.Bug bug) {
        assertThat(found(PlantedBug.NONE, bug)).as("violations that " + bug + " leads to").isNotEmpty();
    }

    @Test
    void aPlantedBugOfTheGroupIsFoundByAMessageThatNamesTheViolation() {
        assertThat(found(PlantedBug.TRUSTING_DELIVERIES, PlantedLog.Bug.NONE)).singleElement().asString()
                .contains("nobody processed it");
    }

    private static List<String> found(PlantedBug bug, PlantedLog.Bug logBug) {
        List<String> found = new ArrayList<>();
        for (long seed = 1; seed <= 200 && found.isEmpty(); seed++) {
            try {
                run(seed, 3, bug, logBug);
            } catch (AssertionError violation) {
                found.add(violation.getMessage().lines().findFirst().orElseThrow());
            }
        }
        return found;
    }

    @Test
    void aRunIsTheSameWheneverItsSeedIs() {
        assertThat(trace(7)).isEqualTo(trace(7)).isNotEqualTo(trace(8));
    }

    private static long trace(long seed) {
        SimulatedCluster cluster = new SimulatedCluster(seed, 3, 1, SimulatedCluster.PlantedBug.NONE);
        cluster.inhabit(new InhabitedGroups(cluster, PlantedBug.NONE, PlantedLog.Bug.NONE));
        cluster.run(20_000);
        return cluster.trace();
    }

    private static InhabitedGroups run(long seed, int brokers, PlantedBug bug, PlantedLog.Bug logBug) {
        SimulatedCluster cluster = new SimulatedCluster(seed, brokers, 1, SimulatedCluster.PlantedBug.NONE);
        InhabitedGroups groups = new InhabitedGroups(cluster, bug, logBug);
        cluster.inhabit(groups);
        cluster.run(FAULTY_MS);
        return groups;
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }

    /** Of what happened in all runs. */
    private static final class Sums {
        private long processed;
        private int replays;
        private int resets;
        private int creations;
        private int leaderships;

        private void add(InhabitedGroups run) {
            processed += run.promises().processed();
            replays += run.promises().replays();
            resets += run.consumers().resets();
            creations += run.creations();
            leaderships += run.leaderships();
        }
    }
}
