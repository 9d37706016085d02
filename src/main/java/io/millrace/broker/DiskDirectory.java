package io.millrace.broker;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOfflineException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A log directory of this server. */
record DiskDirectory(LogDirectory directory) implements ReplicaDirectory {
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
        return new DirectoryLog(directory.openLog(topic, partition, topicId, config, maxEpoch));
    }

    @Override
    public CompletableFuture<Void> applyRetention() {
        return directory.applyRetention();
    }
}
