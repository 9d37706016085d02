package io.millrace.replica;

import io.millrace.log.FlushPolicy;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.controller.Elections;
import io.millrace.metadata.registers.TopicPage;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Fences what an earlier run of this broker was, in the registers, before it opens its logs again. It never goes on leading in an epoch of an
 * earlier run, because two records of the same epoch and offset could differ then: what had not been forced may be
 * gone. And it does not count as in sync where its log is gone (unless it was never made, and nobody else is in sync), nor, as long as another replica is left, where the log may
 * lack what had been acknowledged and not forced when the power failed: the other one leads, and this one catches up.
 */
final class RestartFencing {
    private static final System.Logger LOG = System.getLogger(RestartFencing.class.getName());

    private final int brokerId;
    private final TopicStore store;
    private final OnDisk disk;
    private final Set<TopicPartition> withoutLog = new HashSet<>();
    private final Set<TopicPartition> leaderless = new HashSet<>();

    /** What is known of this broker's logs before they are opened. */
    interface OnDisk {
        /** Whether the log of a partition of this very topic is there. */
        boolean has(TopicPartition id, UUID topicId);

        /** Whether it was never made, for certain. */
        boolean neverWas(TopicPartition id, UUID topicId);

        /** Whether it may lack what was written and not forced. */
        boolean mayLack(TopicPartition id);
    }

    RestartFencing(int brokerId, TopicStore store, OnDisk disk) {
        this.brokerId = brokerId;
        this.store = store;
        this.disk = disk;
    }

    void run(List<CachedTopic> topics) {
        for (CachedTopic topic : topics) {
            boolean forces = topic.invalid() == null && topic.config().log().flush() == FlushPolicy.COMMIT;
            List<Integer> concerned = IntStream.range(0, topic.partitionCount())
                    .filter(partition -> isConcerned(topic, partition, forces)).boxed().toList();
            store.changeAll(topic.name(), topic.id(), concerned, page -> changed(page, forces), some -> { });
        }
    }

    private boolean isConcerned(CachedTopic topic, int partition, boolean forces) {
        Topic.Assignment now = topic.topic().partitions().get(partition);
        TopicPartition id = new TopicPartition(topic.name(), partition);
        return now.leader() == brokerId
                || now.isr().contains(brokerId) && (!disk.has(id, topic.id()) || mayLack(id, now, forces));
    }

    private boolean mayLack(TopicPartition id, Topic.Assignment now, boolean forces) {
        return !forces && now.isr().contains(brokerId) && now.isr().size() > 1 && disk.mayLack(id);
    }

    /** Partitions without any other replica that had been led here, and of which there is no log. */
    Set<TopicPartition> lost() {
        return withoutLog;
    }

    /** Partitions with other replicas, none of them in sync, of which there is no log. */
    Set<TopicPartition> leaderless() {
        return leaderless;
    }

    private Optional<TopicPage> changed(TopicPage page, boolean forces) {
        TopicPage changed = page;
        for (int number = page.first(); number < page.end(); number++) {
            TopicPartition id = new TopicPartition(page.topic(), number);
            changed = changed.with(number, changed(id, page.topicId(), page.assignment(number), forces));
        }
        return changed.equals(page) ? Optional.empty() : Optional.of(changed);
    }

    private Topic.Assignment changed(TopicPartition id, UUID topicId, Topic.Assignment assignment, boolean forces) {
        Topic.Assignment now = assignment;
        boolean lost = now.isr().contains(brokerId) && now.replicas().size() > 1 && !disk.has(id, topicId);
        if (lost && now.isr().size() == 1 && disk.neverWas(id, topicId)) {
            // In sync since the partition began, and nothing was ever committed, which would have needed this replica: one is made.
            LOG.log(Level.INFO, "the log of partition {0} was never made here, and the partition is empty", id);
        } else if (lost && now.isr().size() == 1) {
            LOG.log(Level.ERROR, "there is no log of partition {0}, and no other replica was in sync: it stays without"
                    + " a leader. Bring the log back and set the ISR anew, or let another replica lead, and lose"
                    + " records, by unclean.leader.election.enable=true", id);
            leaderless.add(id);
            now = new Topic.Assignment(Elections.NO_LEADER, now.leaderEpoch() + 1, now.replicas(), List.of(),
                    now.move(), now.uncleanEpoch());
        } else if (lost) {
            LOG.log(Level.WARNING, "there is no log of partition {0}: it is fetched from the other replicas", id);
            now = Elections.without(now, brokerId, Set.copyOf(now.isr()));
        } else if (mayLack(id, now, forces)) {
            LOG.log(Level.WARNING, "the log of partition {0} may lack what was acknowledged and not forced when the system"
                    + " went down: it catches up with the other replicas in sync, {1}, before it counts again", id, now.isr());
            now = Elections.without(now, brokerId, Set.copyOf(now.isr()));
        }
        if (now.isr().equals(List.of(brokerId)) && now.replicas().size() == 1 && now.leaderEpoch() > 0
                && !disk.has(id, topicId)) {
            withoutLog.add(id); // It had a leader before, which was this broker, and so it may have had records.
        } else if (now.leader() == brokerId) {
            now = Elections.led(now, brokerId, now.isr());
        }
        return now;
    }
}
