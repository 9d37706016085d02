package io.millrace.bench;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One partition's log in a directory of its own, its writer running. */
final class BenchLog implements AutoCloseable {
    static final String TOPIC = "bench";
    /** Both the log and the bare files that it is compared with begin a new file at this size. */
    static final long SEGMENT_BYTES = 256L << 20;
    /** So much is kept: old files go before the kernel finds it necessary to write them out. */
    static final long RETENTION_BYTES = 2 * SEGMENT_BYTES;

    /** As many as a server has. */
    private static final int FORCES = 64;
    private static final int OPEN_FILES = 1000;

    private final BenchFolder folder;
    private final LogDirectory directory;
    private final Thread writer;
    private final ExecutorService forces;
    private final PartitionLog log;

    private BenchLog(BenchFolder folder, LogDirectory directory, Thread writer, ExecutorService forces,
                     PartitionLog log) {
        this.folder = folder;
        this.forces = forces;
        this.directory = directory;
        this.writer = writer;
        this.log = log;
    }

    static BenchLog open(FlushPolicy flush) throws IOException {
        return open(flush, FileAccess.DISK);
    }

    /** As a server opens its own, on a disk of another kind. */
    static BenchLog open(FlushPolicy flush, FileAccess disk) throws IOException {
        BenchFolder folder = BenchFolder.create();
        ExecutorService forces = new ThreadPoolExecutor(0, FORCES, 60, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "bench-log-force");
            thread.setDaemon(true);
            return thread;
        });
        LogDirectory directory = LogDirectory.open(folder.path(), new LogDirectory.Options(64L << 20, 4096, 1000),
                Clock.systemUTC(), LogObserver.NONE, new OpenFiles(disk, OPEN_FILES), forces);
        Thread writer = new Thread(directory, "bench-log-writer");
        writer.start();
        LogConfig config = new LogConfig(SEGMENT_BYTES, 604_800_000L, -1, RETENTION_BYTES, 4096,
                TimestampType.CREATE_TIME, flush);
        return new BenchLog(folder, directory, writer, forces, directory.openLog(TOPIC, 0, UUID.randomUUID(), config));
    }

    /** The logs of so many partitions, the first among them; all have the first one's settings. */
    List<PartitionLog> logs(int partitions) {
        List<PartitionLog> logs = new ArrayList<>(List.of(log));
        for (int partition = 1; partition < partitions; partition++) {
            logs.add(directory.openLog(TOPIC, partition, log.topicId(), log.config()));
        }
        return logs;
    }

    LogDirectory directory() {
        return directory;
    }

    PartitionLog log() {
        return log;
    }

    Path firstSegment() {
        return folder.path().resolve(TOPIC + "-0").resolve("%020d.log".formatted(0));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        directory.close();
        writer.join();
        forces.shutdown();
        folder.close();
    }
}
