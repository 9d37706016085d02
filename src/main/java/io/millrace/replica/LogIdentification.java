package io.millrace.replica;

import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.Stray;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.LogDirectory.Found;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.replica.hosting.CreatedLogs;
import io.millrace.replica.hosting.StrayLogs;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Finds out, before any log is opened, whose the folders are that do not say so, or say what no register knows. A folder
 * that must be the log of a partition is marked anew; one that is nobody's is set aside under another name, and is taken
 * back when it turns out to be somebody's. Nothing is removed here. Used by one thread, once.
 */
final class LogIdentification {
    private static final System.Logger LOG = System.getLogger(LogIdentification.class.getName());
    /** Ids are random: two that differ in one byte are one that was damaged. */
    private static final int BITS_OF_A_BYTE = 8;

    private final int brokerId;
    private final List<LogDirectory> directories;
    private final CreatedLogs created;
    private final StrayLogs strays;
    private final Map<String, CachedTopic> topics;
    private final Set<UUID> deletedIds;
    /** Partitions that have a folder which says that it is theirs. */
    private final Set<TopicPartition> atHome = new HashSet<>();

    LogIdentification(int brokerId, List<LogDirectory> directories, CreatedLogs created, StrayLogs strays,
                      Map<String, CachedTopic> topics, Set<UUID> deletedIds) {
        this.brokerId = brokerId;
        this.directories = directories.stream().filter(directory -> directory.failure() == null).toList();
        this.created = created;
        this.strays = strays;
        this.topics = topics;
        this.deletedIds = deletedIds;
    }

    void run() {
        for (LogDirectory directory : directories) {
            directory.found().stream().filter(this::isKnown)
                    .forEach(found -> atHome.add(new TopicPartition(found.topic(), found.partition())));
        }
        for (LogDirectory directory : directories) {
            directory.found().stream().filter(found -> !isKnown(found) && !deletedIds.contains(found.topicId()))
                    .forEach(found -> unlessUnreadable(found, () -> identify(directory, found)));
        }
        for (LogDirectory directory : directories) {
            for (Stray stray : directory.strays()) {
                unlessUnreadable(stray.folder(), () -> {
                    if (!takenBack(directory, stray)) {
                        strays.add(stray);
                    }
                });
            }
        }
    }

    private static void unlessUnreadable(Object log, Runnable act) {
        try {
            act.run();
        } catch (LogDirectoryOfflineException unreadable) {
            LOG.log(Level.ERROR, "whose the log " + log + " is could not be found out: it is left as it is", unreadable);
        }
    }

    private boolean isKnown(Found found) {
        CachedTopic topic = topics.get(found.topic());
        return topic != null && topic.id().equals(found.topicId()) && found.partition() < topic.partitionCount();
    }

    private void identify(LogDirectory directory, Found found) {
        TopicPartition id = new TopicPartition(found.topic(), found.partition());
        CachedTopic topic = topics.get(found.topic());
        if (canBe(topic, found.partition(), found.topicId()) && !atHome.contains(id)
                && created.idOf(found.topic()).filter(noted -> !noted.equals(topic.id())).isEmpty()
                && fits(directory, id, topic)) {
            LOG.log(Level.WARNING, "the log {0} in {1} does not say which topic it belongs to: it is taken for the one of"
                    + " the topic {2}, whose register has this partition here", id, directory.root(), topic.id());
            directory.identify(id.topic(), id.partition(), topic.id());
            atHome.add(id);
        } else {
            directory.setAside(id.topic(), id.partition());
        }
    }

    /** A log without any id is taken back only where the one that had been made is missing. */
    private boolean takenBack(LogDirectory directory, Stray stray) {
        TopicPartition id = new TopicPartition(stray.topic(), stray.partition());
        CachedTopic topic = topics.get(stray.topic());
        if (!canBe(topic, stray.partition(), stray.topicId()) || atHome.contains(id)
                || !topic.id().equals(stray.topicId()) && !created.has(id.topic(), topic.id(), id.partition())
                || !directory.takeBack(stray)) {
            return false;
        }
        if (!fits(directory, id, topic)) {
            directory.setAside(id.topic(), id.partition());
            return false;
        }
        LOG.log(Level.WARNING, "the log {0}, which had been set aside as {1}, is the one of the topic {2}", id,
                stray.folder(), topic.id());
        directory.identify(id.topic(), id.partition(), topic.id());
        atHome.add(id);
        return true;
    }

    /** Whether a log with this id, null for none, may be the one that this broker should have. */
    private boolean canBe(CachedTopic topic, int partition, UUID id) {
        return topic != null && partition < topic.partitionCount() && topic.isHostedBy(brokerId, partition)
                && (id == null || differingBits(topic.id(), id) <= BITS_OF_A_BYTE);
    }

    private static int differingBits(UUID one, UUID other) {
        return Long.bitCount(one.getMostSignificantBits() ^ other.getMostSignificantBits())
                + Long.bitCount(one.getLeastSignificantBits() ^ other.getLeastSignificantBits());
    }

    /** Whether its batches are of leader epochs that the partition has had. */
    private static boolean fits(LogDirectory directory, TopicPartition id, CachedTopic topic) {
        return directory.newestEpoch(id.topic(), id.partition()) <= topic.topic().partitions().get(id.partition()).leaderEpoch();
    }
}
