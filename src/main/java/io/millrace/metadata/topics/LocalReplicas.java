package io.millrace.metadata.topics;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import java.util.Set;
import java.util.UUID;

/** The replicas on this broker, as far as topics that come, change and go concern them. */
public interface LocalReplicas {
    /** Opens or creates the logs of a topic that are not hosted yet; one that cannot be opened is unavailable. */
    void host(CachedTopic topic);

    /** Applies the topic's configuration to its open logs. */
    void reconfigure(CachedTopic topic);

    /** Brings the roles of a topic's replicas into line with its registers. */
    void assign(CachedTopic topic);

    /**
     * As {@link #assign(CachedTopic)}, of some partitions, whose logs are opened or created first.
     *
     * @param from the first one
     * @param to   the one after the last
     */
    void assign(CachedTopic topic, int from, int to);

    /**
     * Ends the replicas of a topic.
     *
     * @param deleteLogs whether their files go too; else they are set aside
     * @return whether all files are gone
     */
    boolean drop(CachedTopic topic, boolean deleteLogs);

    /** Names of deleted topics some of whose logs could not be removed yet. */
    Set<String> undeleted();

    /**
     * Tries again to remove logs of deleted topics of a name.
     *
     * @return ids of the topics of which nothing is left
     */
    Set<UUID> finishDeletions(String topic);

    /** Topics with logs that could not be made or opened, and whose directory works (again). */
    Set<String> mendable();

    /** Makes or opens the logs of a topic that could not be before, up to the first one that still cannot. */
    void mend(CachedTopic topic);

    /**
     * Makes sure that the replicas of the partitions from this one on can be used.
     *
     * @throws BrokerException why one of them cannot
     */
    void checkAvailable(Topic topic, int firstPartition);

    /** @throws BrokerException LOG_DIRECTORY_OFFLINE when no directory takes a new log */
    void checkRoom();
}
