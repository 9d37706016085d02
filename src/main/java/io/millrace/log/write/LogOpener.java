package io.millrace.log.write;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import io.millrace.log.ProducerLimits;
import io.millrace.log.recovery.LogRecovery;
import io.millrace.log.recovery.RecoveredLog;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.LogFolder;
import java.io.IOException;
import java.time.Clock;
import java.util.UUID;

/**
 * Opens the logs of a directory: claims a log's folder or makes it, recovers what is in it, and hands it out. Any thread.
 */
final class LogOpener {
    private final LogDirectory directory;
    private final LogFolders folders;
    private final OpenLogs logs;
    private final DirectoryCheckpoints checkpoints;
    private final WriteQueue queue;
    private final ProducerLimits limits;
    private final Clock clock;
    private final LogObserver observer;

    LogOpener(LogDirectory directory, DirectoryParts parts, Clock clock, LogObserver observer) {
        this.directory = directory;
        this.folders = parts.folders();
        this.logs = parts.logs();
        this.checkpoints = parts.checkpoints();
        this.queue = parts.queue();
        this.limits = parts.producers();
        this.clock = clock;
        this.observer = observer;
    }

    /**
     * See {@link LogDirectory#openLog(String, int, UUID, LogConfig, int)}.
     *
     * @param replicated whether others say what of it is committed
     */
    PartitionLog open(LogName name, UUID topicId, LogConfig config, int maxEpoch, boolean replicated) {
        logs.take(name);
        try {
            return openTaken(name, topicId, config, maxEpoch, replicated);
        } catch (IOException e) {
            // the other logs may be well: only a failed write takes the directory from them
            throw new LogDirectoryOfflineException("the log of " + name + " in " + folders.root() + " cannot be opened (" + e
                + "): check the disk's free space and health, the number of open files and the access rights", e);
        } finally {
            logs.release(name);
        }
    }

    private PartitionLog openTaken(LogName name, UUID topicId, LogConfig config, int maxEpoch, boolean replicated)
            throws IOException {
        queue.ensureWritable();
        boolean isNew = !folders.exists(name);
        if (isNew) {
            checkpoints.forget(name);
        }
        try {
            return openClaimed(folders.claim(name, topicId), name, topicId, config, maxEpoch, replicated);
        } catch (IOException e) {
            if (isNew) {
                removeHalfMade(name, e);
            }
            throw e;
        }
    }

    /** Its name must not stay taken. */
    private void removeHalfMade(LogName name, IOException reason) {
        try {
            if (folders.exists(name)) {
                folders.of(name).remove();
            }
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    private PartitionLog openClaimed(LogFolder folder, LogName name, UUID topicId, LogConfig config, int maxEpoch,
                                     boolean replicated) throws IOException {
        DamageReports reports = new DamageReports(name, observer);
        if (config.flush() == FlushPolicy.COMMIT) {
            checkpoints.settleLoss(name); // all that was acknowledged was forced
        }
        PartitionLog log = new PartitionLog(name, topicId, directory, config, reports);
        RecoveredLog recovered = LogRecovery.recover(reports, folder, config.indexIntervalBytes(), maxEpoch, limits,
            clock.millis());
        WritableLog writable = new WritableLog(log, folder, recovered, limits, clock, observer, reports);
        log.raiseEpochFloor(maxEpoch == Integer.MAX_VALUE ? recovered.epochs().latestEpoch()
            : Math.max(maxEpoch, recovered.epochs().latestEpoch()));
        HighWatermark mark = replicated ? checkpoints.highWatermark(name, recovered) : HighWatermark.ofEnd();
        writable.findTransactions(replicated ? mark.value() : recovered.logEndOffset());
        log.attach(writable, mark);
        writable.publish(FlushPolicy.OS); // what recovery found is durable
        log.raiseHighWatermark(recovered.cleanedOffset()); // nothing else is cleaned
        if (!logs.add(log)) {
            writable.abandon();
            queue.ensureWritable(); // says that it is closed
        }
        return log;
    }
}
