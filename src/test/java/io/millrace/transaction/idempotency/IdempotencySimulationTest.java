package io.millrace.transaction.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.transaction.idempotency.SimulatedIdempotency.PlantedBug;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests with keys are carried out once and answered the same, whatever fails, for many seeds; see {@link SimulatedIdempotency}. */
class IdempotencySimulationTest {
    private static final boolean LONG = Boolean.getBoolean("millrace.long");
    private static final int SEEDS = Integer.getInteger("millrace.simulation.seeds", LONG ? 10_000 : 200);
    private static final int MILLIS = 30_000;

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
    void eachRecordIsThereOnceAndEachKeyHasOneAnswerInAnyStorm() {
        long answered = 0;
        long replayed = 0;
        for (long seed = first(); seed < first() + SEEDS; seed++) {
            SimulatedIdempotency run = new SimulatedIdempotency(seed, true, PlantedBug.NONE);
            answered += run.run(MILLIS);
            replayed += run.replayed;
        }
        assertThat(answered).as("the runs do something").isGreaterThan(SEEDS * 20L);
        assertThat(replayed).as("answers that were kept").isGreaterThan(SEEDS * 5L);
    }

    @Test
    void whereNothingFailsThereAreNoMoreProducersThanRequestsAtATime() {
        for (long seed = first(); seed < first() + SEEDS / 10; seed++) {
            SimulatedIdempotency run = new SimulatedIdempotency(seed, false, PlantedBug.NONE);
            assertThat(run.run(MILLIS)).as("seed " + seed).isGreaterThan(100);
            assertThat(run.producerIds()).as("seed " + seed).isLessThan(40);
            assertThat(run.partitions.producers()).as("seed " + seed).isLessThan(40);
        }
    }

    @Test
    void noProducerIsForgottenWhileAPartitionCannotBeWrittenToForAnHour() {
        SimulatedOutage outage = new SimulatedOutage(first(), new SimulatedIdempotency.Limits(2, 100, 400));
        outage.run(3_600);
        assertThat(outage.failedInPart).as("keys in use, half of what there may be").isBetween(45, 50);
        assertThat(outage.refused).as("those that are told to come later").isGreaterThan(30_000);
    }

    @Test
    void producersThatAreForgottenWhileAPartitionCannotBeWrittenToAreFound() {
        assertThatThrownBy(() -> new SimulatedOutage(first(), new SimulatedIdempotency.Limits(2, 1_000, 400)).run(120))
                .isInstanceOf(AssertionError.class).hasMessageContaining("times");
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFound(PlantedBug bug) {
        List<String> found = new ArrayList<>();
        for (long seed = 1; seed <= 10_000 && found.isEmpty(); seed++) { // some show once in a thousand
            try {
                new SimulatedIdempotency(seed, true, bug).run(MILLIS);
            } catch (AssertionError violation) {
                found.add(violation.getMessage().lines().findFirst().orElseThrow());
            }
        }
        assertThat(found).as("violations that " + bug + " leads to").isNotEmpty();
    }

    @Test
    void aRunIsTheSameWheneverItsSeedIs() {
        SimulatedIdempotency once = new SimulatedIdempotency(77, true, PlantedBug.NONE);
        SimulatedIdempotency again = new SimulatedIdempotency(77, true, PlantedBug.NONE);
        assertThat(again.run(MILLIS)).isEqualTo(once.run(MILLIS));
        assertThat(again.time.nanoTime()).isEqualTo(once.time.nanoTime());
    }

    /** {@code -Dmillrace.simulation.seed=N -Dmillrace.simulation.seeds=1} plays one seed again. */
    private static long first() {
        return Long.getLong("millrace.simulation.seed", 1);
    }
}
