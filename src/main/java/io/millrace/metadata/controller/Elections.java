package io.millrace.metadata.controller;

import io.millrace.metadata.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Who leads a partition: pure functions of what its register says and of which brokers are up. */
public final class Elections {
    public static final int NO_LEADER = -1;

    private Elections() {
    }

    /**
     * A partition as it should be.
     *
     * @param live    brokers that are up
     * @param balance whether the preferred leader, the first replica, takes over from one that works
     * @return the same assignment when nothing is to change
     */
    static Topic.Assignment reconcile(Topic.Assignment now, Set<Integer> live, boolean balance) {
        Topic.Assignment next = withoutDead(now, live);
        next = advanceReassignment(next, live);
        return balance ? balanced(next, live) : next;
    }

    /** Led by the preferred leader, the first replica, where that could lead and another one does. */
    public static Topic.Assignment balanced(Topic.Assignment now, Set<Integer> live) {
        if (now.leader() == NO_LEADER || now.move() != null) {
            return now;
        }
        int preferred = now.replicas().get(0);
        return preferred != now.leader() && live.contains(preferred) && now.isr().contains(preferred)
                ? led(now, preferred, now.isr()) : now;
    }

    /** Takes brokers that are down out of the ISR, as long as one is left, and moves the leadership when it has to. */
    private static Topic.Assignment withoutDead(Topic.Assignment now, Set<Integer> live) {
        List<Integer> isr = now.isr().stream().filter(live::contains).toList();
        if (!isr.isEmpty()) {
            return isr.contains(now.leader()) ? withIsr(now, isr) : led(now, firstIn(now.replicas(), isr), isr);
        }
        return now.leader() == NO_LEADER ? now : led(now, NO_LEADER, now.isr());
    }

    /**
     * The replicas of which one could lead although it may lack records, in the order of preference; none while there is a
     * leader, or an in-sync replica is up.
     */
    static List<Integer> outOfSync(Topic.Assignment now, Set<Integer> live) {
        boolean isOpen = now.leader() == NO_LEADER && now.isr().stream().noneMatch(live::contains);
        return isOpen ? now.replicas().stream().filter(live::contains).toList() : List.of();
    }

    /** Led by a replica that may lack records, which from then on are what it has. */
    static Topic.Assignment uncleanly(Topic.Assignment now, int leader) {
        int epoch = now.leaderEpoch() + 1;
        return new Topic.Assignment(leader, epoch, now.replicas(), List.of(leader), now.move(), epoch);
    }

    /**
     * Without one broker, whose replica cannot be used: another in-sync one leads. When there is none the broker stays
     * the only one in sync, and the partition has no leader.
     */
    public static Topic.Assignment without(Topic.Assignment now, int broker, Set<Integer> live) {
        List<Integer> isr = now.isr().stream().filter(replica -> replica != broker).toList();
        if (isr.isEmpty()) {
            return now.leader() == broker ? led(now, NO_LEADER, now.isr()) : now;
        } else if (now.leader() != broker) {
            return withIsr(now, isr);
        }
        List<Integer> candidates = isr.stream().filter(live::contains).toList();
        return led(now, candidates.isEmpty() ? NO_LEADER : firstIn(now.replicas(), candidates), isr);
    }

    /**
     * Without a broker whose replica is damaged, where another in-sync one is up: in a new epoch in any case, also when it
     * was not in sync, so that a fetch of its that is under way says nothing any more of what it has.
     */
    public static Topic.Assignment fencedWithout(Topic.Assignment now, int broker, Set<Integer> live) {
        boolean another = now.isr().stream().anyMatch(replica -> replica != broker && live.contains(replica));
        if (!another) {
            return now;
        }
        Topic.Assignment next = without(now, broker, live);
        return next.leaderEpoch() != now.leaderEpoch() ? next : led(next, next.leader(), next.isr());
    }

    /** Begins to move a partition: the new replicas join the old ones, which leave when all the new ones are in sync. */
    static Topic.Assignment reassign(Topic.Assignment now, List<Integer> target) {
        List<Integer> from = now.move() == null ? now.replicas() : now.move().from();
        List<Integer> replicas = new ArrayList<>(now.replicas());
        target.stream().filter(broker -> !replicas.contains(broker)).forEach(replicas::add);
        return new Topic.Assignment(now.leader(), now.leaderEpoch(), List.copyOf(replicas), now.isr(),
                new Topic.Move(from, target), now.uncleanEpoch());
    }

    /** Gives a move up: the replicas that only it asked for go, unless one of them leads or is alone in sync. */
    static Topic.Assignment cancel(Topic.Assignment now, Set<Integer> live) {
        return now.move() == null ? now : settle(now, now.move().from(), live);
    }

    private static Topic.Assignment advanceReassignment(Topic.Assignment now, Set<Integer> live) {
        boolean arrived = now.move() != null && now.isr().containsAll(now.move().to());
        return arrived ? settle(now, now.move().to(), live) : now;
    }

    /** With these replicas alone, unless none of them is in sync. */
    private static Topic.Assignment settle(Topic.Assignment now, List<Integer> replicas, Set<Integer> live) {
        List<Integer> isr = now.isr().stream().filter(replicas::contains).toList();
        if (isr.isEmpty()) {
            return now;
        }
        Topic.Assignment settled = new Topic.Assignment(now.leader(), now.leaderEpoch(), replicas, isr, null,
                now.uncleanEpoch());
        if (!replicas.contains(now.leader())) {
            return led(settled, electable(settled, live), isr);
        }
        // A replica that goes deletes its log: should it be one again, what it fetched before must not count.
        return replicas.containsAll(now.replicas()) ? settled : led(settled, now.leader(), isr);
    }

    private static int electable(Topic.Assignment assignment, Set<Integer> live) {
        return assignment.replicas().stream().filter(assignment.isr()::contains).filter(live::contains).findFirst()
                .orElse(NO_LEADER);
    }

    private static int firstIn(List<Integer> order, List<Integer> candidates) {
        return order.stream().filter(candidates::contains).findFirst().orElseThrow();
    }

    /** With the same leader and epoch. */
    public static Topic.Assignment withIsr(Topic.Assignment now, List<Integer> isr) {
        return isr.equals(now.isr()) ? now
                : new Topic.Assignment(now.leader(), now.leaderEpoch(), now.replicas(), isr, now.move(),
                now.uncleanEpoch());
    }

    /** With a new leadership, and so with a new epoch, be the leader the same one or none. */
    public static Topic.Assignment led(Topic.Assignment now, int leader, List<Integer> isr) {
        return new Topic.Assignment(leader, now.leaderEpoch() + 1, now.replicas(), isr, now.move(), now.uncleanEpoch());
    }
}
