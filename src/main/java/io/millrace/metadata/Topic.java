package io.millrace.metadata;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A topic as its register {@code topic/<name>} holds it.
 *
 * @param id              tells this topic from an earlier one of the same name
 * @param controllerEpoch of the controller that last changed an assignment: an older one changes none any more
 * @param overrides       the configuration that was set for this topic, by key; what is absent has the server's default
 * @param partitions      by partition number
 */
public record Topic(String name, UUID id, int controllerEpoch, Map<String, String> overrides,
                    List<Assignment> partitions) {
    /**
     * Who holds a partition.
     *
     * @param leader      -1: none now
     * @param leaderEpoch grows by one with every change of the leader
     * @param replicas    broker ids, the preferred leader first
     * @param isr         the replicas that are in sync
     * @param move        while the partition moves to other brokers; else null
     * @param uncleanEpoch the last leader epoch that began with a leader which was not in sync, so that committed records
     *                    may be missing in its log; -1: none
     */
    public record Assignment(int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr, Move move,
                             int uncleanEpoch) {
        private static final int NEVER = -1;

        public Assignment(int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr, Move move) {
            this(leader, leaderEpoch, replicas, isr, move, NEVER);
        }

        public Assignment(int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr) {
            this(leader, leaderEpoch, replicas, isr, null, NEVER);
        }

        /** Whether every replica that there is, or is to be, is in sync. */
        public boolean isWhole() {
            return isr.size() == replicas.size();
        }
    }

    /**
     * A partition on its way to other brokers: until those are in sync, it has the replicas of both.
     *
     * @param from the replicas before
     * @param to   the replicas that there are to be
     */
    public record Move(List<Integer> from, List<Integer> to) {
    }

    public Topic withPartitions(List<Assignment> changed) {
        return new Topic(name, id, controllerEpoch, overrides, List.copyOf(changed));
    }
}
