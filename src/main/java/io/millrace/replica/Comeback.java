package io.millrace.replica;

import io.millrace.metadata.CachedTopic;
import io.millrace.metadata.Elections;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPage;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.TopicStore;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiPredicate;

/**
 * What a broker changes in the registers before it opens its logs again. It never goes on leading in an epoch of an
 * earlier run, because two records of the same epoch and offset could differ then: what had not been forced may be
 * gone. And it does not count as in sync where its log is gone.
 */
public final class Comeback {
    private static final System.Logger LOG = System.getLogger(Comeback.class.getName());

    private final int brokerId;
    private final TopicStore store;
    private final Set<TopicPartition> withoutLog = new HashSet<>();
    private final Set<TopicPartition> leaderless = new HashSet<>();

    public Comeback(int brokerId, TopicStore store) {
        this.brokerId = brokerId;
        this.store = store;
    }

    /** @param onDisk whether the log of a partition of a topic is there */
    void run(List<CachedTopic> topics, BiPredicate<TopicPartition, UUID> onDisk) {
        for (CachedTopic topic : topics) {
            int partition = 0;
            while (partition < topic.partitionCount()) {
                partition = !isConcerned(topic, partition, onDisk) ? partition + 1
                        : store.change(topic.name(), topic.id(), partition, page -> changed(page, onDisk))
                                .map(change -> change.after().end()).orElse(topic.partitionCount());
            }
        }
    }

    private boolean isConcerned(CachedTopic topic, int partition, BiPredicate<TopicPartition, UUID> onDisk) {
        Topic.Assignment now = topic.topic().partitions().get(partition);
        return now.leader() == brokerId || now.isr().contains(brokerId)
                && !onDisk.test(new TopicPartition(topic.name(), partition), topic.id());
    }

    /** Partitions without any other replica that had been led here, and of which there is no log. */
    Set<TopicPartition> lost() {
        return withoutLog;
    }

    /** Partitions with other replicas, none of them in sync, of which there is no log. */
    Set<TopicPartition> leaderless() {
        return leaderless;
    }

    private Optional<TopicPage> changed(TopicPage page, BiPredicate<TopicPartition, UUID> onDisk) {
        TopicPage changed = page;
        for (int number = page.first(); number < page.end(); number++) {
            TopicPartition id = new TopicPartition(page.topic(), number);
            changed = changed.with(number, changed(id, page.topicId(), page.assignment(number), onDisk));
        }
        return changed.equals(page) ? Optional.empty() : Optional.of(changed);
    }

    private Topic.Assignment changed(TopicPartition id, UUID topicId, Topic.Assignment assignment,
                                     BiPredicate<TopicPartition, UUID> onDisk) {
        Topic.Assignment now = assignment;
        boolean lost = now.isr().contains(brokerId) && now.replicas().size() > 1 && !onDisk.test(id, topicId);
        if (lost && now.isr().size() == 1) {
            LOG.log(Level.ERROR, "there is no log of partition {0}, and no other replica was in sync: it stays without"
                    + " a leader. Bring the log back and set the ISR anew, or let another replica lead, and lose"
                    + " records, by unclean.leader.election.enable=true", id);
            leaderless.add(id);
            now = new Topic.Assignment(Elections.NO_LEADER, now.leaderEpoch() + 1, now.replicas(), List.of(),
                    now.move(), now.uncleanEpoch());
        } else if (lost) {
            LOG.log(Level.WARNING, "there is no log of partition {0}: it is fetched from the other replicas", id);
            now = Elections.without(now, brokerId, Set.copyOf(now.isr()));
        }
        if (now.isr().equals(List.of(brokerId)) && now.replicas().size() == 1 && now.leaderEpoch() > 0
                && !onDisk.test(id, topicId)) {
            withoutLog.add(id); // It had a leader before, which was this broker, and so it may have had records.
        } else if (now.leader() == brokerId) {
            now = Elections.led(now, brokerId, now.isr());
        }
        return now;
    }
}
