package io.millrace.log.write;

import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.file.SpaceWatch;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether a log directory can be written: online, offline until there is space again, or offline for good. Changed by the
 * log writer; read by any thread.
 */
final class Availability {
    /** Brings every log to a known state, so that it can be written again. */
    interface Settlement {
        /** Can be repeated when it throws. */
        void settle() throws IOException;
    }

    private static final Logger LOG = System.getLogger(Availability.class.getName());
    /** How often it is looked whether there is space again. */
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path root;
    private final WriteQueue queue;
    private final SpaceWatch space;
    private final LongSupplier nanoTime;
    private volatile LogDirectoryOfflineException failure;
    /** Whether the failure is one that passes. */
    private volatile boolean waitsForSpace;
    /** The log writer's. */
    private long nextLook;

    /** Of a directory that is online; keeps space back when there is enough. */
    Availability(Path root, WriteQueue queue, SpaceWatch space, LongSupplier nanoTime) {
        this.root = root;
        this.queue = queue;
        this.space = space;
        this.nanoTime = nanoTime;
        if (space.lacksReserve()) {
            space.reserve();
        }
    }

    /** Why it is offline, for good or until there is space; or null. */
    LogDirectoryOfflineException failure() {
        return failure;
    }

    boolean waitsForSpace() {
        return waitsForSpace;
    }

    /** Whether the writer is to go on: it is online, or may be so again. */
    boolean mayBeWritten() {
        return failure == null || waitsForSpace;
    }

    /** How long the writer may wait for work, in ns, by what is to be looked at here. */
    long maxWaitNanos() {
        return waitsForSpace || space.lacksReserve() ? LOOK_NANOS : Long.MAX_VALUE;
    }

    /** Takes the directory offline, for the first reason that comes: until there is space, or for good. */
    void fail(Throwable cause) {
        waitsForSpace = space.isShortage(cause);
        LogDirectoryOfflineException reason = waitsForSpace ? full(cause) : offline(root, cause);
        failure = reason;
        LOG.log(Level.ERROR, reason.getMessage(), cause);
        if (waitsForSpace) {
            queue.suspend(reason);
            space.giveUpReserve();
            nextLook = nanoTime.getAsLong();
        } else {
            queue.refuse(reason);
        }
    }

    /** What fails while there is no space fails for the same reason, or ends the wait for it. */
    void failAgain(Throwable cause) {
        if (!space.isShortage(cause)) {
            fail(cause);
        }
    }

    /** Whether it is time to look whether there is space. */
    boolean isLookDue() {
        return nextLook - nanoTime.getAsLong() <= 0;
    }

    /** Brings the directory back when there is space, every log being in a known state. */
    void comeBack(Settlement logs) {
        nextLook = nanoTime.getAsLong() + LOOK_NANOS;
        try {
            logs.settle();
            if (!space.isOver()) {
                return;
            }
        } catch (IOException | RuntimeException | Error e) {
            failAgain(e);
            return;
        }
        // The other way round, whoever sees that it is online could be refused, or believe it to be offline for good.
        queue.resume();
        failure = null;
        waitsForSpace = false;
        LOG.log(Level.INFO, "the log directory {0} is online again: there is space", root);
    }

    /** Keeps space back for the next time, where that was given up and there is enough. */
    void keepReserve() {
        if (space.lacksReserve() && isLookDue()) {
            nextLook = nanoTime.getAsLong() + LOOK_NANOS;
            space.reserve();
        }
    }

    private LogDirectoryOfflineException full(Throwable cause) {
        return new LogDirectoryOfflineException("the log directory " + root + " is offline because the disk is full, or"
            + " too many files are open (" + cause + "): free some, by deleting topics or records as well; it comes back"
            + " by itself within seconds", cause);
    }

    /** Of a directory that cannot be read or written. */
    static LogDirectoryOfflineException offline(Path root, Throwable cause) {
        return new LogDirectoryOfflineException("the log directory " + root + " is offline after an error (" + cause
            + "): check the disk's free space and health and the access rights, then restart the server", cause);
    }
}
