package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.TopicPartition;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Evenness of {@code uniform} and {@code sticky}, and how few partitions {@code sticky} moves. */
class EvenAssignorsTest {
    private static final int SEEDS = 300;

    private final Assignor uniform = new UniformAssignor();
    private final Assignor sticky = new StickyAssignor();

    @Test
    void withEqualSubscriptionsCountsDifferByAtMostOne() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SampleGroup group = SampleGroup.random(new Random(seed), true);

            assertEven(seed, group.by(uniform));
            assertEven(seed, group.by(sticky));
        }
    }

    @Test
    void uniformDoesNotRegardWhatWasBefore() {
        SampleGroup group = SampleGroup.random(new Random(7), false);

        assertThat(group.assigned(group.by(new RangeAssignor())).by(uniform)).isEqualTo(group.by(uniform));
    }

    @Test
    void noOtherAssignmentIsMoreEvenWithDifferentSubscriptions() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SampleGroup group = small(new Random(seed));

            assertThat(counts(group.by(uniform))).as("seed %d", seed).isEqualTo(mostEven(group));
        }
    }

    @Test
    void stickyIsAsEvenAsUniformWhateverWasBefore() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            SampleGroup group = SampleGroup.random(random, seed % 3 == 0);
            SampleGroup uneven = group.assigned(anyhow(group, random));

            assertThat(counts(uneven.by(sticky))).as("seed %d", seed).isEqualTo(counts(group.by(uniform)));
        }
    }

    @Test
    void aPartitionMovesOverAThirdMemberWhenThatIsTheOnlyWayToEvenOut() {
        SampleGroup group = SampleGroup.empty().topic("a", 2).topic("b", 1).member("m1", null, "a")
                .member("m2", null, "a", "b").member("m3", null, "b").assigned(Map.of(
                        "m1", Set.of(new TopicPartition("a", 0), new TopicPartition("a", 1)),
                        "m2", Set.of(new TopicPartition("b", 0))));

        assertThat(group.by(sticky)).isEqualTo(Map.of("m1", Set.of(new TopicPartition("a", 0)),
                "m2", Set.of(new TopicPartition("a", 1)), "m3", Set.of(new TopicPartition("b", 0))));
    }

    @Test
    void nothingMovesWhenNothingChanged() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SampleGroup group = SampleGroup.random(new Random(seed), seed % 2 == 0);
            Map<String, Set<TopicPartition>> before = group.by(sticky);

            assertThat(group.assigned(before).by(sticky)).as("seed %d", seed).isEqualTo(before);
        }
    }

    @Test
    void whoJoinsGetsAnEvenShareAndNothingElseMoves() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SampleGroup group = SampleGroup.random(new Random(seed), true);
            Map<String, Set<TopicPartition>> before = group.by(sticky);
            SampleGroup larger = group.member("joined", null, group.topics().keySet().toArray(String[]::new));

            Map<String, Set<TopicPartition>> after = larger.assigned(before).by(sticky);

            assertEven(seed, after);
            assertThat(moved(before, after)).as("seed %d", seed).isEqualTo(after.get("joined").size())
                    .isEqualTo(group.partitions() / larger.members().size());
        }
    }

    @Test
    void onlyThePartitionsOfWhoLeavesMove() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SampleGroup random = SampleGroup.random(new Random(seed), true);
            SampleGroup group = random.member("stays", null, random.topics().keySet().toArray(String[]::new));
            Map<String, Set<TopicPartition>> before = group.by(sticky);

            Map<String, Set<TopicPartition>> after = group.without("m0").assigned(before).by(sticky);

            assertEven(seed, after);
            assertThat(moved(before, after)).as("seed %d", seed).isEqualTo(before.get("m0").size());
        }
    }

    @Test
    void withEqualSubscriptionsNoEvenAssignmentMovesFewer() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            SampleGroup group = SampleGroup.random(random, true);
            Map<String, Set<TopicPartition>> before = anyhow(group, random);

            Map<String, Set<TopicPartition>> after = group.assigned(before).by(sticky);

            assertThat(moved(before, after)).as("seed %d", seed).isEqualTo(fewestMoves(group, before));
        }
    }

    @Test
    void whatSeveralSayTheyHadStaysWithOneOfThem() {
        SampleGroup group = SampleGroup.empty().topic("a", 3).member("m1", null, "a").member("m2", null, "a")
                .member("m3", null, "a").assigned(Map.of(
                        "m1", Set.of(new TopicPartition("a", 0), new TopicPartition("a", 1)),
                        "m2", Set.of(new TopicPartition("a", 0)), "m3", Set.of(new TopicPartition("a", 2))));

        assertThat(group.by(sticky)).isEqualTo(Map.of("m1", Set.of(new TopicPartition("a", 1)),
                "m2", Set.of(new TopicPartition("a", 0)), "m3", Set.of(new TopicPartition("a", 2))));
    }

    @Test
    void aMemberKeepsNothingOfATopicThatItUnsubscribedFrom() {
        SampleGroup group = SampleGroup.empty().topic("a", 2).topic("b", 2).member("m1", null, "b")
                .member("m2", null, "a", "b").assigned(Map.of("m1", Set.of(new TopicPartition("a", 0)),
                        "m2", Set.of(new TopicPartition("b", 0), new TopicPartition("b", 1))));

        assertThat(group.by(sticky)).isEqualTo(Map.of(
                "m1", Set.of(new TopicPartition("b", 0), new TopicPartition("b", 1)),
                "m2", Set.of(new TopicPartition("a", 0), new TopicPartition("a", 1))));
    }

    @Test
    void aThousandTopicsAndAHundredMembersAreEvenedOutThoughOneHadAll() {
        SampleGroup group = large(1000, 100);
        Map<String, Set<TopicPartition>> before = group.by(new FirstSubscriberAssignor());

        assertThat(counts(group.assigned(before).by(sticky))).isEqualTo(counts(group.by(uniform)));
    }

    /** Each topic has one partition; every member subscribes to most topics, and to others than the next. */
    private static SampleGroup large(int topics, int members) {
        SortedMap<String, Integer> all = new TreeMap<>();
        for (int i = 0; i < topics; i++) {
            all.put("t" + i, 1);
        }
        SampleGroup group = new SampleGroup(new TreeMap<>(), all);
        Random random = new Random(1);
        for (int i = 0; i < members; i++) {
            boolean everything = i == 0;
            group = group.member("m" + i, null, all.keySet().stream()
                    .filter(topic -> everything || random.nextInt(10) > 0).toArray(String[]::new));
        }
        return group;
    }

    /** So few members and partitions that all assignments can be tried. */
    private static SampleGroup small(Random random) {
        SampleGroup group = SampleGroup.empty();
        List<String> topics = List.of("a", "b", "c", "d");
        for (String topic : topics) {
            group = group.topic(topic, 1 + random.nextInt(4));
        }
        for (int i = 0; i < 5; i++) {
            group = group.member("m" + i, null,
                    topics.stream().filter(topic -> random.nextInt(3) == 0).toArray(String[]::new));
        }
        return group.read();
    }

    /** The counts of the most even assignment, found by trying all of them. */
    private static List<Integer> mostEven(SampleGroup group) {
        Set<Map<String, Integer>> reachable = new HashSet<>();
        Map<String, Integer> none = new HashMap<>();
        group.members().keySet().forEach(id -> none.put(id, 0));
        reachable.add(none);
        for (Map.Entry<String, Integer> topic : group.topics().entrySet()) {
            for (int partition = 0; partition < topic.getValue(); partition++) {
                Set<Map<String, Integer>> next = new HashSet<>();
                for (Map<String, Integer> counts : reachable) {
                    group.members().forEach((id, member) -> {
                        if (member.topics().contains(topic.getKey())) {
                            Map<String, Integer> more = new HashMap<>(counts);
                            more.merge(id, 1, Integer::sum);
                            next.add(more);
                        }
                    });
                }
                reachable = next;
            }
        }
        return reachable.stream().map(counts -> counts.values().stream().sorted().toList())
                .min(Comparator.comparing(counts -> counts.stream().mapToInt(count -> count * count).sum()))
                .orElseThrow();
    }

    /** Some of the partitions, with anybody: what an assignor might find after much has changed. */
    private static Map<String, Set<TopicPartition>> anyhow(SampleGroup group, Random random) {
        List<String> ids = List.copyOf(group.members().keySet());
        Map<String, Set<TopicPartition>> assigned = new TreeMap<>();
        int favoured = 1 + random.nextInt(ids.size());
        group.topics().forEach((topic, partitions) -> {
            for (int partition = 0; partition < partitions; partition++) {
                if (random.nextInt(5) > 0) {
                    assigned.computeIfAbsent(ids.get(random.nextInt(favoured)), id -> new HashSet<>())
                            .add(new TopicPartition(topic, partition));
                }
            }
        });
        return assigned;
    }

    /** The fullest keep the larger shares, and what is beyond anybody's share must move. */
    private static int fewestMoves(SampleGroup group, Map<String, Set<TopicPartition>> before) {
        int share = group.partitions() / group.members().size();
        int larger = group.partitions() % group.members().size();
        int moves = 0;
        for (int had : before.values().stream().map(Set::size).sorted(Comparator.reverseOrder()).toList()) {
            moves += Math.max(0, had - share - (larger-- > 0 ? 1 : 0));
        }
        return moves;
    }

    private static int moved(Map<String, Set<TopicPartition>> before, Map<String, Set<TopicPartition>> after) {
        return before.entrySet().stream().mapToInt(entry -> (int) entry.getValue().stream().filter(
                partition -> !after.getOrDefault(entry.getKey(), Set.of()).contains(partition)).count()).sum();
    }

    private static void assertEven(int seed, Map<String, Set<TopicPartition>> owned) {
        List<Integer> counts = counts(owned);
        assertThat(counts.get(counts.size() - 1) - counts.get(0)).as("seed %d: %s", seed, counts)
                .isLessThanOrEqualTo(1);
    }

    private static List<Integer> counts(Map<String, Set<TopicPartition>> owned) {
        return owned.values().stream().map(Set::size).sorted().toList();
    }
}
