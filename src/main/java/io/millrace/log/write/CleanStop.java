package io.millrace.log.write;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * The end of a directory's run: closes its logs, notes that all of them are forced, and releases the lock. For the thread
 * that closes the directory, once the writer has ended.
 */
final class CleanStop {
    private static final Logger LOG = System.getLogger(CleanStop.class.getName());

    private final DirectoryParts parts;

    CleanStop(DirectoryParts parts) {
        this.parts = parts;
    }

    /** Forces the logs and closes them; of a directory that is offline, closes them as they are. */
    void closeLogs() {
        List<PartitionLog> logs = parts.logs().close();
        boolean online = parts.availability().failure() == null;
        boolean forced = true;
        for (PartitionLog log : logs) {
            forced &= close(log, online);
        }
        if (online) {
            parts.checkpoints().saveEnd(logs, forced);
        }
    }

    /** @return whether all of it is forced, where that was asked for */
    private static boolean close(PartitionLog log, boolean force) {
        try {
            if (force) {
                log.writable().close();
            } else {
                log.writable().abandon();
            }
            return true;
        } catch (IOException e) {
            LOG.log(Level.ERROR, () -> "the log of " + log.name() + " could not be closed; the next start verifies it", e);
            return false;
        }
    }

    /** Others can open the directory from now on. */
    void releaseLock() {
        try {
            parts.lock().close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "the lock of " + parts.root() + " could not be released; the process's end will",
                e);
        }
    }
}
