package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Partitions on their way to members, for one assignment: {@link #keepAssigned()} if wanted, {@link #placeRest()},
 * {@link #evenOut()}, {@link #owned()}. Members and partitions are numbered in their sorted order; topics with the same
 * subscribers form one circle, within which partitions are alike.
 */
final class EvenSpread {
    private static final int NOBODY = -1;

    private final SortedMap<String, AssignorMember> members;
    private final List<String> ids;
    private final List<TopicPartition> partitions = new ArrayList<>();
    /** Of each partition, its circle. */
    private final List<Integer> circles = new ArrayList<>();
    /** Of each circle, the members that may own its partitions. */
    private final List<BitSet> subscribers = new ArrayList<>();
    /** Of each partition, the member, or {@link #NOBODY}. */
    private final int[] owner;
    /** Of each member, how many partitions it owns. */
    private final int[] load;
    /** Of each member, the partitions it owns, by circle; the last one is the first to be given away. */
    private final List<SortedMap<Integer, Deque<Integer>>> held = new ArrayList<>();

    EvenSpread(SortedMap<String, AssignorMember> members, SortedMap<String, Integer> topics) {
        this.members = members;
        ids = List.copyOf(members.keySet());
        Map<BitSet, Integer> circleOf = new HashMap<>();
        topics.forEach((topic, count) -> {
            BitSet subscribed = new BitSet();
            IntStream.range(0, ids.size()).filter(member -> topics(member).contains(topic)).forEach(subscribed::set);
            if (!subscribed.isEmpty()) {
                int circle = circleOf.computeIfAbsent(subscribed, unseen -> {
                    subscribers.add(unseen);
                    return subscribers.size() - 1;
                });
                for (int partition = 0; partition < count; partition++) {
                    partitions.add(new TopicPartition(topic, partition));
                    circles.add(circle);
                }
            }
        });
        owner = new int[partitions.size()];
        Arrays.fill(owner, NOBODY);
        load = new int[ids.size()];
        ids.forEach(id -> held.add(new TreeMap<>()));
    }

    /** Gives to each member what it had before and still may have; of several that name a partition, to one. */
    void keepAssigned() {
        Map<TopicPartition, Integer> numbers = new HashMap<>();
        List<BitSet> claims = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            numbers.put(partition, claims.size());
            claims.add(new BitSet());
        }
        for (int member = 0; member < ids.size(); member++) {
            for (TopicPartition before : members.get(ids.get(member)).assigned()) {
                Integer partition = numbers.get(before);
                if (partition != null && subscribers.get(circles.get(partition)).get(member)) {
                    claims.get(partition).set(member);
                }
            }
        }
        // What only one had comes first: with that known, the others go where they burden least.
        IntStream.range(0, partitions.size()).boxed().filter(partition -> !claims.get(partition).isEmpty())
                .sorted(Comparator.comparing(partition -> claims.get(partition).cardinality()))
                .forEach(partition -> give(partition, leastLoaded(claims.get(partition))));
    }

    /** Gives every partition that nobody has to the subscriber with the fewest, first those that few may have. */
    void placeRest() {
        IntStream.range(0, partitions.size()).boxed().filter(partition -> owner[partition] == NOBODY)
                .sorted(Comparator.comparing(partition -> mayOwn(partition).cardinality()))
                .forEach(partition -> give(partition, leastLoaded(mayOwn(partition))));
    }

    /**
     * Moves partitions from members with more to members with at least 2 fewer until none can be moved, where need be
     * over others in between: as when the one may have only what the other may not, but a third may have both.
     *
     * <p>Those whom the fullest one reaches without finding anyone to relieve it are left alone from then on: they own
     * as many as it does, or one fewer, and reach nobody else, so no later move would lead through or to them.
     */
    void evenOut() {
        BitSet open = new BitSet();
        open.set(0, ids.size());
        while (!open.isEmpty()) {
            int giver = mostLoaded(open);
            BitSet reached = new BitSet();
            if (!relieve(giver, open, reached)) {
                open.andNot(reached);
            }
        }
    }

    /** The partitions of each member, in order. */
    Map<String, Set<TopicPartition>> owned() {
        Map<String, Set<TopicPartition>> owned = new TreeMap<>();
        ids.forEach(id -> owned.put(id, new LinkedHashSet<>()));
        for (int partition = 0; partition < owner.length; partition++) {
            owned.get(ids.get(owner[partition])).add(partitions.get(partition));
        }
        return owned;
    }

    /**
     * Takes one partition from a member, by the fewest moves that bring one to a member with at least 2 fewer.
     *
     * @param reached gets the giver and those that its partitions can come to
     * @return whether it did
     */
    private boolean relieve(int giver, BitSet open, BitSet reached) {
        int[] from = new int[ids.size()];
        int[] through = new int[ids.size()];
        BitSet circlesSeen = new BitSet();
        BitSet givers = new BitSet();
        givers.set(giver);
        reached.set(giver);
        while (!givers.isEmpty()) {
            BitSet takers = new BitSet();
            givers.stream().forEach(member -> held.get(member).keySet().forEach(circle -> {
                if (circlesSeen.get(circle)) {
                    return;
                }
                circlesSeen.set(circle);
                BitSet unseen = (BitSet) subscribers.get(circle).clone();
                unseen.and(open);
                unseen.andNot(reached);
                unseen.stream().forEach(taker -> {
                    from[taker] = member;
                    through[taker] = circle;
                });
                takers.or(unseen);
                reached.or(unseen);
            }));
            if (!takers.isEmpty() && load[leastLoaded(takers)] + 2 <= load[giver]) {
                // The last move first: so nobody passes on what it has just been given.
                for (int taker = leastLoaded(takers); taker != giver; taker = from[taker]) {
                    give(take(from[taker], through[taker]), taker);
                }
                return true;
            }
            givers = takers;
        }
        return false;
    }

    private void give(int partition, int member) {
        owner[partition] = member;
        load[member]++;
        held.get(member).computeIfAbsent(circles.get(partition), circle -> new ArrayDeque<>()).addLast(partition);
    }

    /** What it got last: that is rather what it did not have before. */
    private int take(int member, int circle) {
        Deque<Integer> alike = held.get(member).get(circle);
        int partition = alike.removeLast();
        if (alike.isEmpty()) {
            held.get(member).remove(circle);
        }
        load[member]--;
        return partition;
    }

    private int leastLoaded(BitSet among) {
        return among.stream().boxed().min(Comparator.comparing(member -> load[member])).orElseThrow();
    }

    private int mostLoaded(BitSet among) {
        return among.stream().boxed().max(Comparator.comparing(member -> load[member])).orElseThrow();
    }

    private BitSet mayOwn(int partition) {
        return subscribers.get(circles.get(partition));
    }

    private Set<String> topics(int member) {
        return members.get(ids.get(member)).topics();
    }
}
