package io.millrace.replica.hosting;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.Stray;
import io.millrace.log.write.LogDirectory.Found;
import io.millrace.metadata.TopicPartition;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A log directory as the broker needs it, so that a simulation can stand in for the disk. */
public interface ReplicaDirectory {
    Path root();

    /** Why it is offline, or null. */
    LogDirectoryOfflineException failure();

    /** Logs that are there, opened or not. */
    List<Found> found();

    /**
     * Opens and recovers a log, or creates it; see {@link io.millrace.log.write.LogDirectory#openReplicated}.
     *
     * @param maxEpoch newest leader epoch of the partition
     */
    ReplicaLog openLog(String topic, int partition, UUID topicId, LogConfig config, int maxEpoch);

    /** Marks a log's folder with its topic's id. */
    void identify(TopicPartition id, UUID topicId);

    /** Gives a log's folder a name that is no log's. */
    Path setAside(TopicPartition id);

    /** Drops the folder of a log that is not open, when there is one of this very topic. */
    void delete(TopicPartition id, UUID topicId);

    /** Whether a log that is not open has a file of records. */
    boolean hasSegments(TopicPartition id);

    /** See {@link io.millrace.log.write.LogDirectory#mayHaveLost(String, int)}. */
    boolean mayHaveLost(TopicPartition id);

    /** Logs that were set aside, now or earlier. */
    List<Stray> strays();

    /** @return false when the log has another folder by now */
    boolean takeBack(Stray stray);

    /** Newest leader epoch of the batches of a log that is not open, or -1. */
    int newestEpoch(TopicPartition id);

    CompletableFuture<Void> applyRetention();
}
