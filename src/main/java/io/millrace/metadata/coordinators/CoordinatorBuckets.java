package io.millrace.metadata.coordinators;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Which broker coordinates which bucket of keys: a pure function of what was so before and of which brokers are up. */
public final class CoordinatorBuckets {
    static final int COUNT = 64;
    static final int NOBODY = -1;

    private static final List<Integer> NONE_ASSIGNED = Collections.nCopies(COUNT, NOBODY);

    private CoordinatorBuckets() {
    }

    /**
     * Every bucket's broker as it should be. Only the buckets of brokers that are not up move, each to the broker that
     * has the fewest then, the one with the lowest id of several; with {@code balance} no more of the others move than
     * needed so that no broker has two buckets more than another.
     *
     * @param before a broker's id or {@link #NOBODY} for each bucket; empty: there was nothing yet
     * @param live   brokers that are up
     * @return {@link #COUNT} ids; {@link #NOBODY} for each while no broker is up
     */
    public static List<Integer> reconcile(List<Integer> before, Set<Integer> live, boolean balance) {
        if (live.isEmpty()) {
            return NONE_ASSIGNED;
        }
        List<Integer> after = new ArrayList<>(before.isEmpty() ? NONE_ASSIGNED : before);
        Map<Integer, Integer> counts = new TreeMap<>();
        live.forEach(broker -> counts.put(broker, 0));
        after.forEach(broker -> counts.computeIfPresent(broker, (same, count) -> count + 1));
        for (int bucket = 0; bucket < after.size(); bucket++) {
            if (!live.contains(after.get(bucket))) {
                int broker = Collections.min(counts.entrySet(), Map.Entry.comparingByValue()).getKey();
                after.set(bucket, broker);
                counts.merge(broker, 1, Integer::sum);
            }
        }
        if (balance) {
            balance(after, counts);
        }
        return Collections.unmodifiableList(after);
    }

    /** Gives what a broker has beyond its share to those that have less; who has most keeps one more, if one may. */
    private static void balance(List<Integer> buckets, Map<Integer, Integer> counts) {
        List<Integer> byCount = new ArrayList<>(counts.keySet());
        byCount.sort(Comparator.comparingInt((Integer broker) -> -counts.get(broker)).thenComparing(broker -> broker));
        Map<Integer, Integer> tooMany = new TreeMap<>();
        for (int place = 0; place < byCount.size(); place++) {
            int share = COUNT / byCount.size() + (place < COUNT % byCount.size() ? 1 : 0);
            tooMany.put(byCount.get(place), counts.get(byCount.get(place)) - share);
        }
        TreeSet<Integer> takers = new TreeSet<>(tooMany.keySet());
        takers.removeIf(broker -> tooMany.get(broker) >= 0);
        for (int bucket = 0; bucket < buckets.size() && !takers.isEmpty(); bucket++) {
            int giver = buckets.get(bucket);
            if (tooMany.get(giver) > 0) {
                int taker = takers.first();
                buckets.set(bucket, taker);
                tooMany.merge(giver, -1, Integer::sum);
                if (tooMany.merge(taker, 1, Integer::sum) == 0) {
                    takers.remove(taker);
                }
            }
        }
    }
}
