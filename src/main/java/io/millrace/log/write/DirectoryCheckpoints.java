package io.millrace.log.write;

import io.millrace.log.LogName;
import io.millrace.log.file.SpaceWatch;
import io.millrace.log.recovery.RecoveredLog;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What a log directory keeps of its logs beside them: how far each is committed, and whether it may have lost something in
 * an earlier run. Asked and told by any thread; written to disk by the log writer, and after its end by whoever closes the
 * directory, but for the scrub's progress.
 */
final class DirectoryCheckpoints {
    private static final Logger LOG = System.getLogger(DirectoryCheckpoints.class.getName());

    private final Path root;
    private final LastRun lastRun;
    private final HighWatermarkCheckpoint watermarks;
    private final ScrubCheckpoint scrub;
    private final SpaceWatch space;
    private final long intervalNanos;
    private final LongSupplier nanoTime;
    /** The log writer's. */
    private long nextSave;

    /** @param intervalMs how often they are written, in ms */
    DirectoryCheckpoints(LockedFolders locked, SpaceWatch space, long intervalMs, LongSupplier nanoTime) {
        this.root = locked.folders().root();
        this.lastRun = locked.lastRun();
        this.watermarks = locked.watermarks();
        this.scrub = new ScrubCheckpoint(locked.folders());
        this.space = space;
        this.intervalNanos = TimeUnit.MILLISECONDS.toNanos(intervalMs);
        this.nanoTime = nanoTime;
        this.nextSave = nanoTime.getAsLong();
    }

    /** Of a replicated log that is being opened. */
    HighWatermark highWatermark(LogName name, RecoveredLog log) {
        return watermarks.of(name, log);
    }

    boolean mayHaveLost(LogName name) {
        return lastRun.suspects(name);
    }

    /** Nobody relies on what the log may have lost; durable within seconds. */
    void settleLoss(LogName name) {
        lastRun.settle(name);
    }

    /** What was noted of a log does not hold for another one of its name. */
    void forget(LogName name) {
        watermarks.forget(name);
        lastRun.settle(name);
    }

    /** How far its scrub has come, which that notes by itself. */
    ScrubCheckpoint scrub() {
        return scrub;
    }

    /** How long until they are written next, in ns; below 0 when that is due. */
    long nanosToSave() {
        return nextSave - nanoTime.getAsLong();
    }

    void saveWhenDue(Collection<PartitionLog> logs) throws IOException {
        if (nanosToSave() > 0) {
            return;
        }
        nextSave = nanoTime.getAsLong() + intervalNanos;
        try {
            watermarks.save(logs);
            lastRun.save();
        } catch (IOException e) {
            if (!space.isShortage(e)) {
                throw e;
            }
            // Reads go on, and appends find out by themselves that there is no space.
            LOG.log(Level.WARNING, () -> "the high watermarks of the logs in " + root + " could not be noted; that is tried"
                + " again", e);
        }
    }

    /** At once: what comes in the place of committed records that were cut must not count as committed after a crash. */
    void saveHighWatermarks(Collection<PartitionLog> logs) throws IOException {
        watermarks.save(logs);
    }

    /**
     * The last that is written in this run.
     *
     * @param forced whether all logs were closed as they should be
     */
    void saveEnd(Collection<PartitionLog> logs, boolean forced) {
        try {
            watermarks.save(logs);
            if (forced) {
                lastRun.end();
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "the clean stop of the log directory " + root + ", and the high watermarks of its"
                + " logs, could not be noted: the next start knows those of some seconds ago", e);
        }
    }
}
