package io.millrace.metadata.brokers;

import io.millrace.metadata.Topic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Chooses brokers for new replicas: racks that the partition does not have yet first, then the broker with the fewest
 * replicas; preferred leaders are spread in the same way, and so are those that stand next in line: the first of a
 * partition's replicas that is in sync is elected, and what one broker led goes to several when it is down. Deterministic.
 * Used by one thread.
 */
public final class ReplicaPlacement {
    private final List<KnownBroker> brokers;
    private final Map<Integer, Integer> replicas = new HashMap<>();
    private final Map<Integer, Integer> preferred = new HashMap<>();
    /** How often a broker stands at a place, 1 and more, directly behind another one. */
    private final Map<Neighbours, Integer> behind = new HashMap<>();

    private record Neighbours(int place, int broker, int next) {
    }

    /**
     * @param brokers all that may get replicas
     * @param present of every partition that there is
     */
    public ReplicaPlacement(List<KnownBroker> brokers, Iterable<Topic.Assignment> present) {
        this.brokers = brokers.stream().sorted(Comparator.comparingInt(KnownBroker::id)).toList();
        for (Topic.Assignment assignment : present) {
            count(assignment.replicas());
        }
    }

    private void count(List<Integer> chosen) {
        chosen.forEach(broker -> replicas.merge(broker, 1, Integer::sum));
        preferred.merge(chosen.get(0), 1, Integer::sum);
        for (int place = 1; place < chosen.size(); place++) {
            behind.merge(new Neighbours(place, chosen.get(place - 1), chosen.get(place)), 1, Integer::sum);
        }
    }

    /** Replicas of one more partition, the preferred leader first; at most as many as there are brokers. */
    public List<Integer> place(int replicationFactor) {
        List<Integer> chosen = new ArrayList<>();
        Set<String> racks = new HashSet<>();
        while (chosen.size() < Math.min(replicationFactor, brokers.size())) {
            KnownBroker next = next(chosen, racks);
            chosen.add(next.id());
            racks.add(next.rack());
        }
        List<Integer> replicas = inLine(chosen);
        count(replicas);
        return replicas;
    }

    private List<Integer> inLine(List<Integer> chosen) {
        List<Integer> waiting = new ArrayList<>(chosen);
        List<Integer> line = new ArrayList<>(List.of(waiting.remove(0)));
        while (!waiting.isEmpty()) {
            int place = line.size();
            int last = line.get(place - 1);
            Integer next = waiting.stream().min(Comparator
                    .comparing((Integer broker) -> behind.getOrDefault(new Neighbours(place, last, broker), 0))
                    .thenComparing(broker -> broker)).orElseThrow();
            waiting.remove(next);
            line.add(next);
        }
        return List.copyOf(line);
    }

    /** Another broker in place of one that is to go; the same list when there is none. */
    public List<Integer> replace(List<Integer> present, int leaving) {
        List<Integer> kept = new ArrayList<>(present);
        kept.remove(Integer.valueOf(leaving));
        Set<String> racks = new HashSet<>();
        brokers.stream().filter(broker -> kept.contains(broker.id())).forEach(broker -> racks.add(broker.rack()));
        List<KnownBroker> others = brokers.stream()
                .filter(broker -> broker.id() != leaving && !kept.contains(broker.id())).toList();
        if (others.isEmpty()) {
            return present;
        }
        KnownBroker next = others.stream().min(Comparator
                .comparing((KnownBroker broker) -> broker.rack() != null && racks.contains(broker.rack()))
                .thenComparing(broker -> replicas.getOrDefault(broker.id(), 0))
                .thenComparing(KnownBroker::id)).orElseThrow();
        replicas.merge(next.id(), 1, Integer::sum);
        kept.add(next.id());
        return List.copyOf(kept);
    }

    private KnownBroker next(List<Integer> chosen, Set<String> racks) {
        Map<Integer, Integer> first = chosen.isEmpty() ? preferred : replicas;
        return brokers.stream().filter(broker -> !chosen.contains(broker.id())).min(Comparator
                .comparing((KnownBroker broker) -> broker.rack() != null && racks.contains(broker.rack()))
                .thenComparing(broker -> first.getOrDefault(broker.id(), 0))
                .thenComparing(broker -> replicas.getOrDefault(broker.id(), 0))
                .thenComparing(KnownBroker::id)).orElseThrow();
    }
}
