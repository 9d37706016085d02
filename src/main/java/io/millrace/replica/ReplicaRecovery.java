package io.millrace.replica;

import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.LogDirectory.Found;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.DeletedTopics;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.TopicCatalog;
import io.millrace.replica.hosting.CreatedLogs;
import io.millrace.replica.hosting.HostedPartitions;
import io.millrace.replica.hosting.HostedTopics;
import io.millrace.replica.hosting.LocalLogs;
import io.millrace.replica.hosting.LogPlacement;
import io.millrace.replica.hosting.StrayLogs;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Brings the logs on disk and the registers of topics together when the broker opens: logs of deleted topics are
 * removed, those of known topics recovered, those that were never made are made, and others set aside. Used by one
 * thread, once.
 */
public final class ReplicaRecovery {
    private static final System.Logger LOG = System.getLogger(ReplicaRecovery.class.getName());

    private final List<LogDirectory> directories;
    private final TopicCatalog catalog;
    private final DeletedTopics deleted;
    private final HostedPartitions hosted;
    private final HostedTopics hosting;
    private final StrayLogs strays;
    private final CreatedLogs created;
    private final TopicConfig defaults;
    private final RestartFencing fencing;

    private final Map<TopicPartition, LogDirectory> homes = new HashMap<>();
    private final Set<UUID> notRemoved = new HashSet<>();
    private Set<Found> onDisk;

    /**
     * @param defaults with which logs are opened only to be removed
     * @param store    null when this broker is alone
     */
    public ReplicaRecovery(LocalLogs logs, TopicCatalog catalog, DeletedTopics deleted, HostedPartitions hosted,
                           HostedTopics hosting, TopicConfig defaults, TopicStore store) {
        this.directories = logs.directories();
        this.catalog = catalog;
        this.deleted = deleted;
        this.hosted = hosted;
        this.hosting = hosting;
        this.strays = logs.strays();
        this.created = logs.created();
        this.defaults = defaults;
        this.fencing = store == null ? null : new RestartFencing(hosted.brokerId(), store, new RestartFencing.OnDisk() {
            @Override
            public boolean has(TopicPartition id, UUID topicId) {
                return isOnDisk(id, topicId);
            }

            @Override
            public boolean neverWas(TopicPartition id, UUID topicId) {
                return created.neverHad(id.topic(), topicId, id.partition());
            }

            @Override
            public boolean mayLack(TopicPartition id) {
                return directories.stream().anyMatch(directory -> directory.mayHaveLost(id.topic(), id.partition()));
            }
        });
    }

    /** @throws BrokerException UNAVAILABLE when the registers cannot be read */
    public void run() {
        List<CachedTopic> topics = catalog.read();
        Set<UUID> deletedIds = deleted.ids();
        identify(topics, deletedIds);
        if (fencing != null) {
            fencing.run(topics);
            topics = catalog.read();
            fencing.leaderless().forEach(hosted::noteLost);
        }
        Map<String, CachedTopic> byName = byName(topics);
        for (LogDirectory directory : directories) {
            for (Found found : directory.found()) {
                sort(directory, found, byName.get(found.topic()), deletedIds);
            }
        }
        topics.forEach(this::placeMissing);
        hosting.host(topics, homes);
        hosted.settleLosses();
        catalog.admit(topics);
        clear(deletedIds, topics);
        keepNotes();
    }

    /** A server starts without that as well: it is more careful the next time. */
    private void keepNotes() {
        try {
            created.keep();
        } catch (BrokerException notNow) {
            LOG.log(Level.INFO, "it could not be noted that all logs of this broker are in its notes, which the next start tries"
                    + " again: {0}", notNow.getMessage());
        }
    }

    private void identify(List<CachedTopic> topics, Set<UUID> deletedIds) {
        new LogIdentification(hosted.brokerId(), directories, created, strays, byName(topics), deletedIds).run();
    }

    private static Map<String, CachedTopic> byName(List<CachedTopic> topics) {
        return topics.stream().collect(Collectors.toMap(CachedTopic::name, Function.identity()));
    }

    private boolean isOnDisk(TopicPartition id, UUID topicId) {
        if (onDisk == null) {
            onDisk = new HashSet<>();
            directories.forEach(directory -> directory.found().stream()
                    .filter(found -> !isHollow(directory, found)).forEach(onDisk::add));
        }
        return onDisk.contains(new Found(id.topic(), id.partition(), topicId));
    }

    /** A log is noted after its first file of records was made, and always has one from then on: it lost them all. */
    private boolean isHollow(LogDirectory directory, Found found) {
        TopicPartition id = new TopicPartition(found.topic(), found.partition());
        return found.topicId() != null && created.has(found.topic(), found.topicId(), found.partition())
                && !directory.hasSegments(id.topic(), id.partition());
    }

    private void sort(LogDirectory directory, Found found, CachedTopic topic, Set<UUID> deletedIds) {
        TopicPartition id = new TopicPartition(found.topic(), found.partition());
        if (topic != null && topic.id().equals(found.topicId()) && found.partition() < topic.partitionCount()) {
            if (topic.isHostedBy(hosted.brokerId(), found.partition())) {
                if (isHollow(directory, found) && isLost(topic, id)) {
                    hosted.hostLost(id, topic.id());
                    return;
                }
                claim(id, topic, directory);
            } else {
                LOG.log(Level.INFO, "partition {0} was moved to other brokers", id);
                remove(directory, found);
            }
        } else if (deletedIds.contains(found.topicId())) {
            remove(directory, found);
        } else {
            LOG.log(Level.WARNING, "the log {0} in {1} belongs to no topic (topic id {2}) and is left alone: the next start"
                    + " sets it aside", id, directory.root(), found.topicId());
        }
    }

    private void claim(TopicPartition id, CachedTopic topic, LogDirectory directory) {
        LogDirectory other = homes.putIfAbsent(id, directory);
        if (other != null) {
            hosted.hostUnavailable(id, topic.id(),
                    "its log is in %s and in %s: move one of them away and restart the server"
                            .formatted(other.root(), directory.root()));
        }
    }

    private void remove(LogDirectory directory, Found found) {
        TopicPartition id = new TopicPartition(found.topic(), found.partition());
        try {
            LOG.log(Level.INFO, "removing the log {0} of a deleted topic from {1}", id, directory.root());
            directory.openReplicated(found.topic(), found.partition(), found.topicId(), defaults.log(),
                    Integer.MAX_VALUE).delete().join();
        } catch (RuntimeException failure) {
            Throwable cause = failure instanceof CompletionException wrapper ? wrapper.getCause() : failure;
            LOG.log(Level.WARNING, "the log " + id + " of a deleted topic could not be removed from " + directory.root()
                    + "; the next start tries again", cause);
            notRemoved.add(found.topicId());
        }
    }

    /** A crash between the register and the logs of a new topic leaves some to be made. */
    private void placeMissing(CachedTopic topic) {
        LogPlacement placement = new LogPlacement(directories, homes.values());
        for (TopicPartition id : hosting.missing(topic)) {
            if (homes.containsKey(id)) {
                continue;
            }
            if (allDirectoriesWork() && isLost(topic, id)) {
                hosted.hostLost(id, topic.id());
            } else if (allDirectoriesWork()) {
                homes.put(id, placement.next());
                LOG.log(Level.WARNING, "there is no log of partition {0}: an empty one is made", id);
            } else {
                // An empty log beside the real one would hand out offsets a second time.
                hosted.hostUnavailable(id, topic.id(),
                        "its log was not found and may be in a log directory that is offline");
            }
        }
    }

    /** Whether this broker counts as having all records of a partition, and has nothing of it any more. */
    private boolean isLost(CachedTopic topic, TopicPartition id) {
        return fencing != null && fencing.lost().contains(id)
                || hosting.isLost(topic, id);
    }

    private void clear(Set<UUID> deletedIds, List<CachedTopic> topics) {
        Set<UUID> live = topics.stream().map(CachedTopic::id).collect(Collectors.toSet());
        if (allDirectoriesWork()) {
            deletedIds.stream().filter(id -> !live.contains(id) && !notRemoved.contains(id)).forEach(deleted::remove);
        }
    }

    private boolean allDirectoriesWork() {
        return directories.stream().allMatch(directory -> directory.failure() == null);
    }
}
