package io.millrace.replica.leader;

import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.registers.TopicPage;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.replica.hosting.Partition;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds out, for leaders that are alone in sync, whether they still lead: by the page of the topic that has them, one read of
 * it for all its partitions that ask meanwhile. Thread-safe.
 */
public final class Confirmations {
    private final TopicStore store;
    private final AgreementCalls calls;
    /** In the order in which they came. A set is changed only within the map's {@code compute}; once removed, by nobody. */
    private final Map<String, Set<Partition>> asking = new ConcurrentHashMap<>();

    /** As it was before the register was read. */
    private record Before(int epoch, long end) {
    }

    public Confirmations(TopicStore store, AgreementCalls calls) {
        this.store = store;
        this.calls = calls;
    }

    /** The partition is told that it is confirmed, or not. */
    public void add(Partition partition) {
        String topic = partition.topic();
        asking.compute(topic, (same, set) -> {
            Set<Partition> partitions = set == null ? new LinkedHashSet<>() : set;
            partitions.add(partition);
            return partitions;
        });
        CompletableFuture<Void> done = calls.call("confirm/" + topic, () -> run(topic));
        if (done.isCompletedExceptionally()) {
            notConfirmed(asking.remove(topic)); // refused: the next tick or append asks again
        }
    }

    private void run(String topic) {
        Set<Partition> partitions = asking.remove(topic);
        if (partitions == null) {
            return;
        }
        try {
            confirm(topic, partitions);
        } catch (RuntimeException | Error unanswered) {
            notConfirmed(partitions);
            throw unanswered;
        }
    }

    private void confirm(String topic, Set<Partition> partitions) {
        Map<Partition, Before> before = new LinkedHashMap<>();
        partitions.forEach(partition ->
                before.put(partition, new Before(partition.state().leaderEpoch(), partition.log().logEndOffset())));
        while (!before.isEmpty()) {
            Partition first = before.keySet().iterator().next();
            TopicPage page = store.page(topic, first.topicId(), first.partition()).orElse(null);
            List<Partition> answered = before.keySet().stream().filter(partition -> partition == first
                    || page != null && page.topicId().equals(partition.topicId()) && page.has(partition.partition())).toList();
            answered.forEach(partition -> answer(partition, page, before.remove(partition)));
        }
    }

    private static void answer(Partition partition, TopicPage page, Before asked) {
        if (page == null) {
            partition.notConfirmed();
        } else {
            partition.confirmed(page.assignment(partition.partition()), asked.epoch(), asked.end());
        }
    }

    private static void notConfirmed(Set<Partition> partitions) {
        if (partitions != null) {
            partitions.forEach(Partition::notConfirmed);
        }
    }
}
