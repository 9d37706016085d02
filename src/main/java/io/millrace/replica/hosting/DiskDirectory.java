package io.millrace.replica.hosting;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.Stray;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.TopicPartition;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A log directory of this server. */
public record DiskDirectory(LogDirectory directory) implements ReplicaDirectory {
    @Override
    public Path root() {
        return directory.root();
    }

    @Override
    public LogDirectoryOfflineException failure() {
        return directory.failure();
    }

    @Override
    public List<LogDirectory.Found> found() {
        return directory.found();
    }

    @Override
    public ReplicaLog openLog(String topic, int partition, UUID topicId, LogConfig config, int maxEpoch) {
        return new DirectoryLog(directory.openReplicated(topic, partition, topicId, config, maxEpoch));
    }

    @Override
    public void identify(TopicPartition id, UUID topicId) {
        directory.identify(id.topic(), id.partition(), topicId);
    }

    @Override
    public Path setAside(TopicPartition id) {
        return directory.setAside(id.topic(), id.partition());
    }

    @Override
    public void delete(TopicPartition id, UUID topicId) {
        directory.delete(id.topic(), id.partition(), topicId);
    }

    @Override
    public boolean hasSegments(TopicPartition id) {
        return directory.hasSegments(id.topic(), id.partition());
    }

    @Override
    public boolean mayHaveLost(TopicPartition id) {
        return directory.mayHaveLost(id.topic(), id.partition());
    }

    @Override
    public List<Stray> strays() {
        return directory.strays();
    }

    @Override
    public boolean takeBack(Stray stray) {
        return directory.takeBack(stray);
    }

    @Override
    public int newestEpoch(TopicPartition id) {
        return directory.newestEpoch(id.topic(), id.partition());
    }

    @Override
    public CompletableFuture<Void> applyRetention() {
        return directory.applyRetention();
    }
}
