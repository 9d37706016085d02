package io.millrace.bench;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.PartitionLog;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.UUID;

/** One partition's log in a directory of its own, its writer running. */
final class BenchLog implements AutoCloseable {
    static final String TOPIC = "bench";
    /** Both the log and the bare files that it is compared with begin a new file at this size. */
    static final long SEGMENT_BYTES = 256L << 20;
    /** So much is kept: old files go before the kernel finds it necessary to write them out. */
    static final long RETENTION_BYTES = 2 * SEGMENT_BYTES;

    private final BenchFolder folder;
    private final LogDirectory directory;
    private final Thread writer;
    private final PartitionLog log;

    private BenchLog(BenchFolder folder, LogDirectory directory, Thread writer, PartitionLog log) {
        this.folder = folder;
        this.directory = directory;
        this.writer = writer;
        this.log = log;
    }

    static BenchLog open(FlushPolicy flush) throws IOException {
        BenchFolder folder = BenchFolder.create();
        LogDirectory directory = LogDirectory.open(folder.path(), new LogDirectory.Options(64L << 20, 4096, 1000),
                Clock.systemUTC(), LogObserver.NONE);
        Thread writer = new Thread(directory, "bench-log-writer");
        writer.start();
        LogConfig config = new LogConfig(SEGMENT_BYTES, 604_800_000L, -1, RETENTION_BYTES, 4096,
                TimestampType.CREATE_TIME, flush);
        return new BenchLog(folder, directory, writer, directory.openLog(TOPIC, 0, UUID.randomUUID(), config));
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
        folder.close();
    }
}
