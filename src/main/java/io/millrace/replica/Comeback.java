package io.millrace.replica;

import io.millrace.metadata.CachedTopic;
import io.millrace.metadata.Elections;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.TopicStore;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
            TopicStore.Stored stored = new TopicStore.Stored(topic.topic(), topic.version());
            while (stored != null) {
                Topic changed = changed(stored.topic(), onDisk);
                boolean done = changed.equals(stored.topic()) || store.write(changed, stored.version());
                stored = done ? null : store.read(topic.name()).orElse(null);
            }
        }
    }

    /** Partitions without any other replica that had been led here, and of which there is no log. */
    Set<TopicPartition> lost() {
        return withoutLog;
    }

    /** Partitions with other replicas, none of them in sync, of which there is no log. */
    Set<TopicPartition> leaderless() {
        return leaderless;
    }

    private Topic changed(Topic topic, BiPredicate<TopicPartition, UUID> onDisk) {
        List<Topic.Assignment> assignments = new ArrayList<>();
        for (int number = 0; number < topic.partitions().size(); number++) {
            Topic.Assignment now = topic.partitions().get(number);
            TopicPartition id = new TopicPartition(topic.name(), number);
            boolean lost = now.isr().contains(brokerId) && now.replicas().size() > 1 && !onDisk.test(id, topic.id());
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
                    && !onDisk.test(id, topic.id())) {
                withoutLog.add(id); // It had a leader before, which was this broker, and so it may have had records.
            } else if (now.leader() == brokerId) {
                now = Elections.led(now, brokerId, now.isr());
            }
            assignments.add(now);
        }
        return topic.withPartitions(assignments);
    }
}
