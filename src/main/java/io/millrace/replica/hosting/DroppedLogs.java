package io.millrace.replica.hosting;

import io.millrace.log.Stray;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.LogDirectory.Found;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.replica.hosting.HostedPartitions.Removed;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Logs of partitions that this broker hosts no more: they are removed, again and again until that works, or set aside
 * where nobody is known to have deleted them. Used under the lock of the topic that had them.
 */
final class DroppedLogs {
    private static final System.Logger LOG = System.getLogger(DroppedLogs.class.getName());

    private final StrayLogs strays;
    /** Logs of deleted topics that could not be removed yet. */
    private final Set<Undeleted> undeleted = ConcurrentHashMap.newKeySet();

    private record Undeleted(TopicPartition id, UUID topicId, LogDirectory home) {
    }

    DroppedLogs(StrayLogs strays) {
        this.strays = strays;
    }

    /**
     * Removes the logs of a deleted topic.
     *
     * @return whether all files are gone
     */
    boolean delete(CachedTopic topic, List<Removed> removed) {
        boolean gone = true;
        Map<Undeleted, CompletableFuture<Void>> deletions = new HashMap<>();
        for (Removed each : removed) {
            Undeleted log = new Undeleted(each.slot().id(), topic.id(), each.home());
            if (each.slot() instanceof Partition working) {
                deletions.put(log, deletion(working));
            } else if (each.home() != null) {
                undeleted.add(log);
            } else {
                gone = false; // It may be in a directory that is offline.
            }
        }
        for (Map.Entry<Undeleted, CompletableFuture<Void>> deletion : deletions.entrySet()) {
            if (!awaitDeletion(topic.name(), deletion.getValue())) {
                undeleted.add(deletion.getKey());
            }
        }
        retry(topic.name());
        return gone && undeleted.stream().noneMatch(left -> left.topicId().equals(topic.id()));
    }

    /** Removes the log of a partition that was moved to other brokers. */
    void deleteMoved(Partition partition) {
        deletion(partition).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.log(Level.WARNING, "the log of partition " + partition.id() + ", which was moved to other brokers, could"
                        + " not be removed now; the next start tries again", failure);
            }
        });
    }

    private static CompletableFuture<Void> deletion(Partition partition) {
        try {
            return partition.log().delete();
        } catch (RuntimeException offline) {
            return CompletableFuture.failedFuture(offline);
        }
    }

    private static boolean awaitDeletion(String topic, CompletableFuture<Void> deletion) {
        try {
            deletion.join();
            return true;
        } catch (CompletionException failure) {
            LOG.log(Level.WARNING, "a log of deleted topic '" + topic + "' could not be removed now;"
                    + " the next start tries again", failure.getCause());
            return false;
        }
    }

    /** Names of deleted topics some of whose logs could not be removed yet. */
    Set<String> topics() {
        return undeleted.stream().map(left -> left.id().topic()).collect(Collectors.toSet());
    }

    /**
     * Tries again to remove logs of deleted topics of a name.
     *
     * @return ids of the topics of which nothing is left
     */
    Set<UUID> finish(String topic) {
        Set<UUID> gone = undeleted.stream().filter(left -> left.id().topic().equals(topic)).map(Undeleted::topicId)
                .collect(Collectors.toSet());
        retry(topic);
        undeleted.forEach(left -> gone.remove(left.topicId()));
        return gone;
    }

    /** As {@link #finish}. */
    void retry(String topic) {
        for (Undeleted left : undeleted) {
            if (left.id().topic().equals(topic)) {
                try {
                    left.home().delete(left.id().topic(), left.id().partition(), left.topicId());
                    undeleted.remove(left);
                } catch (RuntimeException still) {
                    LOG.log(Level.DEBUG, "the log of deleted partition " + left.id() + " still cannot be removed", still);
                }
            }
        }
    }

    /** Nobody is known to have deleted it. What cannot be moved is sorted out by the next start. */
    void setAside(Removed removed) {
        PartitionSlot slot = removed.slot();
        LogDirectory home = removed.home();
        TopicPartition id = slot.id();
        try {
            if (slot instanceof Partition working) {
                strays.add(new Stray(working.log().setAside().join(), id.topic(), id.partition(), slot.topicId()));
            } else if (home != null && home.found().contains(new Found(id.topic(), id.partition(), slot.topicId()))) {
                strays.add(new Stray(home.setAside(id.topic(), id.partition()), id.topic(), id.partition(), slot.topicId()));
            }
        } catch (RuntimeException failure) {
            LOG.log(Level.WARNING, "the log of partition " + id + " could not be set aside now", failure);
        }
    }
}
