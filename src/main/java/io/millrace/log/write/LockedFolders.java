package io.millrace.log.write;

import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.file.BootId;
import io.millrace.log.file.DirectoryLock;
import io.millrace.log.file.OpenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folders that a log directory is made of, locked, and what the run before noted beside them. */
record LockedFolders(LogFolders folders, LastRun lastRun, HighWatermarkCheckpoint watermarks, DirectoryLock lock) {
    /**
     * Locks and reads the root, creating it when it is not there.
     *
     * @throws IllegalStateException        when another process, or this one, has it open already
     * @throws LogDirectoryOfflineException when it cannot be read or written
     */
    static LockedFolders of(Path root, OpenFiles files, BootId bootId) {
        try {
            Files.createDirectories(root);
            DirectoryLock lock = DirectoryLock.acquire(root);
            try {
                LogFolders folders = new LogFolders(root, files);
                LastRun lastRun = LastRun.begin(folders, bootId);
                folders.finishDeletions();
                return new LockedFolders(folders, lastRun, HighWatermarkCheckpoint.open(folders), lock);
            } catch (IOException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw Availability.offline(root, e);
        }
    }
}
