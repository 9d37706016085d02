package io.millrace.group;

import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** What was asked to be given again, by consumers that seek back and operators that reset: for that, committed offsets go back. */
final class RequestedReplays {
    /** More of them at a time are forgotten: each may let one going back pass that nobody asked for. */
    private static final int MOST = 8;

    private final Map<TopicPartition, Integer> asked = new HashMap<>();
    private int used;

    /** Whether that was carried out may never be known. */
    void ask(Collection<TopicPartition> partitions) {
        partitions.forEach(each -> asked.merge(each, 1, (before, one) -> Math.min(MOST, before + one)));
    }

    boolean wereAsked(TopicPartition partition) {
        return asked.containsKey(partition);
    }

    /** @return false: nobody asked for it, but for what went back already */
    boolean use(TopicPartition partition) {
        int left = asked.getOrDefault(partition, 0);
        asked.computeIfPresent(partition, (same, before) -> Math.max(0, before - 1));
        used += left > 0 ? 1 : 0;
        return left > 0;
    }

    /** How often a committed offset went back because that was asked for. */
    int used() {
        return used;
    }
}
