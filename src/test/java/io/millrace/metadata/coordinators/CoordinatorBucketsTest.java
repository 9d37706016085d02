package io.millrace.metadata.coordinators;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class CoordinatorBucketsTest {
    private static final int COUNT = CoordinatorBuckets.COUNT;

    @Test
    void theFirstBucketsAreSpreadEvenly() {
        List<Integer> buckets = CoordinatorBuckets.reconcile(List.of(), Set.of(3, 1, 2), false);

        assertThat(counts(buckets, Set.of(1, 2, 3))).containsExactly(Map.entry(1, 22), Map.entry(2, 21),
                Map.entry(3, 21));
        assertThat(buckets.subList(0, 4)).containsExactly(1, 2, 3, 1);
    }

    @Test
    void withoutBrokersNobodyHasAny() {
        List<Integer> before = Collections.nCopies(COUNT, 7);

        assertThat(CoordinatorBuckets.reconcile(before, Set.of(), true)).hasSize(COUNT).containsOnly(-1);
        assertThat(CoordinatorBuckets.reconcile(List.of(), Set.of(), false)).hasSize(COUNT).containsOnly(-1);
    }

    @Test
    void aBrokerThatComesGetsNothingBeforeItIsTimeToBalance() {
        List<Integer> before = CoordinatorBuckets.reconcile(List.of(), Set.of(1, 2), false);

        assertThat(CoordinatorBuckets.reconcile(before, Set.of(1, 2, 3), false)).isEqualTo(before);
        assertThat(counts(CoordinatorBuckets.reconcile(before, Set.of(1, 2, 3), true), Set.of(1, 2, 3)).values())
                .containsExactlyInAnyOrder(22, 21, 21);
    }

    @RepeatedTest(300)
    void onlyTheBucketsOfTheDeadMoveAndTheyGoWhereThereAreFewest(RepetitionInfo run) {
        Random random = new Random(run.getCurrentRepetition());
        Set<Integer> live = brokers(random);
        List<Integer> before = buckets(random);

        List<Integer> after = CoordinatorBuckets.reconcile(before, live, false);

        assertThat(after).hasSize(COUNT).allMatch(live::contains);
        for (int bucket = 0; bucket < COUNT; bucket++) {
            if (live.contains(before.get(bucket))) {
                assertThat(after.get(bucket)).isEqualTo(before.get(bucket));
            }
        }
        // Whoever got some has no more than one beyond anyone else.
        Map<Integer, Integer> had = counts(before, live);
        Map<Integer, Integer> has = counts(after, live);
        int fewest = Collections.min(has.values());
        has.forEach((broker, count) -> assertThat(count.equals(had.get(broker)) || count <= fewest + 1).isTrue());
        assertThat(CoordinatorBuckets.reconcile(after, live, false)).isEqualTo(after);
    }

    @RepeatedTest(300)
    void balanceMovesAsFewAsItCan(RepetitionInfo run) {
        Random random = new Random(1000 + run.getCurrentRepetition());
        Set<Integer> live = brokers(random);
        List<Integer> before = buckets(random);

        List<Integer> after = CoordinatorBuckets.reconcile(before, live, true);

        Map<Integer, Integer> has = counts(after, live);
        assertThat(after).hasSize(COUNT).allMatch(live::contains);
        assertThat(Collections.max(has.values()) - Collections.min(has.values())).isLessThanOrEqualTo(1);
        assertThat(moved(before, after)).isEqualTo(fewestMoves(before, live));
        assertThat(CoordinatorBuckets.reconcile(after, live, true)).isEqualTo(after);
        assertThat(CoordinatorBuckets.reconcile(before, new TreeSet<>(live), true)).isEqualTo(after);
    }

    /** What cannot stay: each live broker keeps at most its share, and only so many shares are the larger ones. */
    private static int fewestMoves(List<Integer> before, Set<Integer> live) {
        int share = COUNT / live.size();
        int larger = COUNT % live.size();
        int stay = 0;
        for (int count : counts(before, live).values()) {
            stay += Math.min(count, share);
            if (count > share && larger > 0) {
                larger--;
                stay++;
            }
        }
        return COUNT - stay;
    }

    private static int moved(List<Integer> before, List<Integer> after) {
        int moved = 0;
        for (int bucket = 0; bucket < COUNT; bucket++) {
            moved += before.get(bucket).equals(after.get(bucket)) ? 0 : 1;
        }
        return moved;
    }

    private static Map<Integer, Integer> counts(List<Integer> buckets, Set<Integer> live) {
        Map<Integer, Integer> counts = new TreeMap<>();
        live.forEach(broker -> counts.put(broker, Collections.frequency(buckets, broker)));
        return counts;
    }

    private static Set<Integer> brokers(Random random) {
        Set<Integer> live = new TreeSet<>();
        int count = 1 + random.nextInt(9);
        while (live.size() < count) {
            live.add(random.nextInt(12));
        }
        return live;
    }

    /** Unevenly spread over brokers, some of them gone. */
    private static List<Integer> buckets(Random random) {
        int highest = 1 + random.nextInt(12);
        List<Integer> buckets = new ArrayList<>();
        for (int bucket = 0; bucket < COUNT; bucket++) {
            buckets.add(Math.min(random.nextInt(highest), random.nextInt(13)) - (random.nextInt(8) == 0 ? 1 : 0));
        }
        return buckets;
    }
}
