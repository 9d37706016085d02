package io.millrace.log.write;

import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import io.millrace.log.file.SpaceWatch;
import io.millrace.log.segment.LogFolder;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Takes logs out of a directory: deletes them, or sets them aside. What space or another error was in the way of is done
 * later. The log writer's, but for the logs that are not open.
 */
final class LogRemoval {
    private static final Logger LOG = System.getLogger(LogRemoval.class.getName());

    private final LogFolders folders;
    private final OpenLogs logs;
    private final DirectoryCheckpoints checkpoints;
    private final DirectoryWriter writer;
    private final SpaceWatch space;
    private final LogObserver observer;
    /** Logs whose deletion was broken off. */
    private final Set<PartitionLog> doomed = new LinkedHashSet<>();

    LogRemoval(LogFolders folders, OpenLogs logs, DirectoryCheckpoints checkpoints, DirectoryWriter writer,
               SpaceWatch space, LogObserver observer) {
        this.folders = folders;
        this.logs = logs;
        this.checkpoints = checkpoints;
        this.writer = writer;
        this.space = space;
        this.observer = observer;
    }

    /**
     * Drops a log and its files; readers in flight finish.
     *
     * @throws IllegalStateException when it is closed
     */
    void delete(PartitionLog log) throws IOException {
        logs.ensureOpen(log);
        doomed.add(log);
        finish(log);
    }

    private void finish(PartitionLog log) throws IOException {
        writer.forget(log.writable());
        try {
            log.writable().abandon();
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "closing the files of " + log.name() + ", which go, failed", e);
        }
        LogFolder renamed = rename(log.name());
        takeOut(log);
        doomed.remove(log);
        remove(renamed);
    }

    /** Goes on with all deletions that were broken off, in this run or before it. */
    void finishDeletions() throws IOException {
        for (PartitionLog log : List.copyOf(doomed)) {
            finish(log);
        }
        try {
            folders.finishDeletions();
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "what is left of deleted logs in " + folders.root()
                + " could not be removed now", e);
        }
    }

    /** Any thread: see {@link LogDirectory#delete(String, int, UUID)}. */
    void deleteClosed(LogName name, UUID topicId) {
        logs.take(name);
        try {
            if (folders.isOf(name, topicId)) {
                remove(rename(name));
                forget(name);
            }
        } catch (IOException e) {
            throw new LogDirectoryOfflineException("the log of " + name + " in " + folders.root() + " cannot be removed ("
                + e + ")", e);
        } finally {
            logs.release(name);
        }
    }

    /**
     * Closes a log and gives its folder a name that is no log's.
     *
     * @return the folder's new path
     * @throws IllegalStateException when it is closed
     */
    Path setAside(PartitionLog log) throws IOException {
        logs.ensureOpen(log);
        writer.forget(log.writable());
        log.writable().close();
        Path path = folders.setAside(log.name());
        takeOut(log);
        return path;
    }

    private void takeOut(PartitionLog log) {
        logs.remove(log);
        forget(log.name());
    }

    private void forget(LogName name) {
        checkpoints.forget(name);
        observer.mended(name, 0, Long.MAX_VALUE); // what was damaged there is no log's any more
    }

    /** A longer name may take space that is not there: then the records go first. */
    private LogFolder rename(LogName name) throws IOException {
        try {
            return folders.rename(name);
        } catch (IOException e) {
            if (!space.isShortage(e)) {
                throw e;
            }
            folders.of(name).removeRecords();
            return folders.rename(name);
        }
    }

    private static void remove(LogFolder renamed) {
        try {
            renamed.remove();
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> renamed.path() + " could not be removed now; that is tried again", e);
        }
    }
}
