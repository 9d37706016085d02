package io.millrace.broker;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A topic as its register {@code topic/<name>} holds it.
 *
 * @param id         tells this topic from an earlier one of the same name
 * @param overrides  the configuration that was set for this topic, by key; what is absent has the server's default
 * @param partitions by partition number
 */
public record Topic(String name, UUID id, Map<String, String> overrides, List<Assignment> partitions) {
    /**
     * Who holds a partition.
     *
     * @param replicas broker ids, the preferred leader first
     * @param isr      the replicas that are in sync
     */
    public record Assignment(int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr) {
    }
}
