package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every built-in assignor. */
class BuiltInAssignorsTest {
    private static final int SEEDS = 300;
    private static final Assignors ASSIGNORS = Assignors.of(List.of());

    @ParameterizedTest
    @ValueSource(strings = {"range", "uniform", "sticky"})
    void everyPartitionGoesToExactlyOneSubscriberWhateverWasBefore(String name) {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            SampleGroup group = SampleGroup.random(random, seed % 2 == 0).assigned(nonsense(random));

            Map<String, Set<TopicPartition>> owned = group.by(ASSIGNORS.find(name));

            assertThat(AssignmentCheck.fault(owned, group.members(), group.topics())).as("seed %d", seed).isEmpty();
            assertThat(owned).containsOnlyKeys(group.members().keySet());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"range", "uniform", "sticky"})
    void theSameQuestionGetsTheSameAnswer(String name) {
        for (int seed = 0; seed < SEEDS; seed++) {
            assertThat(sample(seed).by(ASSIGNORS.find(name))).as("seed %d", seed)
                    .isEqualTo(sample(seed).by(Assignors.of(List.of()).find(name)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"range", "uniform", "sticky"})
    void oneMemberGetsAll(String name) {
        SampleGroup group = SampleGroup.empty().topic("a", 3).topic("b", 2).member("m", null, "a", "b");

        assertThat(group.by(ASSIGNORS.find(name)).get("m")).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"range", "uniform", "sticky"})
    void membersWithoutATopicThatExistsGetNothing(String name) {
        SampleGroup group = SampleGroup.empty().topic("a", 3).member("m", null, "a").member("n", null, "missing");

        assertThat(group.by(ASSIGNORS.find(name)).get("n")).isEmpty();
    }

    private static SampleGroup sample(int seed) {
        Random random = new Random(seed);
        return SampleGroup.random(random, seed % 2 == 0).assigned(nonsense(random));
    }

    /** What a few members say they had: some of it gone, some of it said by two. */
    private static Map<String, Set<TopicPartition>> nonsense(Random random) {
        return Map.of("m0", Set.of(some(random), new TopicPartition("gone", 0), new TopicPartition("t0", 1000)),
                "m1", Set.of(new TopicPartition("t0", 0)), "m2", Set.of(new TopicPartition("t0", 0)));
    }

    private static TopicPartition some(Random random) {
        return new TopicPartition("t" + random.nextInt(9), random.nextInt(20));
    }
}
