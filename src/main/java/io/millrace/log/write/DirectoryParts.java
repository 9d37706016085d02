package io.millrace.log.write;

import io.millrace.log.LogObserver;
import io.millrace.log.ProducerLimits;
import io.millrace.log.file.DirectoryLock;
import io.millrace.log.file.SpaceWatch;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/** What a log directory is made of, put together; each part says who changes it. */
record DirectoryParts(LogFolders folders, DirectoryLock lock, WriteQueue queue, SpaceWatch space, Availability availability,
                      DirectoryCheckpoints checkpoints, OpenLogs logs, LogRemoval removal, WriterLoop loop,
                      ProducerLimits producers) {
    /**
     * @param nanoTime measures intervals, in ns
     * @param forces   its threads help the writer to force many files at the same time
     */
    static DirectoryParts of(LockedFolders locked, LogDirectory.Options options, LongSupplier nanoTime, LogObserver observer,
                             Executor forces) {
        LogFolders folders = locked.folders();
        WriteQueue queue = new WriteQueue(options.maxQueuedBytes(), options.maxQueuedAppends());
        DirectoryWriter writer = new DirectoryWriter(queue, options.flushInterval(), nanoTime,
            new GroupForce(forces, observer), observer);
        SpaceWatch space = new SpaceWatch(folders.root(), folders.files(), options.reserveBytes());
        DirectoryCheckpoints checkpoints = new DirectoryCheckpoints(locked, space, options.highWatermarkInterval(),
            nanoTime);
        OpenLogs logs = new OpenLogs();
        LogRemoval removal = new LogRemoval(folders, logs, checkpoints, writer, space, observer);
        Availability availability = new Availability(folders.root(), queue, space, nanoTime);
        return new DirectoryParts(folders, locked.lock(), queue, space, availability, checkpoints, logs, removal,
            new WriterLoop(folders.root(), queue, writer, availability, checkpoints, logs, removal),
            options.producers());
    }

    Path root() {
        return folders.root();
    }
}
